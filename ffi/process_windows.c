/* The process on Windows: its number, randomness, memory, threads and errors. */
#include "knitting.h"
#include "platform.h"
#include "windows_memory.h"

#include <bcrypt.h>

void knit_yield(void) { SwitchToThread(); }

uint64_t knit_random(void) {
  uint64_t number;
  while (BCryptGenRandom(NULL, (unsigned char *)&number, sizeof number,
                         BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0) {
  }
  return number;
}

/* Not ExitProcess: it lets libraries clean up first, with all their locks as they were. */
void knit_end_process(int32_t code) {
  for (;;) TerminateProcess(GetCurrentProcess(), (UINT)code);
}

void *knit_allocate(size_t size) { return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size); }

void knit_free(void *memory, size_t size) {
  (void)size;
  HeapFree(GetProcessHeap(), 0, memory);
}

/*
 * Runtimes unload a library with the thread that loaded it, but buffers can outlive the thread. So it is
 * nailed down.
 */
__attribute__((constructor)) static void stay_loaded(void) {
  HMODULE self;
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     (const char *)(uintptr_t)stay_loaded, &self);
}

int32_t knit_windows_error(DWORD error) {
  switch (error) {
    case ERROR_ACCESS_DENIED: return -KNIT_EACCES;
    case ERROR_FILE_NOT_FOUND: return -KNIT_ENOENT;
    case ERROR_INVALID_HANDLE: return -KNIT_EBADF;
    case ERROR_ALREADY_EXISTS: return -KNIT_EEXIST;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT: return -KNIT_ENOMEM;
    case ERROR_DISK_FULL: return -KNIT_ENOSPC;
    case ERROR_TOO_MANY_OPEN_FILES: return -KNIT_EMFILE;
    case ERROR_NO_SYSTEM_RESOURCES: return -KNIT_ENFILE;
    case ERROR_INVALID_ADDRESS: return -KNIT_EFAULT;
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED: return -KNIT_ENOSYS;
    default: return -KNIT_EINVAL;
  }
}

/* Threads */

typedef struct start {
  void (*run)(void *);
  void *argument;
} start;

static DWORD WINAPI run_thread(void *memory) {
  start it = *(start *)memory;
  knit_free(memory, sizeof it);
  it.run(it.argument);
  return 0;
}

static int32_t start_thread(knit_thread *thread, DWORD stack, void (*run)(void *), void *argument) {
  start *it = knit_allocate(sizeof *it);
  if (it == NULL) return -KNIT_ENOMEM;
  it->run = run;
  it->argument = argument;
  HANDLE handle =
      CreateThread(NULL, stack, run_thread, it, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  if (handle == NULL) {
    int32_t result = knit_windows_error(GetLastError());
    knit_free(it, sizeof *it);
    return result;
  }
  thread->id = (uintptr_t)handle;
  return 0;
}

/* A stack of size 0 is one as usual. */
int32_t knit_thread_start(knit_thread *thread, void (*run)(void *), void *argument) {
  return start_thread(thread, 0, run, argument);
}

#define SMALL_STACK (128 * 1024)

int32_t knit_thread_leave(void (*run)(void *), void *argument) {
  knit_thread thread;
  int32_t result = start_thread(&thread, SMALL_STACK, run, argument);
  if (result == 0) CloseHandle((HANDLE)thread.id);
  return result;
}

void knit_thread_join(knit_thread *thread) {
  HANDLE handle = (HANDLE)thread->id;
  WaitForSingleObject(handle, INFINITE);
  CloseHandle(handle);
}
