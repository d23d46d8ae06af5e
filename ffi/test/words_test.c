/* Sleeping on words of shared memory, and being woken. */
#include "test.h"

#define PAGE 4096
#define NS_PER_MS INT64_C(1000000)
/* For a sleeper that was started to be asleep; tests are right in either case. */
#define A_WHILE_MS 30

static int32_t load(const int32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static void store(int32_t *word, int32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }
static uint64_t at(const int32_t *word) { return (uintptr_t)word; }

static int32_t *map_words(int32_t handle) {
  int64_t address = map(handle, PAGE);
  CHECK(address > 0);
  return (int32_t *)(uintptr_t)address;
}

static void unmap_words(int32_t *words) { unmap((int64_t)at(words)); }

static void sleeps_only_on_the_value(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle);
  CHECK_EQUAL(knit_wait(at(words), 1, -1), -KNIT_EAGAIN);
  CHECK_EQUAL(knit_wait(at(words), 1, 0), -KNIT_EAGAIN);
  CHECK_EQUAL(knit_wait(at(words), -1, NS_PER_MS), -KNIT_EAGAIN);
  store(words, -7);
  CHECK_EQUAL(knit_wait(at(words), 7, -1), -KNIT_EAGAIN);
  unmap_words(words);
  knit_handle_close(handle);
}

static void sleeps_no_longer_than_asked(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle);
  store(words, -1);
  CHECK_EQUAL(knit_wait(at(words), -1, 0), -KNIT_ETIMEDOUT);
  int64_t start = now_ms();
  CHECK_EQUAL(knit_wait(at(words), -1, 50 * NS_PER_MS), -KNIT_ETIMEDOUT);
  int64_t took = now_ms() - start;
  CHECK(took >= 35 && took < 10000);
  unmap_words(words);
  knit_handle_close(handle);
}

static void refuses_what_is_no_word(void) {
  int32_t words[2] = {0, 0};
  CHECK_EQUAL(knit_wait(0, 0, 0), -KNIT_EFAULT);
  CHECK_EQUAL(knit_wake(0, 1), -KNIT_EFAULT);
  CHECK_EQUAL(knit_wait(at(words) + 1, 0, 0), -KNIT_EINVAL);
  CHECK_EQUAL(knit_wake(at(words) + 2, 1), -KNIT_EINVAL);
  CHECK_EQUAL(knit_wake(at(words), -1), -KNIT_EINVAL);
  CHECK_EQUAL(knit_wake(at(words), 0), 0);
  CHECK_EQUAL(knit_wake(at(words), 1), 0);
}

/* A sleeper that says in `words[1]` that it was woken. */
static void sleep_on_first(void *memory) {
  int32_t *words = memory;
  while (load(words) == 0) knit_wait(at(words), 0, -1);
  __atomic_add_fetch(words + 1, 1, __ATOMIC_SEQ_CST);
}

static void wake_sleepers(int32_t *sleeper_words, int32_t *words, int32_t count) {
  enum { MOST = 3 };
  test_thread threads[MOST];
  store(words, 0);
  store(words + 1, 0);
  for (int32_t i = 0; i < count; i++) thread_start(&threads[i], sleep_on_first, sleeper_words);
  sleep_ms(A_WHILE_MS);
  CHECK_EQUAL(load(words + 1), 0);
  store(words, 1);
  int32_t woken = knit_wake(at(words), count == 1 ? 1 : INT32_MAX);
  CHECK(woken >= 0 && woken <= count);
  for (int32_t i = 0; i < count; i++) thread_join(&threads[i]);
  CHECK_EQUAL(load(words + 1), count);
}

static void wakes_in_private_memory(void) {
  int32_t words[2];
  wake_sleepers(words, words, 1);
  wake_sleepers(words, words, 3);
}

static void wakes_through_another_mapping(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle), *same = map_words(handle);
  wake_sleepers(same, words, 1);
  unmap_words(same);
  unmap_words(words);
  knit_handle_close(handle);
}

#if !defined(_WIN32)
/* Several sleepers: see knitting.h on Windows. */
static void wakes_all(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle);
  wake_sleepers(words, words, 3);
  unmap_words(words);
  knit_handle_close(handle);
}
#endif

/* Two sides that wait for each other, as often as it says, and both words are exact in the end. */

enum { ROUNDS = 2000 };

static void answer(void *memory) {
  int32_t *words = memory;
  for (int32_t round = 1; round <= ROUNDS; round++) {
    while (load(words) != round) knit_wait(at(words), round - 1, -1);
    store(words + 1, round);
    knit_wake(at(words + 1), 1);
  }
}

static void ask(int32_t *words) {
  for (int32_t round = 1; round <= ROUNDS; round++) {
    store(words, round);
    knit_wake(at(words), 1);
    while (load(words + 1) != round) knit_wait(at(words + 1), round - 1, -1);
  }
  CHECK_EQUAL(load(words), ROUNDS);
  CHECK_EQUAL(load(words + 1), ROUNDS);
}

static void plays_between_threads(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle), *same = map_words(handle);
  test_thread thread;
  thread_start(&thread, answer, same);
  ask(words);
  thread_join(&thread);
  unmap_words(same);
  unmap_words(words);
  knit_handle_close(handle);
}

#if !defined(_WIN32)
static void plays_between_processes(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle);
  int child = child_start(answer, words);
  ask(words);
  child_join(child);
  unmap_words(words);
  knit_handle_close(handle);
}

static void wakes_another_process(void) {
  int32_t handle = knit_memory_create(PAGE);
  int32_t *words = map_words(handle);
  int child = child_start(sleep_on_first, words);
  sleep_ms(A_WHILE_MS);
  CHECK_EQUAL(load(words + 1), 0);
  store(words, 1);
  CHECK(knit_wake(at(words), 1) >= 0);
  child_join(child);
  CHECK_EQUAL(load(words + 1), 1);
  unmap_words(words);
  knit_handle_close(handle);
}
#endif

void test_words(void) {
  test("a sleep needs the value that was expected", sleeps_only_on_the_value);
  test("a sleep is no longer than its limit", sleeps_no_longer_than_asked);
  test("what is no word is refused", refuses_what_is_no_word);
  test("sleepers on private memory are woken", wakes_in_private_memory);
  test("a sleeper is woken through another mapping", wakes_through_another_mapping);
  test("two threads wake each other without losing count", plays_between_threads);
#if !defined(_WIN32)
  test("all sleepers are woken", wakes_all);
  test("another process is woken", wakes_another_process);
  test("two processes wake each other without losing count", plays_between_processes);
#endif
}
