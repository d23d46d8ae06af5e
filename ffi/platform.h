/*
 * What the portable files need of a platform beyond knitting.h; memory_*.c, futex_*.c and
 * process_*.c provide it.
 */
#ifndef KNITTING_PLATFORM_H
#define KNITTING_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "knitting.h"

/* How many bytes a name may have, at most: macOS takes no more, other limits are far above this one. */
#if defined(__APPLE__)
#define KNIT_NAME_LENGTH 30
#else
#define KNIT_NAME_LENGTH 240
#endif

/* Maps the first `size` bytes of a memory object for reading and writing; the address. */
int64_t knit_map(int32_t handle, uint64_t size);

/* Unmaps them again. */
int32_t knit_unmap(uint64_t address, uint64_t size);

/* Lets another thread run. */
void knit_yield(void);

/* A number that cannot be guessed. */
uint64_t knit_random(void);

/* Ends this process at once: nothing else of it runs. */
_Noreturn void knit_end_process(int32_t code);

/* The number of this process. The next two and this one are for names.c, so not for Windows. */
int32_t knit_process_id(void);

/*
 * Removes a name without looking at any list; safe in a signal handler. Not if it is that of other
 * memory by now: `identity` is what knit_memory_identity says of its memory.
 */
void knit_remove_name(const char *name, int64_t identity);

/* Has knit_names_remove_all called when this process ends, if more than a destructor is needed. */
void knit_watch_end(void);

/* Remembers a name of this process until it is forgotten or the process ends (names.c). */
int32_t knit_names_add(const char *name, int64_t identity);
void knit_names_forget(const char *name);
void knit_names_remove_all(void);

/* Whether `name` is one that this platform takes; without its leading slash in `*plain`. */
int32_t knit_name_check(const char *name, const char **plain);

/* Another hold on the mapping that `address` lies in, if it is held (holds.c). */
int64_t knit_hold_at(uint64_t address);

/* 0 if `address` may be that of a word to sleep on. */
static inline int32_t knit_check_word(uint64_t address) {
  if (address == 0) return -KNIT_EFAULT;
  return address % sizeof(int32_t) == 0 ? 0 : -KNIT_EINVAL;
}

/* Whether memory can be of this size. */
static inline int knit_is_size(uint64_t size) { return size > 0 && size <= INT64_MAX; }

/* A thread that runs until `run` returns. */
typedef struct knit_thread {
  uintptr_t id;
} knit_thread;
int32_t knit_thread_start(knit_thread *thread, void (*run)(void *), void *argument);
void knit_thread_join(knit_thread *thread);

/* A thread that nobody waits for. It needs little stack, and handles no signals. */
int32_t knit_thread_leave(void (*run)(void *), void *argument);

/* Memory for a structure, filled with zeros; NULL if there is none. */
void *knit_allocate(size_t size);
void knit_free(void *memory, size_t size);

/*
 * Which holds an environment of JavaScript has, as far as it must know (holds.c). It is freed with the
 * last of them, or by the environment, whichever comes later: buffers can outlive their environment.
 */
typedef struct knit_account {
  int32_t users;
  int32_t returned; /* holds given up since this was asked last */
} knit_account;
knit_account *knit_account_open(void);
void knit_account_close(knit_account *account);
int32_t knit_account_returned(knit_account *account);

/* Has the hold counted as returned to the account when it is given up. */
void knit_hold_charge(uint64_t hold, knit_account *account);

/* A lock for a handful of instructions. */
typedef struct knit_lock {
  int32_t taken;
} knit_lock;

static inline void knit_lock_take(knit_lock *lock) {
  while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE) != 0) knit_yield();
}

static inline void knit_lock_release(knit_lock *lock) {
  __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif
