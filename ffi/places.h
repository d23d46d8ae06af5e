/*
 * Tables whose entries JavaScript has by number: a place in the table together with a serial number. A
 * number that was made up, or is out of date, finds nothing.
 */
#ifndef KNITTING_PLACES_H
#define KNITTING_PLACES_H

#include <stdint.h>

#define PLACE_BITS 16
#define PLACES (1u << PLACE_BITS)
/* Serial numbers stay below 2^32, so that numbers of entries stay below 2^48. */
#define SERIAL_MASK 0xffffffffu

/* Places are handed out from the list of free ones, then from those never used. Place 0 is none. */
typedef struct places {
  uint32_t first_free;
  uint32_t never_used;
} places;

static inline int64_t number_of(uint32_t place, uint32_t serial) {
  return (int64_t)(((uint64_t)serial << PLACE_BITS) | place);
}

static inline uint32_t place_of(uint64_t number) { return (uint32_t)(number & (PLACES - 1)); }

/* `next_free` is that of the entry at the first free place. 0 if there is no room. */
static inline uint32_t take_place(places *list, uint32_t next_free) {
  if (list->first_free != 0) {
    uint32_t place = list->first_free;
    list->first_free = next_free;
    return place;
  }
  return list->never_used < PLACES ? list->never_used++ : 0;
}

#endif
