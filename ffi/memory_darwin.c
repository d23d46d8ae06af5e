/* Shared memory on macOS: POSIX shared memory, whose name is gone at once if it should have none. */
#include "darwin.h"
#include "knitting.h"
#include "platform.h"
#include "text.h"

#define OWNER_ONLY 0600
/* Behind standard input, output and errors. */
#define FIRST_FREE 3

/* A slash and a name: macOS takes 31 characters together. */
typedef struct path {
  char text[KNIT_NAME_LENGTH + 2];
} path;

static path path_of(const char *plain) {
  path it;
  size_t length = 0;
  knit_append(it.text, &length, "/");
  knit_append(it.text, &length, plain);
  return it;
}

/*
 * shm_open takes the mode after three dots, and on arm64 such arguments are passed in another way than
 * named ones: it must be called through the prototype of the system. It leaves the mode as it is,
 * whatever the umask, and programs that are started later do not get the descriptor.
 */
static int32_t open_path(const path *it, int flags) {
  int handle = shm_open(it->text, O_RDWR | flags, OWNER_ONLY);
  return handle < 0 ? knit_last_error() : handle;
}

/* Memory gets its size once; macOS lets nobody change it. */
static int32_t set_size(int32_t handle, uint64_t size) {
  return ftruncate(handle, (int64_t)size) < 0 ? knit_last_error() : 0;
}

int32_t knit_memory_create(uint64_t size) {
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  char name[KNIT_NAME_LENGTH + 1];
  size_t length = 0;
  knit_append(name, &length, "knit_");
  knit_append_number(name, &length, knit_random(), 16);
  path it = path_of(name);
  int32_t handle = open_path(&it, O_CREAT | O_EXCL);
  if (handle < 0) return handle;
  shm_unlink(it.text);
  int32_t result = set_size(handle, size);
  if (result < 0) {
    close(handle);
    return result;
  }
  return handle;
}

int32_t knit_memory_create_named(const char *name, uint64_t size) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  path it = path_of(plain);
  int32_t handle = open_path(&it, O_CREAT | O_EXCL);
  if (handle < 0) return handle;
  result = set_size(handle, size);
  if (result == 0) result = knit_names_add(plain, 0);
  if (result < 0) {
    shm_unlink(it.text);
    close(handle);
    return result;
  }
  return handle;
}

int32_t knit_memory_open_named(const char *name) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  path it = path_of(plain);
  return open_path(&it, 0);
}

int32_t knit_memory_unlink(const char *name) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  knit_names_forget(plain);
  path it = path_of(plain);
  return shm_unlink(it.text) < 0 ? knit_last_error() : 0;
}

void knit_remove_name(const char *name, int64_t identity) {
  (void)identity; /* nothing tells it here */
  path it = path_of(name);
  shm_unlink(it.text);
}

int64_t knit_memory_size(int32_t handle) {
  struct stat status;
  return fstat(handle, &status) < 0 ? knit_last_error() : status.st_size;
}

int64_t knit_memory_identity(int32_t handle) {
  (void)handle;
  return 0;
}

int32_t knit_handle_duplicate(int32_t handle) {
  int duplicate = fcntl(handle, F_DUPFD_CLOEXEC, 0);
  return duplicate < 0 ? knit_last_error() : duplicate;
}

int32_t knit_take_stdin(void) {
  int handle = fcntl(0, F_DUPFD_CLOEXEC, FIRST_FREE);
  if (handle < 0) return knit_last_error();
  int empty = open("/dev/null", O_RDWR);
  int32_t result = empty < 0 || dup2(empty, 0) < 0 ? knit_last_error() : handle;
  if (empty >= 0) close(empty);
  if (result < 0) close(handle);
  return result;
}

/* Descriptors of other processes cannot be reached without their help. */
int32_t knit_handle_reopen(int32_t process, int32_t handle) {
  return process <= 0 || handle < 0 ? -KNIT_EINVAL : -KNIT_ENOSYS;
}

int32_t knit_handle_close(int32_t handle) { return close(handle) < 0 ? knit_last_error() : 0; }

int64_t knit_map(int32_t handle, uint64_t size) {
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  int64_t actual = knit_memory_size(handle);
  if (actual < 0) return actual;
  if ((uint64_t)actual < size) return -KNIT_EOVERFLOW;
  void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
  return address == MAP_FAILED ? knit_last_error() : (int64_t)(uintptr_t)address;
}

int32_t knit_unmap(uint64_t address, uint64_t size) {
  return munmap((void *)(uintptr_t)address, size) < 0 ? knit_last_error() : 0;
}
