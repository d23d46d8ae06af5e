/*
 * The library as a Node-API module: every function of knitting.h, and what plain functions cannot do,
 * because it is about objects and event loops of JavaScript: memory that is given up when nothing uses
 * it any more, and a sleep that leaves the event loop running. Node, Deno and Bun load it alike.
 */
#include "knitting.h"
#include "node_api.h"
#include "places.h"
#include "platform.h"

#define MOST_ARGUMENTS 3
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Arguments */

static size_t get_arguments(napi_env env, napi_callback_info info, napi_value *arguments) {
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  return count;
}

static int get_number(napi_env env, napi_value value, int64_t *number) {
  return napi_get_value_int64(env, value, number) == napi_ok;
}

/* Room for the longest name, its slash, and one character more that shows that it is too long. */
#define TEXT_SIZE (KNIT_NAME_LENGTH + 4)

static int get_text(napi_env env, napi_value value, char *text) {
  size_t length;
  return napi_get_value_string_utf8(env, value, text, TEXT_SIZE, &length) == napi_ok;
}

static int get_buffer(napi_env env, napi_value value, const void **memory) {
  _Bool is = 0;
  void *data = NULL;
  size_t size;
  if (napi_is_arraybuffer(env, value, &is) == napi_ok && is) {
    if (napi_get_arraybuffer_info(env, value, &data, &size) != napi_ok) return 0;
  } else {
    if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return 0;
    if (napi_get_typedarray_info(env, value, NULL, &size, &data, NULL, NULL) != napi_ok) return 0;
  }
  *memory = data;
  return 1;
}

static napi_value make_number(napi_env env, int64_t number) {
  napi_value result = NULL;
  napi_create_int64(env, number, &result);
  return result;
}

/* One function of knitting.h as Node-API wants it. */
#include "node_functions.inc"

/* Memory that is given up with the last buffer over it */

static void release_hold(napi_env env, void *memory, void *hold) {
  (void)env; /* may be gone: buffers can outlive the thread that made them */
  (void)memory;
  knit_hold_release((uintptr_t)hold);
}

static void release_shared_hold(void *memory, void *hold) { release_hold(NULL, memory, hold); }

static napi_value throw_error(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/*
 * What a buffer costs besides its bytes: a handle, an entry among the mappings of the process. Engines
 * see only a small object, and would let thousands of them wait to be collected.
 */
#define WEIGHT_BYTES 65536

/* Tells the engine of one more buffer, and of those that are gone since. */
static void weigh(napi_env env, int64_t hold) {
  void *account = NULL;
  if (napi_get_instance_data(env, &account) != napi_ok || account == NULL) return;
  knit_hold_charge((uint64_t)hold, account);
  int64_t sum;
  int64_t more = 1 - (int64_t)knit_account_returned(account);
  napi_adjust_external_memory(env, more * WEIGHT_BYTES, &sum);
}

static void close_account(napi_env env, void *account, void *hint) {
  (void)env;
  (void)hint;
  knit_account_close(account);
}

static void open_account(napi_env env) {
  knit_account *account = knit_account_open();
  if (account == NULL) return; /* then nothing is weighed */
  if (napi_set_instance_data(env, account, close_account, NULL) != napi_ok) {
    knit_account_close(account);
  }
}

/* wrap(hold): an ArrayBuffer over the memory, which gives the hold up when it is collected. */
static napi_value wrap(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t hold;
  if (get_arguments(env, info, arguments) < 1 || !get_number(env, arguments[0], &hold)) {
    return throw_error(env, "wrap expects a hold");
  }
  int64_t address = knit_hold_address((uint64_t)hold);
  if (address < 0) return throw_error(env, "wrap expects a hold that is not released");
  napi_value buffer = NULL;
  napi_status status = napi_create_external_arraybuffer(
      env, (void *)(uintptr_t)address, (size_t)knit_hold_size((uint64_t)hold), release_hold,
      (void *)(uintptr_t)hold, &buffer);
  if (status == napi_ok) {
    weigh(env, hold);
    return buffer;
  }
  return throw_error(env, status == napi_no_external_buffers_allowed
                              ? "this runtime allows no buffers over memory of others"
                              : "this runtime cannot make a buffer over this memory");
}

/* wrapShared(hold): the same as a SharedArrayBuffer; undefined where the runtime cannot make one. */
static napi_value wrap_shared(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  napi_value result = NULL;
  int64_t hold;
  if (get_arguments(env, info, arguments) < 1 || !get_number(env, arguments[0], &hold)) {
    return throw_error(env, "wrapShared expects a hold");
  }
  int64_t address = knit_hold_address((uint64_t)hold);
  if (address < 0) return throw_error(env, "wrapShared expects a hold that is not released");
  if (node_api_create_external_sharedarraybuffer != NULL &&
      node_api_create_external_sharedarraybuffer(
          env, (void *)(uintptr_t)address, (size_t)knit_hold_size((uint64_t)hold),
          release_shared_hold, (void *)(uintptr_t)hold, &result) == napi_ok) {
    weigh(env, hold);
    return result;
  }
  napi_get_undefined(env, &result);
  return result;
}

/*
 * What JavaScript has by number, as waiters and life lines. A number that is none, or none any more, and
 * one of the other kind or of another environment, is an error and does no harm. Only the thread of its
 * environment uses and removes an entry: what it has found stays.
 */

typedef enum kind { KIND_NONE, KIND_WAITER, KIND_LINE } kind;

typedef struct entry {
  napi_env env;
  void *memory;
  kind kind; /* KIND_NONE: the place is free */
  uint32_t serial;
  uint32_t next_free;
} entry;

static knit_lock lock;
static entry entries[PLACES];
static places entry_places = {0, 1};

/* Its number; 0 if there are too many. */
static int64_t add_entry(napi_env env, kind kind, void *memory) {
  int64_t number = 0;
  knit_lock_take(&lock);
  uint32_t place = take_place(&entry_places, entries[entry_places.first_free].next_free);
  if (place != 0) {
    uint32_t serial = (entries[place].serial + 1) & SERIAL_MASK;
    entries[place] = (entry){env, memory, kind, serial, 0};
    number = number_of(place, serial);
  }
  knit_lock_release(&lock);
  return number;
}

/* NULL if there is no such entry. */
static void *find_entry(napi_env env, kind kind, int64_t number) {
  knit_lock_take(&lock);
  const entry *it = &entries[place_of((uint64_t)number)];
  int is_it = it->kind == kind && it->env == env && it->serial == (uint64_t)number >> PLACE_BITS;
  void *memory = is_it ? it->memory : NULL;
  knit_lock_release(&lock);
  return memory;
}

static void remove_entry(int64_t number) {
  if (number == 0) return;
  knit_lock_take(&lock);
  entry *it = &entries[place_of((uint64_t)number)];
  it->kind = KIND_NONE;
  it->next_free = entry_places.first_free;
  entry_places.first_free = place_of((uint64_t)number);
  knit_lock_release(&lock);
}

/*
 * Waiters: a thread that sleeps on a word and tells the event loop when it was woken. The thread sleeps
 * on `command` while there is nothing to wait for, so it costs nothing either way.
 *
 * Deno 2.9 loses one such call in some thousands: the event loop goes on sleeping. So the thread tells it
 * again until it has heard, ever more seldom, because it may just be busy.
 *
 * The environment ends the thread before it goes: a thread that outlived it would call into nothing.
 */

enum { COMMAND_NONE = 0, COMMAND_WAIT = 1, COMMAND_END = 2 };
#define NS_PER_MS 1000000
#define FIRST_PATIENCE_NS NS_PER_MS
#define MOST_PATIENCE_NS (1000LL * NS_PER_MS)

typedef struct waiter {
  int64_t number;
  napi_threadsafe_function wake;
  knit_thread thread;
  uint64_t address;
  int64_t hold; /* who sleeps on memory that is gone cannot be woken */
  int64_t timeout_ns;
  int32_t expected;
  int32_t command;
  int32_t ended;
  int32_t untold;     /* whether the event loop is to hear that the word was woken */
  int32_t references; /* that of `wake`, and one for each call that is on its way */
} waiter;

static void drop_waiter(waiter *it) {
  if (__atomic_sub_fetch(&it->references, 1, __ATOMIC_ACQ_REL) == 0) knit_free(it, sizeof *it);
}

static void tell(waiter *it) {
  __atomic_add_fetch(&it->references, 1, __ATOMIC_RELAXED);
  if (napi_call_threadsafe_function(it->wake, NULL, napi_tsfn_nonblocking) != napi_ok) drop_waiter(it);
}

/* In the thread of the event loop; without `env` if that is about to go. */
static void told(napi_env env, napi_value on_wake, void *context, void *data) {
  (void)data;
  waiter *it = context;
  /* SYNC untold: pairs with run_waiter and wait_for_command. */
  int32_t untold = __atomic_exchange_n(&it->untold, 0, __ATOMIC_ACQ_REL);
  drop_waiter(it);
  napi_value receiver;
  if (env == NULL || !untold || napi_get_undefined(env, &receiver) != napi_ok) return;
  napi_call_function(env, receiver, on_wake, 0, NULL, NULL);
}

static int32_t wait_for_command(waiter *it) {
  int32_t command;
  int64_t patience_ns = FIRST_PATIENCE_NS;
  /* SYNC command: pairs with `command` below; what is to be waited for was written before it. */
  while ((command = __atomic_load_n(&it->command, __ATOMIC_ACQUIRE)) == COMMAND_NONE) {
    /* SYNC untold: pairs with told. */
    int32_t untold = __atomic_load_n(&it->untold, __ATOMIC_ACQUIRE);
    int32_t result = knit_wait((uintptr_t)&it->command, COMMAND_NONE, untold ? patience_ns : -1);
    if (result != -KNIT_ETIMEDOUT || !__atomic_load_n(&it->untold, __ATOMIC_ACQUIRE)) continue;
    tell(it);
    if (patience_ns < MOST_PATIENCE_NS) patience_ns *= 2;
  }
  return command;
}

static void run_waiter(void *memory) {
  waiter *it = memory;
  while (wait_for_command(it) == COMMAND_WAIT) {
    knit_wait(it->address, it->expected, it->timeout_ns);
    int32_t command = COMMAND_WAIT;
    if (__atomic_compare_exchange_n(&it->command, &command, COMMAND_NONE, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
      /* SYNC untold: pairs with told. */
      __atomic_store_n(&it->untold, 1, __ATOMIC_RELEASE);
      tell(it);
    }
  }
  /* SYNC ended: pairs with end_waiter. */
  __atomic_store_n(&it->ended, 1, __ATOMIC_RELEASE);
  knit_wake((uintptr_t)&it->ended, 1);
}

static void command(waiter *it, int32_t what) {
  /* SYNC command: pairs with wait_for_command. */
  __atomic_store_n(&it->command, what, __ATOMIC_RELEASE);
  knit_wake((uintptr_t)&it->command, 1);
}

/* Waking once is not enough: the thread may be about to sleep, but not sleep yet. */
static void end_waiter(void *memory) {
  waiter *it = memory;
  remove_entry(it->number);
  command(it, COMMAND_END);
  /* SYNC ended: pairs with run_waiter. */
  while (__atomic_load_n(&it->ended, __ATOMIC_ACQUIRE) == 0) {
    knit_wake(it->address, INT32_MAX);
    knit_wait((uintptr_t)&it->ended, 0, NS_PER_MS);
  }
  knit_thread_join(&it->thread);
  knit_hold_release((uint64_t)it->hold);
  napi_release_threadsafe_function(it->wake, napi_tsfn_abort);
}

static void free_waiter(napi_env env, void *memory, void *hint) {
  (void)env;
  (void)hint;
  drop_waiter(memory);
}

static int start_waiter(napi_env env, napi_value on_wake, waiter *it) {
  napi_value name;
  if (napi_create_string_utf8(env, "knitting", sizeof "knitting" - 1, &name) != napi_ok) return 0;
  if (napi_create_threadsafe_function(env, on_wake, NULL, name, 0, 1, it, free_waiter, it, told,
                                      &it->wake) != napi_ok) {
    return 0;
  }
  napi_unref_threadsafe_function(env, it->wake);
  if (knit_thread_start(&it->thread, run_waiter, it) == 0) {
    napi_add_env_cleanup_hook(env, end_waiter, it);
    return 1;
  }
  napi_release_threadsafe_function(it->wake, napi_tsfn_abort); /* frees it */
  return -1;
}

/* openWaiter(address, onWake): a waiter; it does not keep the program alive. */
static napi_value open_waiter(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t address;
  if (get_arguments(env, info, arguments) < 2 || !get_number(env, arguments[0], &address)) {
    return throw_error(env, "openWaiter expects an address and a function");
  }
  waiter *it = knit_allocate(sizeof *it);
  if (it == NULL) return throw_error(env, "openWaiter is out of memory");
  it->references = 1;
  it->address = (uint64_t)address;
  /* None if the memory is not held but there for other reasons; releasing that does nothing. */
  int64_t hold = it->hold = knit_hold_at((uint64_t)address);
  int64_t number = it->number = add_entry(env, KIND_WAITER, it);
  int started = number == 0 ? 0 : start_waiter(env, arguments[1], it);
  if (started > 0) return make_number(env, number);
  remove_entry(number);
  knit_hold_release((uint64_t)hold);
  if (started == 0) knit_free(it, sizeof *it);
  return throw_error(env, "openWaiter cannot start a thread");
}

/* wait(waiter, expected, timeoutNs): onWake is called once, after the word was woken or is another. */
static napi_value wait_once(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number, expected, timeout_ns;
  if (get_arguments(env, info, arguments) < 3 || !get_number(env, arguments[0], &number) ||
      !get_number(env, arguments[1], &expected) || !get_number(env, arguments[2], &timeout_ns)) {
    return throw_error(env, "wait expects a waiter, a number, and nanoseconds");
  }
  waiter *it = find_entry(env, KIND_WAITER, number);
  if (it == NULL) return throw_error(env, "wait expects a waiter that is open");
  it->expected = (int32_t)expected;
  it->timeout_ns = timeout_ns;
  command(it, COMMAND_WAIT);
  return NULL;
}

/* closeWaiter(waiter): ends its thread; onWake is not called any more. */
static napi_value close_waiter(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number;
  if (get_arguments(env, info, arguments) < 1 || !get_number(env, arguments[0], &number)) {
    return throw_error(env, "closeWaiter expects a waiter");
  }
  waiter *it = find_entry(env, KIND_WAITER, number);
  if (it == NULL) return throw_error(env, "closeWaiter expects a waiter that is open");
  napi_remove_env_cleanup_hook(env, end_waiter, it);
  end_waiter(it);
  return NULL;
}

/*
 * Life lines of workers (life_*.c) as an environment holds them: it lets go of them when it ends, and that
 * may be long before its process does. The names of their memory go, too, if they are still there.
 */

typedef struct line {
  int64_t number;
  int32_t handle;
  char name[TEXT_SIZE];
} line;

static void let_go(line *it) {
  remove_entry(it->number);
  knit_handle_close(it->handle);
  knit_free(it, sizeof *it);
}

static void end_line(void *memory) {
  line *it = memory;
  if (it->name[0] != 0) knit_memory_unlink(it->name);
  let_go(it);
}

/* openLine(handle, name): a line, which takes the handle over. The name is empty if there is none. */
static napi_value open_line(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t handle;
  if (get_arguments(env, info, arguments) < 2 || !get_number(env, arguments[0], &handle)) {
    return throw_error(env, "openLine expects a handle and a name");
  }
  line *it = knit_allocate(sizeof *it);
  if (it == NULL) return throw_error(env, "openLine is out of memory");
  it->handle = (int32_t)handle;
  it->number = add_entry(env, KIND_LINE, it);
  if (it->number == 0 || !get_text(env, arguments[1], it->name) ||
      napi_add_env_cleanup_hook(env, end_line, it) != napi_ok) {
    let_go(it);
    return throw_error(env, "openLine cannot tie the line to its environment");
  }
  return make_number(env, it->number);
}

/* closeLine(line): lets it go; its name is left alone. */
static napi_value close_line(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number;
  if (get_arguments(env, info, arguments) < 1 || !get_number(env, arguments[0], &number)) {
    return throw_error(env, "closeLine expects a line");
  }
  line *it = find_entry(env, KIND_LINE, number);
  if (it == NULL) return throw_error(env, "closeLine expects a line that is open");
  napi_remove_env_cleanup_hook(env, end_line, it);
  let_go(it);
  return NULL;
}

/* The module */

typedef struct function {
  const char *name;
  napi_callback callback;
} function;

static const function functions[] = {
    NODE_FUNCTIONS,
    {"wrap", wrap},
    {"wrapShared", wrap_shared},
    {"openWaiter", open_waiter},
    {"wait", wait_once},
    {"closeWaiter", close_waiter},
    {"openLine", open_line},
    {"closeLine", close_line},
};

KNIT_API int32_t node_api_module_get_api_version_v1(void);
KNIT_API napi_value napi_register_module_v1(napi_env env, napi_value exports);

int32_t node_api_module_get_api_version_v1(void) { return 8; }

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
#if defined(_WIN32)
  if (!knit_find_node_api()) return exports;
#endif
  open_account(env);
  for (size_t i = 0; i < COUNT(functions); i++) {
    napi_value value;
    if (napi_create_function(env, functions[i].name, SIZE_MAX, functions[i].callback, NULL,
                             &value) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, value) != napi_ok) {
      break;
    }
  }
  return exports;
}
