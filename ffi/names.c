/*
 * No name of shared memory outlives the process that made it. Names are removed when the process exits,
 * and when a signal that nobody handles ends it. SIGKILL leaves them: nothing of a process runs then.
 * Windows needs none of this.
 */
#include "knitting.h"
#include "platform.h"

#define MOST_NAMES 4096

typedef struct entry {
  int32_t process; /* 0: free. A forked process must not remove the names of its parent. */
  char name[KNIT_NAME_LENGTH + 2];
  int64_t identity; /* of its memory: another process may have removed the name, and used it again */
} entry;

static knit_lock lock;
static entry entries[MOST_NAMES];
static uint32_t used; /* entries before this one were in use at some time */

static int is_same(const char *a, const char *b) {
  while (*a != 0 && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

int32_t knit_names_add(const char *name, int64_t identity) {
  int32_t process = knit_process_id();
  int32_t result = -KNIT_EMFILE;
  knit_lock_take(&lock);
  for (uint32_t i = 0; i < MOST_NAMES; i++) {
    entry *it = &entries[i];
    if (it->process == process) continue;
    size_t length = 0;
    for (; length < KNIT_NAME_LENGTH && name[length] != 0; length++) it->name[length] = name[length];
    it->name[length] = 0;
    it->identity = identity;
    /* SYNC names: pairs with knit_names_remove_all, which a signal may call right after this. */
    __atomic_store_n(&it->process, process, __ATOMIC_RELEASE);
    if (i >= used) __atomic_store_n(&used, i + 1, __ATOMIC_RELEASE);
    result = 0;
    break;
  }
  knit_lock_release(&lock);
  if (result == 0) knit_watch_end();
  return result;
}

void knit_names_forget(const char *name) {
  int32_t process = knit_process_id();
  knit_lock_take(&lock);
  for (uint32_t i = 0; i < used; i++) {
    if (entries[i].process == process && is_same(entries[i].name, name)) {
      __atomic_store_n(&entries[i].process, 0, __ATOMIC_RELEASE);
    }
  }
  knit_lock_release(&lock);
}

/* Without the lock: whoever had it may have been stopped by the signal. */
void knit_names_remove_all(void) {
  int32_t process = knit_process_id();
  /* SYNC names: pairs with knit_names_add; the name was written before its process. */
  uint32_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
  for (uint32_t i = 0; i < count; i++) {
    if (__atomic_load_n(&entries[i].process, __ATOMIC_ACQUIRE) != process) continue;
    knit_remove_name(entries[i].name, entries[i].identity);
    __atomic_store_n(&entries[i].process, 0, __ATOMIC_RELEASE);
  }
}

__attribute__((destructor)) static void at_exit(void) { knit_names_remove_all(); }
