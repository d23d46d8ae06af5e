/*
 * Sleeping on a word of shared memory: os_sync_wait_on_address, which macOS has from 14.4 on, and
 * before that the system call below it, which has no header. Both find the word by its memory, not by
 * its address, if they are told that it is shared.
 */
#include "darwin.h"
#include "knitting.h"
#include "platform.h"

enum { SHARED = 1, CLOCK_MACH_ABSOLUTE_TIME = 32 };
extern int os_sync_wait_on_address(void *, uint64_t value, size_t size, uint32_t flags)
    __attribute__((weak_import));
extern int os_sync_wait_on_address_with_timeout(void *, uint64_t value, size_t size, uint32_t flags,
                                                uint32_t clock, uint64_t timeout_ns)
    __attribute__((weak_import));
extern int os_sync_wake_by_address_any(void *, size_t size, uint32_t flags)
    __attribute__((weak_import));
extern int os_sync_wake_by_address_all(void *, size_t size, uint32_t flags)
    __attribute__((weak_import));

enum { UL_COMPARE_AND_WAIT_SHARED = 3, ULF_WAKE_ALL = 0x100 };
extern int __ulock_wait(uint32_t operation, void *, uint64_t value, uint32_t timeout_us);
extern int __ulock_wake(uint32_t operation, void *, uint64_t value);

#define NS_PER_US 1000

static int sleep_on(int32_t *word, int32_t expected, int64_t timeout_ns) {
  if (timeout_ns < 0) return os_sync_wait_on_address(word, (uint32_t)expected, sizeof *word, SHARED);
  return os_sync_wait_on_address_with_timeout(word, (uint32_t)expected, sizeof *word, SHARED,
                                              CLOCK_MACH_ABSOLUTE_TIME, (uint64_t)timeout_ns);
}

/* Limits are microseconds here, an hour and some minutes at most, and 0 is none. */
static int sleep_on_before_14_4(int32_t *word, int32_t expected, int64_t timeout_ns) {
  uint64_t timeout_us = timeout_ns < 0 ? 0 : ((uint64_t)timeout_ns + NS_PER_US - 1) / NS_PER_US;
  int is_cut = timeout_us > UINT32_MAX;
  int result = __ulock_wait(UL_COMPARE_AND_WAIT_SHARED, word, (uint32_t)expected,
                            is_cut ? UINT32_MAX : (uint32_t)timeout_us);
  return result < 0 && is_cut && errno == ETIMEDOUT ? 0 : result;
}

int32_t knit_wait(uint64_t address, int32_t expected, int64_t timeout_ns) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  int32_t *word = (int32_t *)(uintptr_t)address;
  /* The system returns at once in this case too, but does not tell it from being woken. */
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return -KNIT_EAGAIN;
  if (timeout_ns == 0) return -KNIT_ETIMEDOUT;
  int result = os_sync_wait_on_address_with_timeout != NULL
                   ? sleep_on(word, expected, timeout_ns)
                   : sleep_on_before_14_4(word, expected, timeout_ns);
  return result < 0 ? knit_last_error() : 0;
}

static int wake_one(int32_t *word) {
  return os_sync_wake_by_address_any != NULL
             ? os_sync_wake_by_address_any(word, sizeof *word, SHARED)
             : __ulock_wake(UL_COMPARE_AND_WAIT_SHARED, word, 0);
}

static int wake_all(int32_t *word) {
  return os_sync_wake_by_address_all != NULL
             ? os_sync_wake_by_address_all(word, sizeof *word, SHARED)
             : __ulock_wake(UL_COMPARE_AND_WAIT_SHARED | ULF_WAKE_ALL, word, 0);
}

/* ENOENT says that nobody sleeps there. */
int32_t knit_wake(uint64_t address, int32_t count) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  if (count < 0) return -KNIT_EINVAL;
  int32_t *word = (int32_t *)(uintptr_t)address;
  if (count == INT32_MAX) return wake_all(word) < 0 && errno != ENOENT ? knit_last_error() : 0;
  for (int32_t woken = 0; woken < count; woken++) {
    if (wake_one(word) < 0) return errno == ENOENT ? woken : knit_last_error();
  }
  return count;
}
