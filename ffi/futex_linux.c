/* Sleeping on a word of shared memory: futexes that are not private to one process. */
#include "knitting.h"
#include "linux.h"
#include "platform.h"

enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1 };

typedef struct kernel_time {
  int64_t seconds;
  int64_t nanoseconds;
} kernel_time;

#define NS_PER_SECOND 1000000000

int32_t knit_wait(uint64_t address, int32_t expected, int64_t timeout_ns) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  kernel_time limit = {timeout_ns / NS_PER_SECOND, timeout_ns % NS_PER_SECOND};
  return (int32_t)knit_syscall(SYS_futex, (long)address, FUTEX_WAIT, expected,
                               timeout_ns < 0 ? 0 : (long)&limit, 0, 0);
}

int32_t knit_wake(uint64_t address, int32_t count) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  /* The kernel wakes one even if it is asked for none. */
  if (count <= 0) return count == 0 ? 0 : -KNIT_EINVAL;
  return (int32_t)knit_syscall(SYS_futex, (long)address, FUTEX_WAKE, count, 0, 0, 0);
}
