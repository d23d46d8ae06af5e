/* Child processes, for tests on systems that can fork. */
#define _POSIX_C_SOURCE 200809L
#include "test.h"

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>

/* The exit code says whether all checks were right. */
static void run_child(void (*run)(void *), void *argument) {
  run(argument);
  fflush(stdout);
  _exit(count_mistakes() != 0);
}

int child_start(void (*run)(void *), void *argument) {
  fflush(stdout);
  int process = fork();
  CHECK(process >= 0);
  if (process == 0) run_child(run, argument);
  return process;
}

int child_ending(int process) {
  int status = 0;
  CHECK_EQUAL(waitpid(process, &status, 0), process);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void child_join(int process) { CHECK_EQUAL(child_ending(process), 0); }

void in_child(void (*run)(void *), void *argument) { child_join(child_start(run, argument)); }
#endif
