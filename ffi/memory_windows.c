/*
 * Shared memory on Windows: file mappings without a file. Handles are numbers of 32 bits, which is
 * documented: programs of 32 and 64 bits can share them. Names live in the session of the user.
 */
#include "knitting.h"
#include "platform.h"
#include "text.h"
#include "windows_memory.h"

#define PAGE_SIZE UINT64_C(4096)
#define TAIL_ROOM UINT64_C(64)
#define TAIL_MARK UINT64_C(0x6b6e697474696e67)
#define MOST_VIEWS 65536

/* With a slash, which no name has: no memory can have the name of the mutex that guards a name. */
#define NAME_PREFIX "Local\\"
#define MUTEX_PREFIX "Local\\knitting/"

_Static_assert(sizeof(knit_tail) <= TAIL_ROOM, "the tail fits");

/* Negative ones are no handles but constants such as "this process". */
static int is_handle(int32_t handle) { return handle > 0; }

static HANDLE handle_of(int32_t number) { return (HANDLE)(intptr_t)number; }

static int32_t number_of(HANDLE handle) { return (int32_t)(intptr_t)handle; }

static int32_t last_error(void) { return knit_windows_error(GetLastError()); }

/* Views: what of this process is mapped where */

typedef struct view {
  uint64_t address; /* 0: the entry is free */
  uint64_t size;
  knit_tail *tail;
} view;

static knit_lock lock;
static view views[MOST_VIEWS];
static uint32_t used; /* entries before this one were in use at some time */

static int32_t add_view(const view *it) {
  int32_t result = -KNIT_EMFILE;
  knit_lock_take(&lock);
  for (uint32_t i = 0; i < MOST_VIEWS; i++) {
    if (views[i].address != 0) continue;
    views[i] = *it;
    if (i >= used) used = i + 1;
    result = 0;
    break;
  }
  knit_lock_release(&lock);
  return result;
}

static int remove_view(uint64_t address) {
  int is_found = 0;
  knit_lock_take(&lock);
  for (uint32_t i = 0; i < used && address != 0 && !is_found; i++) {
    if (views[i].address != address) continue;
    views[i].address = 0;
    is_found = 1;
  }
  knit_lock_release(&lock);
  return is_found;
}

knit_tail *knit_find_tail(uint64_t address, uint64_t *offset) {
  knit_tail *tail = NULL;
  knit_lock_take(&lock);
  for (uint32_t i = 0; i < used; i++) {
    const view *it = &views[i];
    if (it->address == 0 || address < it->address || address - it->address >= it->size) continue;
    *offset = address - it->address;
    tail = it->tail;
    break;
  }
  knit_lock_release(&lock);
  return tail;
}

/* All of a memory object, with its tail if it has one. Memory of others has the size of its pages. */
static int32_t map_whole(int32_t handle, view *it) {
  if (!is_handle(handle)) return -KNIT_EBADF;
  void *address = MapViewOfFile(handle_of(handle), FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
  if (address == NULL) return last_error();
  MEMORY_BASIC_INFORMATION region;
  if (VirtualQuery(address, &region, sizeof region) == 0) {
    int32_t result = last_error();
    UnmapViewOfFile(address);
    return result;
  }
  it->address = (uintptr_t)address;
  it->size = region.RegionSize;
  it->tail = (knit_tail *)((char *)address + region.RegionSize - TAIL_ROOM);
  if (it->tail->mark == TAIL_MARK && it->tail->size <= it->size - TAIL_ROOM) {
    it->size = it->tail->size;
  } else {
    it->tail = NULL;
  }
  return 0;
}

int64_t knit_map(int32_t handle, uint64_t size) {
  if (!knit_is_size(size)) return -KNIT_EINVAL;
  view it;
  int32_t result = map_whole(handle, &it);
  if (result < 0) return result;
  result = it.size < size ? -KNIT_EOVERFLOW : add_view(&it);
  if (result < 0) {
    UnmapViewOfFile((void *)(uintptr_t)it.address);
    return result;
  }
  return (int64_t)it.address;
}

int32_t knit_unmap(uint64_t address, uint64_t size) {
  (void)size; /* a view goes as a whole */
  if (!remove_view(address)) return -KNIT_EINVAL;
  return UnmapViewOfFile((void *)(uintptr_t)address) ? 0 : last_error();
}

int64_t knit_memory_size(int32_t handle) {
  view it;
  int32_t result = map_whole(handle, &it);
  if (result < 0) return result;
  UnmapViewOfFile((void *)(uintptr_t)it.address);
  return (int64_t)it.size;
}

/* Making and opening */

static int32_t write_tail(HANDLE object, uint64_t whole, uint64_t size) {
  char *address = MapViewOfFile(object, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
  if (address == NULL) return last_error();
  knit_tail *tail = (knit_tail *)(address + whole - TAIL_ROOM);
  tail->id = knit_random();
  tail->size = size;
  tail->mark = TAIL_MARK;
  UnmapViewOfFile(address);
  return 0;
}

/* Without `name` it has none. Programs that are started later get no handle unless asked to. */
static int32_t create(const char *name, uint64_t size) {
  uint64_t whole = (size + TAIL_ROOM + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
  SetLastError(0);
  HANDLE object = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
                                     (DWORD)(whole >> 32), (DWORD)whole, name);
  DWORD error = GetLastError();
  /* It says so if the name is that of something else, such as an event. */
  if (object == NULL && error == ERROR_INVALID_HANDLE) return -KNIT_EEXIST;
  if (object == NULL) return knit_windows_error(error);
  int32_t result = error == ERROR_ALREADY_EXISTS ? -KNIT_EEXIST : write_tail(object, whole, size);
  if (result < 0) {
    CloseHandle(object);
    return result;
  }
  return number_of(object);
}

int32_t knit_memory_create(uint64_t size) {
  return knit_is_size(size) ? create(NULL, size) : -KNIT_EINVAL;
}

typedef struct system_name {
  char text[sizeof MUTEX_PREFIX + KNIT_NAME_LENGTH];
} system_name;

static system_name name_of(const char *prefix, const char *plain) {
  system_name it;
  size_t length = 0;
  knit_append(it.text, &length, prefix);
  knit_append(it.text, &length, plain);
  return it;
}

static int32_t open_named(const char *name) {
  HANDLE object = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
  return object == NULL ? last_error() : number_of(object);
}

/* Between having a name and having a tail, memory must not be opened. `size` 0: opens it. */
static int32_t with_name(const char *plain, uint64_t size) {
  system_name name = name_of(NAME_PREFIX, plain);
  system_name mutex_name = name_of(MUTEX_PREFIX, plain);
  HANDLE mutex = CreateMutexA(NULL, FALSE, mutex_name.text);
  if (mutex == NULL) return last_error();
  /* Who dies while it has the mutex hands it on; memory that it was making is gone then. */
  WaitForSingleObject(mutex, INFINITE);
  int32_t result = size == 0 ? open_named(name.text) : create(name.text, size);
  ReleaseMutex(mutex);
  CloseHandle(mutex);
  return result;
}

int32_t knit_memory_create_named(const char *name, uint64_t size) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  if (result < 0) return result;
  return knit_is_size(size) ? with_name(plain, size) : -KNIT_EINVAL;
}

int32_t knit_memory_open_named(const char *name) {
  const char *plain;
  int32_t result = knit_name_check(name, &plain);
  return result < 0 ? result : with_name(plain, 0);
}

/* The name goes with the last handle, and cannot go before. */
int32_t knit_memory_unlink(const char *name) {
  int32_t handle = knit_memory_open_named(name);
  return handle < 0 ? handle : knit_handle_close(handle);
}

/* Handles */

static int32_t duplicate(HANDLE process, int32_t handle) {
  HANDLE copy;
  if (!DuplicateHandle(process, handle_of(handle), GetCurrentProcess(), &copy, 0, FALSE,
                       DUPLICATE_SAME_ACCESS)) {
    return last_error();
  }
  return number_of(copy);
}

int64_t knit_memory_identity(int32_t handle) {
  (void)handle;
  return 0;
}

/* Memory always has a name when it goes to another process here, so nothing comes that way. */
int32_t knit_take_stdin(void) { return -KNIT_ENOSYS; }

int32_t knit_handle_duplicate(int32_t handle) {
  return is_handle(handle) ? duplicate(GetCurrentProcess(), handle) : -KNIT_EBADF;
}

/* The handle, if it is that of memory which this library has made; else it is closed. */
static int32_t only_memory(int32_t handle) {
  view it = {0, 0, NULL};
  if (map_whole(handle, &it) == 0) UnmapViewOfFile((void *)(uintptr_t)it.address);
  if (it.tail != NULL) return handle;
  knit_handle_close(handle);
  return -KNIT_ENODEV;
}

/* As on Linux, there is "no such thing" if the process is not there, or has no such handle. */
int32_t knit_handle_reopen(int32_t process, int32_t handle) {
  if (process <= 0 || !is_handle(handle)) return -KNIT_EINVAL;
  HANDLE owner = OpenProcess(PROCESS_DUP_HANDLE, FALSE, (DWORD)process);
  if (owner == NULL) return GetLastError() == ERROR_INVALID_PARAMETER ? -KNIT_ENOENT : last_error();
  int32_t result = duplicate(owner, handle);
  CloseHandle(owner);
  if (result > 0) return only_memory(result);
  return result == -KNIT_EBADF ? -KNIT_ENOENT : result;
}

int32_t knit_handle_close(int32_t handle) {
  if (!is_handle(handle)) return -KNIT_EBADF;
  return CloseHandle(handle_of(handle)) ? 0 : last_error();
}
