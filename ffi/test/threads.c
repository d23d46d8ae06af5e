/* Threads and time, for tests on all platforms. */
#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif
#include "test.h"

#if defined(_WIN32)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static DWORD WINAPI run_thread(void *memory) {
  test_thread *it = memory;
  it->run(it->argument);
  return 0;
}

void thread_start(test_thread *thread, void (*run)(void *), void *argument) {
  thread->run = run;
  thread->argument = argument;
  thread->id = (uintptr_t)CreateThread(NULL, 0, run_thread, thread, 0, NULL);
  CHECK(thread->id != 0);
}

void thread_join(test_thread *thread) {
  WaitForSingleObject((HANDLE)thread->id, INFINITE);
  CloseHandle((HANDLE)thread->id);
}

void sleep_ms(int32_t ms) { Sleep((DWORD)ms); }

int64_t now_ms(void) { return (int64_t)GetTickCount64(); }

#else

#include <pthread.h>
#include <time.h>

static void *run_thread(void *memory) {
  test_thread *it = memory;
  it->run(it->argument);
  return NULL;
}

void thread_start(test_thread *thread, void (*run)(void *), void *argument) {
  thread->run = run;
  thread->argument = argument;
  pthread_t id;
  CHECK_EQUAL(pthread_create(&id, NULL, run_thread, thread), 0);
  thread->id = (uintptr_t)id;
}

void thread_join(test_thread *thread) { pthread_join((pthread_t)thread->id, NULL); }

void sleep_ms(int32_t ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

#endif
