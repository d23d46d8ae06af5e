/*
 * What the files for Windows share. Nothing there wakes threads of other processes by the address of a
 * word, and no handle tells the size or the identity of its memory: a tail behind the memory does.
 */
#ifndef KNITTING_WINDOWS_MEMORY_H
#define KNITTING_WINDOWS_MEMORY_H

#include <stdint.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

/* Lies at the end of the last page of a memory object, out of reach of buffers over it. */
typedef struct knit_tail {
  uint64_t mark;
  uint64_t id;      /* what semaphores for words of this memory are named after */
  uint64_t size;    /* as it was asked for */
  int32_t sleepers; /* how many threads sleep on words of this memory, or are about to */
} knit_tail;

/*
 * The tail of the memory that is mapped at `address`, and how far into it that is; NULL if it lies in no
 * mapping, or in memory that others have made.
 */
knit_tail *knit_find_tail(uint64_t address, uint64_t *offset);

/* The negative of what knitting.h calls an error of Windows. */
int32_t knit_windows_error(DWORD error);

#endif
