/* What is about processes: who gets handles, what is left when one ends, tokens. */
#if !defined(_WIN32)
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <stdio.h>

#include "test.h"

#define PAGE 4096

static void read_token(void *memory) { *(int64_t *)memory = knit_process_token(); }

static void has_one_token(void) {
  enum { THREADS = 4 };
  test_thread threads[THREADS];
  int64_t tokens[THREADS];
  for (int i = 0; i < THREADS; i++) thread_start(&threads[i], read_token, &tokens[i]);
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
  CHECK(tokens[0] > 0 && tokens[0] < (INT64_C(1) << 53));
  for (int i = 0; i < THREADS; i++) CHECK_EQUAL(tokens[i], tokens[0]);
}

#if !defined(_WIN32)

/* Handles */

static void run_shell(void *memory) {
  char command[64];
  snprintf(command, sizeof command, "test ! -e /dev/fd/%d", *(int32_t *)memory);
  execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  CHECK(0);
}

static void closes_on_exec(void) {
  const char *name = fresh_name();
  int32_t handles[] = {
      knit_memory_create(PAGE),
      knit_memory_create_named(name, PAGE),
      knit_memory_open_named(name),
      -1,
      -1,
  };
  handles[3] = knit_handle_duplicate(handles[0]);
#if defined(__linux__)
  handles[4] = knit_handle_reopen((int32_t)getpid(), handles[0]);
#else
  handles[4] = knit_handle_duplicate(handles[1]);
#endif
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    CHECK(handles[i] > 0);
    in_child(run_shell, &handles[i]);
    knit_handle_close(handles[i]);
  }
  knit_memory_unlink(name);
}

typedef struct reopening {
  int32_t process;
  int32_t handle; /* read by the child from a pipe: it is not there yet when the child starts */
  int pipe[2];
} reopening;

static void reopen(void *memory) {
  reopening *it = memory;
  CHECK_EQUAL(read(it->pipe[0], &it->handle, sizeof it->handle), sizeof it->handle);
  int32_t handle = knit_handle_reopen(it->process, it->handle);
#if defined(__linux__)
  CHECK(handle > 0);
  int64_t address = map(handle, PAGE);
  CHECK(address > 0);
  *(char *)(uintptr_t)address = 42;
  CHECK_EQUAL(knit_handle_reopen(it->process, 1 << 20), -KNIT_ENOENT);
  CHECK_EQUAL(knit_handle_reopen(INT32_MAX, it->handle), -KNIT_ENOENT);
  unmap(address);
  knit_handle_close(handle);
#else
  CHECK_EQUAL(handle, -KNIT_ENOSYS);
#endif
}

static void reopens_in_another_process(void) {
  reopening it = {(int32_t)getpid(), -1, {-1, -1}};
  CHECK_EQUAL(pipe(it.pipe), 0);
  int child = child_start(reopen, &it);
  int32_t handle = knit_memory_create(PAGE);
  CHECK_EQUAL(write(it.pipe[1], &handle, sizeof handle), sizeof handle);
  child_join(child);
#if defined(__linux__)
  int64_t address = map(handle, PAGE);
  CHECK_EQUAL(*(char *)(uintptr_t)address, 42);
  unmap(address);
#endif
  knit_handle_close(handle);
  close(it.pipe[0]);
  close(it.pipe[1]);
}

#if defined(__linux__)
/* What nobody could map without danger, or what is no memory; with what must not be opened for it. */
static void reopens_nothing_else(void) {
  const char *name = fresh_name();
  char path[] = "/var/tmp/knitting-XXXXXX";
  int pipes[2];
  CHECK_EQUAL(pipe(pipes), 0);
  int32_t handles[] = {
      knit_memory_create_named(name, PAGE),
      (int32_t)memfd_create("other", MFD_ALLOW_SEALING),
      mkstemp(path),
      open("/dev/null", O_RDWR),
      open("/", O_RDONLY),
      pipes[0],
      pipes[1],
  };
  int32_t next = dup(handles[0]);
  close(next);
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    CHECK(handles[i] > 0);
    CHECK_EQUAL(knit_handle_reopen((int32_t)getpid(), handles[i]), -KNIT_ENODEV);
    close(handles[i]);
  }
  CHECK_EQUAL(fcntl(next, F_GETFD), -1); /* nothing stays open */
  knit_memory_unlink(name);
  unlink(path);
}
#endif

/* Names of a process that ends */

static int is_in_use(const char *name) {
  int32_t handle = knit_memory_open_named(name);
  if (handle < 0) CHECK_EQUAL(handle, -KNIT_ENOENT);
  else knit_handle_close(handle);
  return handle > 0;
}

static void name_memory(const char *name) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  CHECK(knit_memory_create_named(name, PAGE) > 0);
}

static void exit_with_name(void *name) {
  name_memory(name);
  exit(count_mistakes() != 0);
}

#if defined(__GLIBC__)
static void exit_quickly_with_name(void *name) {
  name_memory(name);
  quick_exit(count_mistakes() != 0);
}
#endif

static void exit_without_name(void *nothing) {
  (void)nothing;
  exit(0);
}

/* Valid until the next call of fresh_name, which no test here makes in between. */
static char *name_of_child(void) { return (char *)(uintptr_t)fresh_name(); }

static void removes_names_at_exit(void) {
  char *name = name_of_child();
  in_child(exit_with_name, name);
  CHECK(!is_in_use(name));
#if defined(__GLIBC__)
  in_child(exit_quickly_with_name, name);
  CHECK(!is_in_use(name));
#endif
}

static void leaves_names_of_others(void) {
  char *name = name_of_child();
  int32_t handle = knit_memory_create_named(name, PAGE);
  in_child(exit_without_name, NULL);
  CHECK(is_in_use(name));
  CHECK_EQUAL(knit_memory_unlink(name), 0);
  CHECK(!is_in_use(name));
  knit_handle_close(handle);
}

typedef struct ending {
  char *name;
  int signal;
} ending;

static void die_with_name(void *memory) {
  const ending *it = memory;
  name_memory(it->name);
  raise(it->signal);
  CHECK(0);
}

static void die_without_name(void *memory) { raise(((ending *)memory)->signal); }

static void removes_names_when_killed(void) {
  const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    ending it = {name_of_child(), signals[i]};
    CHECK_EQUAL(child_ending(child_start(die_with_name, &it)), -signals[i]);
    CHECK(!is_in_use(it.name));
  }
}

static void leaves_names_of_others_when_killed(void) {
  ending it = {name_of_child(), SIGTERM};
  int32_t handle = knit_memory_create_named(it.name, PAGE);
  CHECK_EQUAL(child_ending(child_start(die_without_name, &it)), -SIGTERM);
  CHECK(is_in_use(it.name));
  CHECK_EQUAL(knit_memory_unlink(it.name), 0);
  knit_handle_close(handle);
}

/* Handlers of the program */

static volatile sig_atomic_t handled;
static void (*chained)(int);

static void count_signal(int signal) {
  handled++;
  if (chained != SIG_DFL) chained(signal);
}

static void exit_on_signal(int signal) {
  (void)signal;
  _exit(7);
}

static void set_handler(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {0}, before;
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, &before);
  chained = before.sa_handler;
}

static void unlink_name(const char *name) {
  CHECK(is_in_use(name));
  CHECK_EQUAL(knit_memory_unlink(name), 0);
}

static void handle_before(void *name) {
  set_handler(SIGTERM, count_signal, 0);
  name_memory(name);
  raise(SIGTERM);
  CHECK_EQUAL(handled, 1);
  unlink_name(name);
}

/* As runtimes do that have handlers call those that were there before them. */
static void handle_after(void *name) {
  signal(SIGTERM, SIG_DFL);
  name_memory(name);
  set_handler(SIGTERM, count_signal, 0);
  CHECK(chained != SIG_DFL);
  raise(SIGTERM);
  CHECK_EQUAL(handled, 1);
  unlink_name(name);
}

/* A handler may block signals while it runs; that of the library blocks none. */
static void look_at_mask(void *name) {
  name_memory(name);
  struct sigaction action;
  CHECK_EQUAL(sigaction(SIGTERM, NULL, &action), 0);
  CHECK(action.sa_handler != SIG_DFL);
  CHECK((action.sa_flags & SA_NODEFER) != 0);
  for (int signal = 1; signal < 32; signal++) {
    CHECK_EQUAL(sigismember(&action.sa_mask, signal), 0);
  }
  unlink_name(name);
}

static void ignore(void *name) {
  signal(SIGHUP, SIG_IGN);
  name_memory(name);
  raise(SIGHUP);
  unlink_name(name);
}

static void handle_once(void *name) {
  set_handler(SIGTERM, exit_on_signal, (int)SA_RESETHAND);
  name_memory(name);
  raise(SIGTERM);
}

static void leaves_signals_to_the_program(void) {
  char *name = name_of_child();
  in_child(handle_before, name);
  in_child(handle_after, name);
  in_child(look_at_mask, name);
  in_child(ignore, name);
  CHECK_EQUAL(child_ending(child_start(handle_once, name)), 7);
  CHECK(!is_in_use(name));
}

#endif

void test_processes(void) {
  test("all threads have one token", has_one_token);
#if !defined(_WIN32)
  test("programs that are started get no handles", closes_on_exec);
  test("a handle of another process is opened again", reopens_in_another_process);
#if defined(__linux__)
  test("nothing but memory that keeps its size is opened again", reopens_nothing_else);
#endif
  test("names are removed at exit", removes_names_at_exit);
  test("names of the parent stay when a child exits", leaves_names_of_others);
  test("names are removed when a signal ends the process", removes_names_when_killed);
  test("names of the parent stay when a signal ends a child", leaves_names_of_others_when_killed);
  test("handlers of the program stay in place", leaves_signals_to_the_program);
#endif
}
