/* Shared memory on Linux: memfd without a name, files in /dev/shm with one. */
#include "knitting.h"
#include "linux.h"
#include "platform.h"
#include "text.h"

/* From the headers of the kernel; these numbers never change. */
enum {
  AT_FDCWD = -100,
  AT_SYMLINK_NOFOLLOW = 0x100,
  O_ACCMODE = 03,
  O_RDWR = 02,
  O_CREAT = 0100,
  O_EXCL = 0200,
  O_NOCTTY = 0400,
  O_NONBLOCK = 04000,
  O_CLOEXEC = 02000000,
#if defined(__aarch64__)
  O_NOFOLLOW = 0100000,
#else
  O_NOFOLLOW = 0400000,
#endif
  MFD_CLOEXEC = 1,
  MFD_ALLOW_SEALING = 2,
  F_GETFL = 3,
  F_DUPFD_CLOEXEC = 1030,
  F_ADD_SEALS = 1033,
  F_GET_SEALS = 1034,
  F_SEAL_SEAL = 1,
  F_SEAL_SHRINK = 2,
  F_SEAL_GROW = 4,
  SEEK_END = 2,
  PROT_READ_WRITE = 3,
  MAP_SHARED = 1,
};
#define OWNER_ONLY 0600
/* Behind standard input, output and errors. */
#define FIRST_FREE 3
/* No program that starts another one has more files open than that; looking takes a millisecond. */
#define END_OF_COPIES 16384

/* What the numbers of knitting.h have no name for. */
enum { EISDIR = 21, ESPIPE = 29, ELOOP = 40 };
#define FOLDER "/dev/shm/"
#define PIECE (UINT64_C(1) << 20)
/* What JavaScript can count. */
#define LARGEST_NUMBER ((UINT64_C(1) << 53) - 1)

static int32_t open_path(const char *path, int flags) {
  return (int32_t)knit_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC | flags,
                               OWNER_ONLY, 0, 0);
}

typedef struct path {
  char text[sizeof FOLDER + KNIT_NAME_LENGTH];
} path;

static path path_of(const char *plain) {
  path it;
  size_t length = 0;
  knit_append(it.text, &length, FOLDER);
  knit_append(it.text, &length, plain);
  return it;
}

static int32_t open_name(const char *plain, int flags) {
  path it = path_of(plain);
  int32_t handle = open_path(it.text, O_NOFOLLOW | flags);
  return handle == -EISDIR || handle == -ELOOP ? -KNIT_ENODEV : handle;
}

static int32_t unlink_name(const char *plain) {
  path it = path_of(plain);
  return (int32_t)knit_syscall(SYS_unlinkat, AT_FDCWD, (long)it.text, 0, 0, 0, 0);
}

static long create_empty(void) {
  return knit_syscall(SYS_memfd_create, (long)"knitting", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0,
                      0);
}

int32_t knit_memory_create(uint64_t size) {
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  long handle = create_empty();
  if (handle < 0) return (int32_t)handle;
  long result = knit_syscall(SYS_ftruncate, handle, (long)size, 0, 0, 0, 0);
  /* Whoever else gets it cannot shrink it: the others would die of touching what is gone. */
  if (result >= 0) {
    result = knit_syscall(SYS_fcntl, handle, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
                          0, 0, 0);
  }
  if (result < 0) {
    knit_handle_close((int32_t)handle);
    return (int32_t)result;
  }
  return (int32_t)handle;
}

/*
 * Pages are reserved now: where /dev/shm is small, touching one too many would end the process. On
 * some kernels a signal ends this and undoes it, so after one it goes on in pieces. Not before: only
 * the whole size tells at once that there is no space.
 */
static long reserve(int32_t handle, uint64_t size) {
  uint64_t most = size;
  for (uint64_t start = 0; start < size;) {
    uint64_t piece = size - start < most ? size - start : most;
    long result = knit_syscall(SYS_fallocate, handle, 0, (long)start, (long)piece, 0, 0);
    if (result >= 0) start += piece;
    else if (result == -KNIT_EINTR) most = PIECE;
    else return result;
  }
  return 0;
}

static int32_t prepare_named(int32_t handle, const char *plain, uint64_t size) {
  long result = knit_syscall(SYS_fchmod, handle, OWNER_ONLY, 0, 0, 0, 0);
  if (result >= 0) result = knit_syscall(SYS_ftruncate, handle, (long)size, 0, 0, 0, 0);
  if (result >= 0) result = reserve(handle, size);
  return result < 0 ? (int32_t)result : knit_names_add(plain, knit_memory_identity(handle));
}

int32_t knit_memory_create_named(const char *name, uint64_t size) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  int32_t handle = open_name(plain, O_CREAT | O_EXCL);
  if (handle < 0) return handle;
  result = prepare_named(handle, plain, size);
  if (result < 0) {
    unlink_name(plain);
    knit_handle_close(handle);
    return result;
  }
  return handle;
}

int32_t knit_memory_open_named(const char *name) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  return result < 0 ? result : open_name(plain, 0);
}

int32_t knit_memory_unlink(const char *name) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  knit_names_forget(plain);
  return unlink_name(plain);
}

int64_t knit_memory_size(int32_t handle) {
  long size = knit_syscall(SYS_lseek, handle, 0, SEEK_END, 0, 0, 0);
  return size == -ESPIPE ? -KNIT_ENODEV : size;
}

/* What fstat writes: the second word is the number of the inode. No system has more words than these. */
typedef struct file_status {
  uint64_t device;
  uint64_t inode;
  uint64_t rest[16];
} file_status;

static int64_t identity_of(const file_status *status) {
  return (int64_t)(status->inode & LARGEST_NUMBER);
}

int64_t knit_memory_identity(int32_t handle) {
  file_status status;
  long result = knit_syscall(SYS_fstat, handle, (long)&status, 0, 0, 0, 0);
  return result < 0 ? result : identity_of(&status);
}

void knit_remove_name(const char *name, int64_t identity) {
  path it = path_of(name);
  file_status status;
  long result = knit_syscall(SYS_newfstatat, AT_FDCWD, (long)it.text, (long)&status,
                             AT_SYMLINK_NOFOLLOW, 0, 0);
  if (result >= 0 && identity_of(&status) == identity) unlink_name(name);
}

/* Memory that nobody has sealed has seals, too; a file on a disk has none. */
static int32_t seals_of(int32_t handle) {
  long seals = knit_syscall(SYS_fcntl, handle, F_GET_SEALS, 0, 0, 0, 0);
  return seals == -KNIT_EINVAL ? -KNIT_ENODEV : (int32_t)seals;
}

/* 0 if it is shared memory that can be written. */
static int32_t check_memory(int32_t handle) {
  int32_t seals = seals_of(handle);
  if (seals < 0) return seals;
  long flags = knit_syscall(SYS_fcntl, handle, F_GETFL, 0, 0, 0, 0);
  if (flags < 0) return (int32_t)flags;
  return (flags & O_ACCMODE) == O_RDWR ? 0 : -KNIT_EACCES;
}

int32_t knit_handle_duplicate(int32_t handle) {
  return (int32_t)knit_syscall(SYS_fcntl, handle, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
}

typedef struct link {
  char text[40];
} link;

/* What /proc shows as a descriptor of a process; `process` 0 is this one. */
static link link_of(int32_t process, int32_t handle) {
  link it;
  size_t length = 0;
  knit_append(it.text, &length, "/proc/");
  if (process == 0) knit_append(it.text, &length, "self");
  else knit_append_number(it.text, &length, (uint32_t)process, 10);
  knit_append(it.text, &length, "/fd/");
  knit_append_number(it.text, &length, (uint32_t)handle, 10);
  return it;
}

/* The handle, unless `result` is an error: then that, and the handle is closed. */
static int32_t only_if(int32_t result, int32_t handle) {
  if (result >= 0) return handle;
  knit_handle_close(handle);
  return result;
}

/* What can only be read must not become writable, nor a file that gets its number in between. */
int32_t knit_reopen(int32_t handle) {
  int32_t result = check_memory(handle);
  if (result < 0) return result;
  link it = link_of(0, handle);
  int32_t own = open_path(it.text, O_NOCTTY | O_NONBLOCK);
  return own < 0 ? own : only_if(check_memory(own), own);
}

static int32_t check_fixed(int32_t handle) {
  int32_t seals = seals_of(handle);
  return seals < 0 || (seals & F_SEAL_SHRINK) != 0 ? seals : -KNIT_ENODEV;
}

/* 0 if the link leads to where all memory without a name lies, and nothing else. */
static int32_t check_nameless(const link *it) {
  file_status status, own;
  long result = knit_syscall(SYS_newfstatat, AT_FDCWD, (long)it->text, (long)&status, 0, 0, 0);
  if (result < 0) return (int32_t)result;
  long empty = create_empty();
  if (empty < 0) return (int32_t)empty;
  result = knit_syscall(SYS_fstat, empty, (long)&own, 0, 0, 0, 0);
  knit_handle_close((int32_t)empty);
  if (result < 0) return (int32_t)result;
  return status.device == own.device ? 0 : -KNIT_ENODEV;
}

/*
 * It may be anything that the other process has open, and other threads of this one could use it before
 * it is closed again. So a file is not opened at all.
 */
int32_t knit_handle_reopen(int32_t process, int32_t handle) {
  if (process <= 0 || handle < 0) return -KNIT_EINVAL;
  link it = link_of(process, handle);
  int32_t result = check_nameless(&it);
  if (result < 0) return result;
  int32_t own = open_path(it.text, O_NOCTTY | O_NONBLOCK);
  return own < 0 ? own : only_if(check_fixed(own), own);
}

/*
 * Deno gives a program that it starts a second descriptor of what is to be its standard input. It is
 * replaced, not closed: its number must not become that of something else.
 */
static void replace_copies(const file_status *original, long handle, long empty) {
  for (long copy = FIRST_FREE; copy < END_OF_COPIES; copy++) {
    file_status status;
    if (copy == handle || knit_syscall(SYS_fstat, copy, (long)&status, 0, 0, 0, 0) < 0) continue;
    if (status.device != original->device || status.inode != original->inode) continue;
    knit_syscall(SYS_dup3, empty, copy, O_CLOEXEC, 0, 0, 0);
  }
}

static long replace_stdin(long handle) {
  file_status original;
  long result = knit_syscall(SYS_fstat, handle, (long)&original, 0, 0, 0, 0);
  if (result < 0) return result;
  long empty = open_path("/dev/null", 0);
  if (empty < 0) return empty;
  result = knit_syscall(SYS_dup3, empty, 0, 0, 0, 0, 0);
  if (result >= 0) replace_copies(&original, handle, empty);
  knit_handle_close((int32_t)empty);
  return result;
}

int32_t knit_take_stdin(void) {
  long handle = knit_syscall(SYS_fcntl, 0, F_DUPFD_CLOEXEC, FIRST_FREE, 0, 0, 0);
  if (handle < 0) return (int32_t)handle;
  long result = replace_stdin(handle);
  if (result >= 0) return (int32_t)handle;
  knit_handle_close((int32_t)handle);
  return (int32_t)result;
}

int32_t knit_handle_close(int32_t handle) {
  return (int32_t)knit_syscall(SYS_close, handle, 0, 0, 0, 0, 0);
}

int64_t knit_map(int32_t handle, uint64_t size) {
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  int32_t result = check_memory(handle);
  if (result < 0) return result;
  int64_t actual = knit_memory_size(handle);
  if (actual < 0) return actual;
  /* Touching what lies behind the end would end the process. */
  if ((uint64_t)actual < size) return -KNIT_EOVERFLOW;
  return knit_syscall(SYS_mmap, 0, (long)size, PROT_READ_WRITE, MAP_SHARED, handle, 0);
}

int32_t knit_unmap(uint64_t address, uint64_t size) {
  return (int32_t)knit_syscall(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0);
}
