/* Text without a C library: paths and names that are put together from pieces. */
#ifndef KNITTING_TEXT_H
#define KNITTING_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Appends to a text of `*length` characters; there must be room. */
static inline void knit_append(char *text, size_t *length, const char *more) {
  while (*more != 0) text[(*length)++] = *more++;
  text[*length] = 0;
}

/* The same with a number, in base 16 at most. */
static inline void knit_append_number(char *text, size_t *length, uint64_t number, uint32_t base) {
  char digits[21];
  size_t first = sizeof digits - 1;
  digits[first] = 0;
  do {
    digits[--first] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  knit_append(text, length, digits + first);
}

#endif
