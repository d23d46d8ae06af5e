/*
 * Linux without a C library: system calls are the one interface that does not depend on which library,
 * in which version, a runtime was linked with. A result from -4095 to -1 is the negative of an error
 * number; the numbers of knitting.h are Linux's own.
 */
#ifndef KNITTING_LINUX_H
#define KNITTING_LINUX_H

#include <stdint.h>

#if defined(__x86_64__)

enum {
  SYS_close = 3,
  SYS_fstat = 5,
  SYS_lseek = 8,
  SYS_mmap = 9,
  SYS_munmap = 11,
  SYS_rt_sigaction = 13,
  SYS_rt_sigprocmask = 14,
  SYS_sched_yield = 24,
  SYS_getpid = 39,
  SYS_fcntl = 72,
  SYS_ftruncate = 77,
  SYS_fchmod = 91,
  SYS_gettid = 186,
  SYS_futex = 202,
  SYS_exit_group = 231,
  SYS_tgkill = 234,
  SYS_openat = 257,
  SYS_newfstatat = 262,
  SYS_unlinkat = 263,
  SYS_fallocate = 285,
  SYS_dup3 = 292,
  SYS_getrandom = 318,
  SYS_memfd_create = 319,
};

static inline long knit_syscall(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

enum {
  SYS_dup3 = 24,
  SYS_fcntl = 25,
  SYS_unlinkat = 35,
  SYS_ftruncate = 46,
  SYS_fallocate = 47,
  SYS_fchmod = 52,
  SYS_openat = 56,
  SYS_close = 57,
  SYS_lseek = 62,
  SYS_newfstatat = 79,
  SYS_fstat = 80,
  SYS_exit_group = 94,
  SYS_futex = 98,
  SYS_sched_yield = 124,
  SYS_tgkill = 131,
  SYS_rt_sigaction = 134,
  SYS_rt_sigprocmask = 135,
  SYS_getpid = 172,
  SYS_gettid = 178,
  SYS_munmap = 215,
  SYS_mmap = 222,
  SYS_getrandom = 278,
  SYS_memfd_create = 279,
};

static inline long knit_syscall(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

#else
#error "knitting knows the system calls of Linux on x86-64 and arm64 only"
#endif

/* Shared memory of this process, opened once more. Not for more than its handle allows. */
int32_t knit_reopen(int32_t handle);

#endif
