/* The process on Linux: its number, randomness, memory, threads, and the signals that end it. */
#include "knitting.h"
#include "linux.h"
#include "platform.h"

void knit_yield(void) { knit_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0); }

uint64_t knit_random(void) {
  uint64_t number = 0;
  while (knit_syscall(SYS_getrandom, (long)&number, sizeof number, 0, 0, 0, 0) !=
         (long)sizeof number) {
  }
  return number;
}

void knit_end_process(int32_t code) {
  for (;;) knit_syscall(SYS_exit_group, code, 0, 0, 0, 0, 0);
}

int32_t knit_process_id(void) { return (int32_t)knit_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0); }

/* Memory */

enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22 };

void *knit_allocate(size_t size) {
  long address =
      knit_syscall(SYS_mmap, 0, (long)size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  return address < 0 && address > -4096 ? NULL : (void *)address;
}

void knit_free(void *memory, size_t size) {
  knit_syscall(SYS_munmap, (long)memory, (long)size, 0, 0, 0, 0);
}

/*
 * Threads. They run code of the runtime, which needs what the runtime's own C library sets up for a
 * thread, so it must be that library that starts them. It is there already; nothing is linked.
 */

typedef unsigned long pthread_t;
extern int pthread_create(pthread_t *, const void *, void *(*)(void *), void *)
    __attribute__((weak));
extern int pthread_join(pthread_t, void **) __attribute__((weak));
extern int pthread_detach(pthread_t) __attribute__((weak));
extern int pthread_attr_init(void *) __attribute__((weak));
extern int pthread_attr_setstacksize(void *, size_t) __attribute__((weak));
extern int pthread_attr_destroy(void *) __attribute__((weak));

/* More than pthread_attr_t of any C library. */
typedef struct thread_attributes {
  uint64_t room[32];
} thread_attributes;
#define SMALL_STACK (128 * 1024)

typedef struct start {
  void (*run)(void *);
  void *argument;
} start;

static void *run_thread(void *memory) {
  start it = *(start *)memory;
  knit_free(memory, sizeof it);
  it.run(it.argument);
  return NULL;
}

static int32_t start_thread(knit_thread *thread, const void *attributes, void (*run)(void *),
                            void *argument) {
  if (pthread_create == NULL || pthread_join == NULL) return -KNIT_ENOSYS;
  start *it = knit_allocate(sizeof *it);
  if (it == NULL) return -KNIT_ENOMEM;
  it->run = run;
  it->argument = argument;
  pthread_t id;
  int error = pthread_create(&id, attributes, run_thread, it);
  if (error != 0) {
    knit_free(it, sizeof *it);
    return -error;
  }
  thread->id = id;
  return 0;
}

int32_t knit_thread_start(knit_thread *thread, void (*run)(void *), void *argument) {
  return start_thread(thread, NULL, run, argument);
}

void knit_thread_join(knit_thread *thread) { pthread_join(thread->id, NULL); }

/* A limit of the data of a process counts all of a stack, also what is never touched. */
static int32_t start_small(knit_thread *thread, void (*run)(void *), void *argument) {
  thread_attributes attributes;
  if (pthread_attr_init == NULL || pthread_attr_setstacksize == NULL ||
      pthread_attr_destroy == NULL || pthread_attr_init(&attributes) != 0) {
    return start_thread(thread, NULL, run, argument);
  }
  /* Where that is too small, it is what it was. */
  pthread_attr_setstacksize(&attributes, SMALL_STACK);
  int32_t result = start_thread(thread, &attributes, run, argument);
  pthread_attr_destroy(&attributes);
  return result;
}

/*
 * All signals but those from 32 to 34: C libraries have them for themselves, and would wait for ever
 * for a thread that does not answer, for example to change the user of the process.
 */
#define ALL_SIGNALS (~(UINT64_C(7) << 31))
enum { SIG_SETMASK = 2 };

static void change_mask(const uint64_t *new_mask, uint64_t *old_mask) {
  knit_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)new_mask, (long)old_mask, sizeof *new_mask, 0,
               0);
}

int32_t knit_thread_leave(void (*run)(void *), void *argument) {
  /* A thread begins with the mask of the one that starts it. */
  uint64_t mask = ALL_SIGNALS, before;
  change_mask(&mask, &before);
  knit_thread thread;
  int32_t result = start_small(&thread, run, argument);
  change_mask(&before, NULL);
  if (result == 0 && pthread_detach != NULL) pthread_detach(thread.id);
  return result;
}

/*
 * Signals. Where nobody handles one that ends the process, names are removed first. A handler that is
 * set to be used once (Node has such ones, which put the terminal right) is about to end the process too.
 */

enum { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGABRT = 6, SIGTERM = 15, SIGNALS = 16 };
#define SA_RESETHAND 0x80000000ul
#define SA_NODEFER 0x40000000ul
#define SIG_IGN 1

#if defined(__x86_64__)
/* Here the kernel wants to be told how to leave a handler: system call 15, rt_sigreturn. */
extern void knit_leave_handler(void) __attribute__((visibility("hidden")));
__asm__(
    ".text\n.hidden knit_leave_handler\n.globl knit_leave_handler\n"
    ".type knit_leave_handler, @function\nknit_leave_handler:\nmov $15, %eax\nsyscall\n");
#define SA_RESTORER 0x04000000ul
#else
#define SA_RESTORER 0ul
#endif

/* As the kernel has it, also on arm64, where nothing looks at the restorer. */
typedef struct signal_action {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
} signal_action;

static signal_action previous[SIGNALS];

static long change_action(int signal, const signal_action *new_action, signal_action *old_action) {
  return knit_syscall(SYS_rt_sigaction, signal, (long)new_action, (long)old_action,
                      sizeof new_action->mask, 0, 0);
}

static void on_fatal_signal(int signal) {
  signal_action current;
  change_action(signal, NULL, &current);
  /* Somebody handles it by now, and calls handlers that were there before, as Deno does. */
  if (current.handler != (uintptr_t)on_fatal_signal) return;
  knit_names_remove_all();
  change_action(signal, &previous[signal], NULL);
  long thread = knit_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
  knit_syscall(SYS_tgkill, knit_process_id(), thread, signal, 0, 0, 0);
}

static void watch(int signal) {
  signal_action old;
  if (change_action(signal, NULL, &old) < 0 || old.handler == SIG_IGN) return;
  int is_default = old.handler == 0;
  int is_last_act = (old.flags & SA_RESETHAND) != 0;
  if (old.handler == (uintptr_t)on_fatal_signal || (!is_default && !is_last_act)) return;
  previous[signal] = old;
  signal_action ours = {0};
  ours.handler = (uintptr_t)on_fatal_signal;
  ours.flags = SA_NODEFER | SA_RESTORER;
#if defined(__x86_64__)
  ours.restorer = (uintptr_t)knit_leave_handler;
#endif
  change_action(signal, &ours, NULL);
}

/* Bun ends by quick_exit, which runs no destructors. */
extern int __cxa_at_quick_exit(void (*)(void *), void *) __attribute__((weak));

static void at_quick_exit(void *nothing) {
  (void)nothing;
  knit_names_remove_all();
}

void knit_watch_end(void) {
  static int32_t registered;
  if (__cxa_at_quick_exit != NULL && __atomic_exchange_n(&registered, 1, __ATOMIC_ACQ_REL) == 0) {
    __cxa_at_quick_exit(at_quick_exit, NULL);
  }
  watch(SIGHUP);
  watch(SIGINT);
  watch(SIGQUIT);
  watch(SIGABRT);
  watch(SIGTERM);
}
