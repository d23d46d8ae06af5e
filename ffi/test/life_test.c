/* Life lines between processes, and standard input. */
#if defined(__linux__)
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#endif

#include "test.h"

#if defined(__linux__)

#define PAGE 4096
/* More than anything takes that is not waited for, also under emulation. */
#define SOON_MS 2000

typedef struct line {
  int32_t memory;
  int32_t hold; /* a child that is forked has it too, and closes it, as programs that are started do */
  int32_t host;
  const char *name;
  int ready[2]; /* the worker writes into it, and has it open as long as it lives */
} line;

static line open_line(const char *name) {
  line it = {-1, -1, (int32_t)getpid(), name, {-1, -1}};
  it.memory = *name == 0 ? knit_memory_create(PAGE) : knit_memory_create_named(name, PAGE);
  CHECK(it.memory > 0);
  CHECK_EQUAL(pipe(it.ready), 0);
  return it;
}

static void close_line(const line *it) {
  if (*it->name != 0) knit_memory_unlink(it->name);
  knit_handle_close(it->memory);
  close(it->ready[0]);
  close(it->ready[1]);
}

#define MOST_SECONDS 60

/* Has nothing to do, but is busy with it; not for ever, in case the line does not work. */
static void spin(void *memory) {
  const line *it = memory;
  alarm(MOST_SECONDS);
  CHECK_EQUAL(knit_handle_close(it->hold), 0);
  CHECK_EQUAL(knit_life_watch(it->memory, it->host, it->name), 0);
  CHECK_EQUAL(write(it->ready[1], "", 1), 1);
  for (;;) __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void await_ready(const line *it) {
  char byte;
  CHECK_EQUAL(read(it->ready[0], &byte, 1), 1);
}

/* Only the worker has it open any more, and nobody writes again: the next read waits for its end. */
static int64_t ms_to_the_end(const line *it) {
  int64_t start = now_ms();
  char byte;
  CHECK_EQUAL(read(it->ready[0], &byte, 1), 0);
  return now_ms() - start;
}

static void host_spinning(void *memory) {
  line *it = memory;
  it->host = (int32_t)getpid();
  it->hold = knit_life_hold(it->memory);
  CHECK(it->hold > 0);
  child_start(spin, it);
  for (;;) pause();
}

static void ends_with_a_killed_host(const char *name) {
  line it = open_line(name);
  int host = child_start(host_spinning, &it);
  await_ready(&it);
  close(it.ready[1]);
  sleep_ms(50);
  kill(host, SIGKILL);
  CHECK(ms_to_the_end(&it) < SOON_MS);
  CHECK_EQUAL(child_ending(host), -SIGKILL);
  if (*name != 0) CHECK_EQUAL(knit_memory_open_named(name), -KNIT_ENOENT);
  close_line(&it);
}

static void ends_without_a_name(void) { ends_with_a_killed_host(""); }
static void ends_with_a_name(void) { ends_with_a_killed_host(fresh_name()); }

static void ends_when_it_is_let_go(void) {
  const char *name = fresh_name();
  line it = open_line(name);
  it.hold = knit_life_hold(it.memory);
  CHECK(it.hold > 0);
  int worker = child_start(spin, &it);
  await_ready(&it);
  sleep_ms(100);
  CHECK_EQUAL(kill(worker, 0), 0);
  int32_t other = knit_memory_open_named(name);
  CHECK(other > 0);
  knit_handle_close(other);
  CHECK_EQUAL(knit_handle_close(it.hold), 0);
  CHECK_EQUAL(child_ending(worker), 1);
  CHECK_EQUAL(knit_memory_open_named(name), -KNIT_ENOENT);
  close_line(&it);
}

/* What is held in one process is nothing that another one must be able to close. */
static void is_no_handle_of_children(void) {
  line it = open_line("");
  int32_t hold = knit_life_hold(it.memory);
  CHECK((fcntl(hold, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_EQUAL(knit_life_hold(it.memory), -KNIT_EEXIST);
  knit_handle_close(hold);
  hold = knit_life_hold(it.memory);
  CHECK(hold > 0);
  knit_handle_close(hold);
  close_line(&it);
}

static void watch_what_is_over(void *memory) {
  const line *it = memory;
  knit_life_watch(it->memory, it->host, it->name);
  CHECK(0);
}

static void ends_at_once_if_nobody_holds_it(void) {
  line it = open_line(fresh_name());
  CHECK_EQUAL(child_ending(child_start(watch_what_is_over, &it)), 1);
  CHECK_EQUAL(knit_memory_open_named(it.name), -KNIT_ENOENT);
  close_line(&it);
}

/* The name may be that of other memory by now. */
static void leave_the_name(void *memory) {
  line *it = memory;
  it->memory = knit_memory_create(PAGE);
  knit_life_watch(it->memory, it->host, it->name);
}

static void removes_no_name_of_others(void) {
  line it = open_line(fresh_name());
  CHECK_EQUAL(child_ending(child_start(leave_the_name, &it)), 1);
  CHECK_EQUAL(knit_memory_unlink(it.name), 0);
  close_line(&it);
}

static void make_a_name(void *memory) {
  const line *it = memory;
  CHECK(knit_memory_create_named(it->name, PAGE) > 0);
  watch_what_is_over(&(line){it->memory, -1, it->host, "", {-1, -1}});
}

static void removes_names_of_the_worker(void) {
  line it = open_line("");
  it.name = fresh_name();
  CHECK_EQUAL(child_ending(child_start(make_a_name, &it)), 1);
  CHECK_EQUAL(knit_memory_open_named(it.name), -KNIT_ENOENT);
  it.name = "";
  close_line(&it);
}

/* Signals find the other threads; the program sees them as if there were no line. */
static volatile sig_atomic_t handled;
static void on_signal(int signal) { handled += signal == SIGUSR1; }

static void take_signals(void *memory) {
  const line *it = memory;
  sigset_t none, mask;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  CHECK_EQUAL(knit_life_watch(it->memory, it->host, ""), 0);
  sigprocmask(SIG_SETMASK, NULL, &mask);
  for (int signal = 1; signal < 32; signal++) CHECK_EQUAL(sigismember(&mask, signal), 0);
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, NULL);
  sigaddset(&mask, SIGUSR1);
  sigprocmask(SIG_SETMASK, &mask, NULL);
  kill(getpid(), SIGUSR1);
  sleep_ms(20);
  CHECK_EQUAL(handled, 0);
  sigprocmask(SIG_SETMASK, &none, NULL);
  CHECK_EQUAL(handled, 1);
}

static void leaves_signals_alone(void) {
  line it = open_line("");
  int32_t hold = knit_life_hold(it.memory);
  in_child(take_signals, &it);
  knit_handle_close(hold);
  close_line(&it);
}

static void refuses_nonsense(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
  CHECK_EQUAL(knit_life_hold(-1), -KNIT_EBADF);
  CHECK_EQUAL(knit_life_hold(ends[0]), -KNIT_ENODEV);
  CHECK_EQUAL(knit_life_watch(-1, 1, ""), -KNIT_EBADF);
  CHECK_EQUAL(knit_life_watch(ends[0], 1, "a/b"), -KNIT_EINVAL);
  close(ends[0]);
  close(ends[1]);
}

static void take_stdin(void *memory) {
  const line *it = memory;
  char text[4] = "";
  CHECK_EQUAL(dup2(it->memory, 0), 0);
  int copy = dup(0);
  int64_t identity = knit_memory_identity(it->memory);
  int32_t handle = knit_take_stdin();
  CHECK(handle > 2);
  CHECK((fcntl(handle, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_EQUAL(knit_memory_identity(handle), identity);
  CHECK_EQUAL(fcntl(0, F_GETFD), 0);
  CHECK_EQUAL(read(0, text, sizeof text), 0);
  CHECK_EQUAL(read(copy, text, sizeof text), 0);
  CHECK(knit_memory_identity(copy) != identity);
  close(0);
  CHECK_EQUAL(knit_take_stdin(), -KNIT_EBADF);
}

static void takes_stdin(void) {
  line it = open_line("");
  in_child(take_stdin, &it);
  close_line(&it);
}

#endif

void test_life(void) {
#if defined(__linux__)
  /* Valgrind runs one thread at a time, and does not know that waiting for such a lock takes time. */
  if (getenv("KNIT_TEST_ONE_THREAD") == NULL) {
    test("a worker ends with a host that is killed", ends_without_a_name);
    test("so does the name of its memory", ends_with_a_name);
    test("a worker ends when its line is let go", ends_when_it_is_let_go);
    test("a line leaves signals alone", leaves_signals_alone);
  }
  test("a line is held once, and by no program that is started", is_no_handle_of_children);
  test("a line that nobody holds ends the worker at once", ends_at_once_if_nobody_holds_it);
  test("names of other memory stay", removes_no_name_of_others);
  test("names that the worker has made go", removes_names_of_the_worker);
  test("lines of what is no memory are refused", refuses_nonsense);
  test("standard input is taken over", takes_stdin);
#endif
}
