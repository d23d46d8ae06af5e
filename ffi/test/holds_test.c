/* Holds: who uses a mapping. */
#include "test.h"

#define PAGE 4096

static int64_t open_hold(void) {
  int32_t handle = knit_memory_create(PAGE);
  CHECK(handle > 0);
  int64_t hold = knit_hold_open(handle, PAGE);
  CHECK(hold > 0);
  return hold;
}

static void tells_about_holds(void) {
  int32_t handle = knit_memory_create(PAGE);
  int64_t hold = knit_hold_open(handle, PAGE - 5);
  CHECK(hold > 0 && hold < (INT64_C(1) << 53));
  CHECK_EQUAL(knit_hold_size((uint64_t)hold), PAGE - 5);
  CHECK_EQUAL(knit_hold_handle((uint64_t)hold), handle);
  CHECK(knit_hold_address((uint64_t)hold) > 0);
  CHECK(knit_hold_mapping((uint64_t)hold) > 0);
  CHECK_EQUAL(knit_hold_release((uint64_t)hold), 0);
  /* It was the last one, so the handle is closed. */
  CHECK_EQUAL(knit_memory_size(handle), -KNIT_EBADF);
}

static void is_there_until_the_last_hold(void) {
  int64_t first = open_hold();
  uint64_t mapping = (uint64_t)knit_hold_mapping((uint64_t)first);
  int64_t second = knit_hold_share(mapping);
  CHECK(second > 0 && second != first);
  CHECK_EQUAL(knit_hold_mapping((uint64_t)second), mapping);
  int64_t address = knit_hold_address((uint64_t)first);
  CHECK_EQUAL(knit_hold_address((uint64_t)second), address);
  CHECK_EQUAL(knit_hold_release((uint64_t)first), 0);
  *(char *)(uintptr_t)address = 1;
  CHECK_EQUAL(knit_hold_address((uint64_t)second), address);
  CHECK_EQUAL(knit_hold_release((uint64_t)second), 0);
  CHECK_EQUAL(knit_hold_share(mapping), -KNIT_ENOENT);
}

static void check_is_no_hold(uint64_t number) {
  CHECK_EQUAL(knit_hold_release(number), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_mapping(number), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_address(number), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_size(number), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_handle(number), -KNIT_ENOENT);
}

static void knows_numbers_that_are_none(void) {
  uint64_t hold = (uint64_t)open_hold();
  uint64_t mapping = (uint64_t)knit_hold_mapping(hold);
  const uint64_t made_up[] = {0,         1,          0xffff,
                              1u << 16,  hold + 1,   hold + (1u << 16),
                              INT64_MAX, UINT64_MAX, hold | (UINT64_C(1) << 60)};
  for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++) {
    check_is_no_hold(made_up[i]);
    if (made_up[i] != mapping) CHECK_EQUAL(knit_hold_share(made_up[i]), -KNIT_ENOENT);
  }
  CHECK_EQUAL(knit_hold_release(hold), 0);
  check_is_no_hold(hold);
  /* Its place is in use again, under another number. */
  uint64_t next = (uint64_t)open_hold();
  CHECK(next != hold);
  check_is_no_hold(hold);
  CHECK_EQUAL(knit_hold_share(mapping), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_release(next), 0);
}

/* A second release must take nothing from who else holds the mapping, or has got the place since. */
static void releases_a_hold_once(void) {
  uint64_t first = (uint64_t)open_hold();
  uint64_t mapping = (uint64_t)knit_hold_mapping(first);
  char *memory = (char *)(uintptr_t)knit_hold_address(first);
  uint64_t second = (uint64_t)knit_hold_share(mapping);
  CHECK_EQUAL(knit_hold_release(first), 0);
  CHECK_EQUAL(knit_hold_release(first), -KNIT_ENOENT);
  *memory = 1;
  uint64_t third = (uint64_t)knit_hold_share(mapping); /* at the place of the first */
  CHECK_EQUAL(knit_hold_release(first), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_release(second), 0);
  CHECK_EQUAL(knit_hold_release(second), -KNIT_ENOENT);
  *memory = 2;
  CHECK_EQUAL(knit_hold_size(third), PAGE);
  CHECK_EQUAL(knit_hold_release(third), 0);
  CHECK_EQUAL(knit_hold_release(third), -KNIT_ENOENT);
  CHECK_EQUAL(knit_hold_share(mapping), -KNIT_ENOENT);
}

/* Threads that release the same hold: one of them does. */
static uint64_t contested;
static int32_t winners;

static void contest(void *memory) {
  (void)memory;
  int32_t result = knit_hold_release(contested);
  CHECK(result == 0 || result == -KNIT_ENOENT);
  if (result == 0) __atomic_add_fetch(&winners, 1, __ATOMIC_RELAXED);
}

static void releases_a_hold_once_from_many_threads(void) {
  for (int round = 0; round < 50; round++) {
    uint64_t kept = (uint64_t)open_hold();
    contested = (uint64_t)knit_hold_share((uint64_t)knit_hold_mapping(kept));
    winners = 0;
    test_thread threads[4];
    for (int i = 0; i < 4; i++) thread_start(&threads[i], contest, NULL);
    for (int i = 0; i < 4; i++) thread_join(&threads[i]);
    CHECK_EQUAL(winners, 1);
    *(char *)(uintptr_t)knit_hold_address(kept) = 1;
    CHECK_EQUAL(knit_hold_release(kept), 0);
  }
}

static void leaves_the_handle_if_it_fails(void) {
  int32_t handle = knit_memory_create(PAGE);
  CHECK_EQUAL(knit_hold_open(handle, 1 << 20), -KNIT_EOVERFLOW);
  CHECK_EQUAL(knit_hold_open(handle, 0), -KNIT_EINVAL);
  CHECK_EQUAL(knit_hold_open(-1, PAGE), -KNIT_EBADF);
  CHECK(knit_memory_size(handle) >= PAGE);
  CHECK_EQUAL(knit_handle_close(handle), 0);
}

/* Number of places in the table, without the one that is never used. */
#define MOST_HOLDS 65535

static void recovers_when_there_are_too_many(void) {
  static int64_t holds[MOST_HOLDS];
  holds[0] = open_hold();
  uint64_t mapping = (uint64_t)knit_hold_mapping((uint64_t)holds[0]);
  int32_t count = 1;
  while (count < MOST_HOLDS && (holds[count] = knit_hold_share(mapping)) > 0) count++;
  CHECK_EQUAL(count, MOST_HOLDS);
  CHECK_EQUAL(knit_hold_share(mapping), -KNIT_EMFILE);
  int32_t handle = knit_memory_create(PAGE);
  CHECK_EQUAL(knit_hold_open(handle, PAGE), -KNIT_EMFILE);
  CHECK_EQUAL(knit_hold_release((uint64_t)holds[--count]), 0);
  int64_t hold = knit_hold_open(handle, PAGE);
  CHECK(hold > 0);
  CHECK_EQUAL(knit_hold_release((uint64_t)hold), 0);
  int32_t wrong = 0;
  while (count > 0) wrong |= knit_hold_release((uint64_t)holds[--count]);
  CHECK_EQUAL(wrong, 0);
  CHECK_EQUAL(knit_hold_share(mapping), -KNIT_ENOENT);
}

/* Threads that open, share and release at the same time */

enum { THREADS = 4, ROUNDS = 500, SHARES = 50 };

/* Without system calls in between, threads meet in the tables all the time. */
static void share_often(uint64_t mapping) {
  int32_t wrong = 0;
  for (int32_t i = 0; i < SHARES; i++) {
    int64_t hold = knit_hold_share(mapping);
    wrong |= hold < 0 || knit_hold_mapping((uint64_t)hold) != (int64_t)mapping;
    wrong |= knit_hold_release((uint64_t)hold) != 0;
  }
  CHECK_EQUAL(wrong, 0);
}

static void hammer(void *memory) {
  uint64_t shared = *(uint64_t *)memory;
  for (int32_t round = 0; round < ROUNDS; round++) {
    uint64_t own = (uint64_t)open_hold();
    int64_t again = knit_hold_share((uint64_t)knit_hold_mapping(own));
    int64_t other = knit_hold_share(shared);
    CHECK(again > 0 && other > 0);
    int32_t *mine = (int32_t *)(uintptr_t)knit_hold_address((uint64_t)again);
    *mine = round;
    share_often(shared);
    int32_t *counter = (int32_t *)(uintptr_t)knit_hold_address((uint64_t)other);
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
    CHECK_EQUAL(knit_hold_release(own), 0);
    CHECK_EQUAL(*mine, round);
    CHECK_EQUAL(knit_hold_release(own), -KNIT_ENOENT);
    CHECK_EQUAL(knit_hold_release((uint64_t)other), 0);
    CHECK_EQUAL(knit_hold_release((uint64_t)again), 0);
  }
}

static void survives_many_threads(void) {
  uint64_t hold = (uint64_t)open_hold();
  uint64_t mapping = (uint64_t)knit_hold_mapping(hold);
  test_thread threads[THREADS];
  for (int i = 0; i < THREADS; i++) thread_start(&threads[i], hammer, &mapping);
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
  CHECK_EQUAL(*(int32_t *)(uintptr_t)knit_hold_address(hold), THREADS * ROUNDS);
  CHECK_EQUAL(knit_hold_release(hold), 0);
}

void test_holds(void) {
  test("a hold tells what it holds", tells_about_holds);
  test("memory is there until its last hold is released", is_there_until_the_last_hold);
  test("numbers that are no holds are told", knows_numbers_that_are_none);
  test("a hold is released once", releases_a_hold_once);
  test("a hold is released once, by one of many threads", releases_a_hold_once_from_many_threads);
  test("a hold that fails leaves the handle alone", leaves_the_handle_if_it_fails);
  test("too many holds are refused, and then there is room again", recovers_when_there_are_too_many);
  test("many threads hold and release at the same time", survives_many_threads);
}
