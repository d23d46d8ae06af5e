/* What compilers may call although the code does not: there is no C library to call it from. */
#include <stddef.h>

/* A compiler that sees through these loops would make calls of memcpy and memset of them. */
#define KEEP_THE_LOOP __asm__ volatile("" ::: "memory")

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memset(void *to, int value, size_t count);

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  unsigned char *target = to;
  const unsigned char *source = from;
  while (count-- > 0) {
    *target++ = *source++;
    KEEP_THE_LOOP;
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  unsigned char *target = to;
  while (count-- > 0) {
    *target++ = (unsigned char)value;
    KEEP_THE_LOOP;
  }
  return to;
}
