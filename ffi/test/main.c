/* Tests of the native library through its public header. The last line of the output sums up. */
#include <stdlib.h>

#include "test.h"
#if !defined(_WIN32)
#include <unistd.h>
#endif

/* Far more than all tests need, also where every instruction is emulated. */
#define LIMIT_SECONDS 300

static int passed, failed;
static int32_t mistakes; /* of the test that runs, from any of its threads */

static void note(void) { __atomic_add_fetch(&mistakes, 1, __ATOMIC_RELAXED); }

int32_t count_mistakes(void) { return __atomic_load_n(&mistakes, __ATOMIC_RELAXED); }

void check(int is_true, const char *condition, const char *file, int line) {
  if (is_true) return;
  note();
  printf("  %s:%d: %s is false\n", file, line, condition);
}

void check_equal(int64_t actual, int64_t expected, const char *what, const char *file, int line) {
  if (actual == expected) return;
  note();
  printf("  %s:%d: %s is %lld, not %lld\n", file, line, what, (long long)actual,
         (long long)expected);
}

void test(const char *name, void (*run)(void)) {
  __atomic_store_n(&mistakes, 0, __ATOMIC_RELAXED);
  run();
  int is_good = count_mistakes() == 0;
  if (is_good) passed++;
  else failed++;
  printf("%s %s\n", is_good ? "ok    " : "FAILED", name);
  fflush(stdout);
}

const char *fresh_name(void) {
  static char name[31]; /* every platform takes 30 characters */
  static int count;
  snprintf(name, sizeof name, "knit_%llx_%d", (unsigned long long)knit_process_token() >> 13,
           ++count);
  return name;
}

int main(void) {
#if !defined(_WIN32)
  alarm(LIMIT_SECONDS);
#endif
  test_memory();
  test_names();
  test_holds();
  test_words();
  test_processes();
  test_life();
  printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
