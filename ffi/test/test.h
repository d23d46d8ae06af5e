/* What the tests of the native library are written with. */
#ifndef KNITTING_TEST_H
#define KNITTING_TEST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../knitting.h"

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(actual, expected) \
  check_equal((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)

/* They print what is wrong, and go on. */
void check(int is_true, const char *condition, const char *file, int line);
void check_equal(int64_t actual, int64_t expected, const char *what, const char *file, int line);

/* How many checks of the test that runs were wrong so far. */
int32_t count_mistakes(void);

/* Runs one test and counts it. */
void test(const char *name, void (*run)(void));

/* The groups of tests, a file each. */
void test_memory(void);
void test_names(void);
void test_holds(void);
void test_words(void);
void test_processes(void);
void test_life(void);

/* Memory that is mapped: its address, or an error (mapping.c). Not for several threads at once. */
int64_t map(int32_t handle, uint64_t size);
void unmap(int64_t address);

/* Threads of this process (threads.c). */
typedef struct test_thread {
  uintptr_t id;
  void (*run)(void *);
  void *argument;
} test_thread;
void thread_start(test_thread *thread, void (*run)(void *), void *argument);
void thread_join(test_thread *thread);
void sleep_ms(int32_t ms);
int64_t now_ms(void);

/* A name that no other run of the tests has; valid until the next call. */
const char *fresh_name(void);

#if !defined(_WIN32)
/* A child process that runs `run` and ends; its checks count as checks of the parent (children.c). */
int child_start(void (*run)(void *), void *argument);
void child_join(int process);
void in_child(void (*run)(void *), void *argument);
/* How it ended: its exit code, or the negative of the signal. */
int child_ending(int process);
#endif

#endif
