/*
 * Life lines on Linux: the host locks the memory of its worker, through a descriptor that nobody else
 * has. The kernel takes the lock away with the last of that descriptor, whatever ended the host, and
 * tells whoever waits for it, wherever that runs.
 */
#include "knitting.h"
#include "linux.h"
#include "platform.h"

/* Locks of an open file, not of a process: those end with any descriptor that is closed. */
enum { F_OFD_SETLK = 37, F_OFD_SETLKW = 38, F_WRLCK = 1 };

typedef struct file_lock {
  int16_t type;
  int16_t whence;
  int64_t start;
  int64_t length; /* 0: all there is */
  int32_t process;
} file_lock;

static long lock_all(int32_t handle, int command) {
  file_lock lock = {.type = F_WRLCK};
  return knit_syscall(SYS_fcntl, handle, command, (long)&lock, 0, 0, 0);
}

static int is_locked(long result) { return result == -KNIT_EAGAIN || result == -KNIT_EACCES; }

int32_t knit_life_hold(int32_t handle) {
  int32_t own = knit_reopen(handle);
  /* It is open, so what is not there is /proc. */
  if (own < 0) return own == -KNIT_ENOENT ? -KNIT_ENOSYS : own;
  long result = lock_all(own, F_OFD_SETLK);
  if (result >= 0) return own;
  knit_handle_close(own);
  return is_locked(result) ? -KNIT_EEXIST : (int32_t)result;
}

typedef struct life {
  int32_t handle;
  int64_t identity;
  char name[KNIT_NAME_LENGTH + 1];
} life;

/* No signal to itself: the first process of a namespace does not get it. */
_Noreturn static void end_with(const life *it) {
  if (it->name[0] != 0) knit_remove_name(it->name, it->identity);
  knit_names_remove_all();
  knit_end_process(1);
}

static void await_end(void *memory) {
  const life *it = memory;
  while (lock_all(it->handle, F_OFD_SETLKW) == -KNIT_EINTR) {
  }
  end_with(it);
}

/* A handle of its own: the caller may close the other one. */
static int32_t prepare(life *it, int32_t handle, const char *plain) {
  for (size_t i = 0; plain[i] != 0; i++) it->name[i] = plain[i];
  it->identity = knit_memory_identity(handle);
  if (it->identity < 0) return (int32_t)it->identity;
  it->handle = knit_handle_duplicate(handle);
  return it->handle < 0 ? it->handle : 0;
}

static int32_t watch(const life *it) {
  long result = lock_all(it->handle, F_OFD_SETLK);
  if (result >= 0) end_with(it);
  if (!is_locked(result)) return (int32_t)result;
  return knit_thread_leave(await_end, (void *)(uintptr_t)it);
}

int32_t knit_life_watch(int32_t handle, int32_t process, const char *name) {
  (void)process;
  const char *plain = "";
  int32_t result = name == NULL || *name == 0 ? 0 : knit_name_check(name, &plain);
  if (result < 0) return result;
  life *it = knit_allocate(sizeof *it);
  if (it == NULL) return -KNIT_ENOMEM;
  it->handle = -1;
  result = prepare(it, handle, plain);
  if (result == 0) result = watch(it);
  if (result == 0) return 0;
  if (it->handle >= 0) knit_handle_close(it->handle);
  knit_free(it, sizeof *it);
  return result;
}
