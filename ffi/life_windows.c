/*
 * Life lines on Windows: the worker waits for the process of the host. Names need no removing.
 */
#include "knitting.h"
#include "platform.h"
#include "windows_memory.h"

/* There is nothing to hold but the process itself. */
int32_t knit_life_hold(int32_t handle) { return knit_handle_duplicate(handle); }

static void await_end(void *host) {
  WaitForSingleObject(host, INFINITE);
  knit_end_process(1);
}

int32_t knit_life_watch(int32_t handle, int32_t process, const char *name) {
  if (process <= 0) return -KNIT_EINVAL;
  int64_t size = knit_memory_size(handle);
  if (size < 0) return (int32_t)size;
  const char *plain;
  int32_t result = name == NULL || *name == 0 ? 0 : knit_name_check(name, &plain);
  if (result < 0) return result;
  HANDLE host = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)process);
  if (host == NULL) {
    DWORD error = GetLastError();
    /* There is no such process any more. */
    if (error == ERROR_INVALID_PARAMETER) knit_end_process(1);
    return knit_windows_error(error);
  }
  result = knit_thread_leave(await_end, host);
  if (result < 0) CloseHandle(host);
  return result;
}
