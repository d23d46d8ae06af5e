/*
 * Life lines on macOS, which has no locks on shared memory: the worker watches the process of the host.
 * There are no process namespaces either, so its number is the same for both.
 */
#include "darwin.h"
#include "knitting.h"
#include "platform.h"

/* There is nothing to hold but the process itself. */
int32_t knit_life_hold(int32_t handle) { return knit_handle_duplicate(handle); }

typedef struct life {
  int queue;
  char name[KNIT_NAME_LENGTH + 1];
} life;

_Noreturn static void end_with(const life *it) {
  if (it->name[0] != 0) knit_remove_name(it->name, 0);
  knit_names_remove_all();
  knit_end_process(1);
}

static void await_end(void *memory) {
  const life *it = memory;
  struct kevent event;
  while (kevent(it->queue, NULL, 0, &event, 1, NULL) < 0 && errno == EINTR) {
  }
  end_with(it);
}

static int32_t watch(life *it, int32_t process) {
  it->queue = kqueue();
  if (it->queue < 0) return knit_last_error();
  struct kevent exit = {.ident = (uintptr_t)process, .filter = EVFILT_PROC};
  exit.flags = EV_ADD;
  exit.fflags = NOTE_EXIT;
  if (kevent(it->queue, &exit, 1, NULL, 0, NULL) < 0) {
    if (errno == ESRCH) end_with(it);
    return knit_last_error();
  }
  return knit_thread_leave(await_end, it);
}

int32_t knit_life_watch(int32_t handle, int32_t process, const char *name) {
  if (process <= 0) return -KNIT_EINVAL;
  int64_t size = knit_memory_size(handle);
  if (size < 0) return (int32_t)size;
  const char *plain = "";
  int32_t result = name == NULL || *name == 0 ? 0 : knit_name_check(name, &plain);
  if (result < 0) return result;
  life *it = knit_allocate(sizeof *it);
  if (it == NULL) return -KNIT_ENOMEM;
  for (size_t i = 0; plain[i] != 0; i++) it->name[i] = plain[i];
  result = watch(it, process);
  if (result == 0) return 0;
  if (it->queue >= 0) close(it->queue);
  knit_free(it, sizeof *it);
  return result;
}
