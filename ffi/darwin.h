/*
 * macOS: its headers, and what is not in them. Where there is no SDK, what is used of it is declared
 * here, so that the library can be compiled and linked on other systems to see whether it would.
 */
#ifndef KNITTING_DARWIN_H
#define KNITTING_DARWIN_H

#include <stddef.h>
#include <stdint.h>

#if __has_include(<sys/mman.h>)

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#else

enum { EAGAIN = 35, ETIMEDOUT = 60, ENAMETOOLONG = 63, ENOSYS = 78, EOVERFLOW = 84 };
enum { ENOENT = 2, ESRCH = 3, EINTR = 4, ENOTSUP = 45 };
int *__error(void);
#define errno (*__error())

enum { O_RDWR = 2, O_CREAT = 0x200, O_EXCL = 0x800, F_DUPFD_CLOEXEC = 67 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1 };
#define MAP_FAILED ((void *)-1)
int fcntl(int, int, ...);
int shm_open(const char *, int, ...);
int shm_unlink(const char *);
int ftruncate(int, int64_t);
int close(int);
int open(const char *, int, ...);
int dup2(int, int);
int getpid(void);
_Noreturn void _exit(int);
void *mmap(void *, size_t, int, int, int, int64_t);
int munmap(void *, size_t);

struct stat {
  int32_t device;
  uint16_t mode, links;
  uint64_t node;
  uint32_t owner, group;
  int32_t special;
  int64_t times[8];
  int64_t st_size;
  int64_t rest[6];
};
#if defined(__x86_64__)
int fstat(int, struct stat *) __asm__("_fstat$INODE64");
#else
int fstat(int, struct stat *);
#endif

void *calloc(size_t, size_t);
void free(void *);
void arc4random_buf(void *, size_t);

typedef struct Dl_info {
  const char *dli_fname;
  void *rest[3];
} Dl_info;
enum { RTLD_NOW = 2, RTLD_NOLOAD = 0x10, RTLD_NODELETE = 0x80 };
int dladdr(const void *, Dl_info *);
void *dlopen(const char *, int);

typedef struct _opaque_pthread_t *pthread_t;
int pthread_create(pthread_t *, const void *, void *(*)(void *), void *);
int pthread_join(pthread_t, void **);
int pthread_kill(pthread_t, int);
pthread_t pthread_self(void);
int pthread_detach(pthread_t);
typedef struct pthread_attr_t {
  int64_t room[8];
} pthread_attr_t;
int pthread_attr_init(pthread_attr_t *);
int pthread_attr_setstacksize(pthread_attr_t *, size_t);
int pthread_attr_destroy(pthread_attr_t *);
typedef uint32_t sigset_t;
enum { SIG_SETMASK = 3 };
int pthread_sigmask(int, const sigset_t *, sigset_t *);
int sched_yield(void);

enum { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGABRT = 6, SIGTERM = 15 };
enum { SA_RESETHAND = 4, SA_NODEFER = 0x10 };
#define SIG_DFL ((void (*)(int))0)
#define SIG_IGN ((void (*)(int))1)
struct sigaction {
  void (*sa_handler)(int);
  uint32_t sa_mask;
  int sa_flags;
};
int sigaction(int, const struct sigaction *, struct sigaction *);

struct timespec;
struct kevent {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  intptr_t data;
  void *udata;
};
enum { EVFILT_PROC = -5, EV_ADD = 1 };
#define NOTE_EXIT 0x80000000u
int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int, const struct timespec *);

#endif

/* The negative of what knitting.h calls the error in errno. */
int32_t knit_last_error(void);

#endif
