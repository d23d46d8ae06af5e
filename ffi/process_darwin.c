/* The process on macOS: its number, randomness, memory, threads, errors, and the signals that end it. */
#include "darwin.h"
#include "knitting.h"
#include "platform.h"

void knit_yield(void) { sched_yield(); }

uint64_t knit_random(void) {
  uint64_t number;
  arc4random_buf(&number, sizeof number);
  return number;
}

void knit_end_process(int32_t code) { _exit(code); }

int32_t knit_process_id(void) { return getpid(); }

void *knit_allocate(size_t size) { return calloc(1, size); }

void knit_free(void *memory, size_t size) {
  (void)size;
  free(memory);
}

/*
 * Runtimes unload a library with the thread that loaded it, but buffers, and what handles signals, can
 * outlive the thread. So the library is loaded once more, for good.
 */
__attribute__((constructor)) static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((void *)(uintptr_t)stay_loaded, &self) != 0) {
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

/* Numbers up to that of EAGAIN are those of Linux, from there on they are others. */
static int32_t error_of(int number) {
  switch (number) {
    case EAGAIN: return KNIT_EAGAIN;
    case ETIMEDOUT: return KNIT_ETIMEDOUT;
    case ENAMETOOLONG: return KNIT_ENAMETOOLONG;
    case EOVERFLOW: return KNIT_EOVERFLOW;
    case ENOSYS:
    case ENOTSUP: return KNIT_ENOSYS;
    default: return number < EAGAIN ? number : KNIT_EINVAL;
  }
}

int32_t knit_last_error(void) { return -error_of(errno); }

/* Threads */

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

static int32_t start_thread(knit_thread *thread, const pthread_attr_t *attributes,
                            void (*run)(void *), void *argument) {
  start *it = knit_allocate(sizeof *it);
  if (it == NULL) return -KNIT_ENOMEM;
  it->run = run;
  it->argument = argument;
  pthread_t id;
  int error = pthread_create(&id, attributes, run_thread, it);
  if (error != 0) {
    knit_free(it, sizeof *it);
    return -error_of(error);
  }
  thread->id = (uintptr_t)id;
  return 0;
}

int32_t knit_thread_start(knit_thread *thread, void (*run)(void *), void *argument) {
  return start_thread(thread, NULL, run, argument);
}

void knit_thread_join(knit_thread *thread) { pthread_join((pthread_t)thread->id, NULL); }

#define SMALL_STACK (128 * 1024)

int32_t knit_thread_leave(void (*run)(void *), void *argument) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return -KNIT_ENOMEM;
  pthread_attr_setstacksize(&attributes, SMALL_STACK);
  /* A thread begins with the mask of the one that starts it. */
  sigset_t all = ~(sigset_t)0, before;
  pthread_sigmask(SIG_SETMASK, &all, &before);
  knit_thread thread;
  int32_t result = start_thread(&thread, &attributes, run, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (result == 0) pthread_detach((pthread_t)thread.id);
  return result;
}

/*
 * Signals. Where nobody handles one that ends the process, names are removed first. A handler that is
 * set to be used once is about to end the process too. As in process_linux.c.
 */

enum { SIGNALS = 16 };
static struct sigaction previous[SIGNALS];

static void on_fatal_signal(int signal) {
  struct sigaction current;
  /* Somebody handles it by now, and calls handlers that were there before. */
  if (sigaction(signal, NULL, &current) < 0 || current.sa_handler != on_fatal_signal) return;
  knit_names_remove_all();
  sigaction(signal, &previous[signal], NULL);
  pthread_kill(pthread_self(), signal);
}

static void watch(int signal) {
  struct sigaction old;
  if (sigaction(signal, NULL, &old) < 0 || old.sa_handler == SIG_IGN) return;
  int is_default = old.sa_handler == SIG_DFL;
  int is_last_act = (old.sa_flags & SA_RESETHAND) != 0;
  if (old.sa_handler == on_fatal_signal || (!is_default && !is_last_act)) return;
  previous[signal] = old;
  struct sigaction ours = {0};
  ours.sa_handler = on_fatal_signal;
  ours.sa_flags = SA_NODEFER;
  sigaction(signal, &ours, NULL);
}

/* All runtimes exit in a way that runs destructors here. */
void knit_watch_end(void) {
  watch(SIGHUP);
  watch(SIGINT);
  watch(SIGQUIT);
  watch(SIGABRT);
  watch(SIGTERM);
}
