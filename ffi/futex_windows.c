/*
 * Sleeping on a word of shared memory. Windows has this for words of one process only. For those of
 * shared memory there is a named semaphore for each word that somebody sleeps on, as long as somebody
 * does; a semaphore, because events forget that they were set twice.
 *
 * Who sleeps makes the semaphore, counts itself, and then looks at the word once more. Who wakes has
 * changed the word, looks whether there are sleepers, and then for the semaphore. So one of the two
 * sees the other. A wake that comes after its sleeper left makes a later sleep return early.
 */
#include "knitting.h"
#include "platform.h"
#include "text.h"
#include "windows_memory.h"

#define NS_PER_MS 1000000
#define SEMAPHORE_PREFIX "Local\\knit_"

typedef struct semaphore_name {
  char text[sizeof SEMAPHORE_PREFIX + 2 * 16 + 1];
} semaphore_name;

static semaphore_name name_of(const knit_tail *tail, uint64_t offset) {
  semaphore_name it;
  size_t length = 0;
  knit_append(it.text, &length, SEMAPHORE_PREFIX);
  knit_append_number(it.text, &length, tail->id, 16);
  knit_append(it.text, &length, "_");
  knit_append_number(it.text, &length, offset, 16);
  return it;
}

/* Rounded up, so that nobody looks at the clock and sleeps again for what is left. */
static DWORD milliseconds(int64_t timeout_ns) {
  if (timeout_ns < 0) return INFINITE;
  uint64_t limit = ((uint64_t)timeout_ns + NS_PER_MS - 1) / NS_PER_MS;
  return limit < INFINITE ? (DWORD)limit : INFINITE - 1;
}

static int32_t sleep_in_process(int32_t *word, int32_t expected, DWORD limit) {
  if (WaitOnAddress(word, &expected, sizeof *word, limit)) return 0;
  return GetLastError() == ERROR_TIMEOUT ? -KNIT_ETIMEDOUT : knit_windows_error(GetLastError());
}

static int32_t sleep_on_semaphore(HANDLE semaphore, DWORD limit) {
  DWORD result = WaitForSingleObject(semaphore, limit);
  if (result == WAIT_FAILED) return knit_windows_error(GetLastError());
  return result == WAIT_TIMEOUT ? -KNIT_ETIMEDOUT : 0;
}

static int32_t sleep_shared(int32_t *word, int32_t expected, DWORD limit, knit_tail *tail,
                            uint64_t offset) {
  semaphore_name name = name_of(tail, offset);
  HANDLE semaphore = CreateSemaphoreA(NULL, 0, INT32_MAX, name.text);
  if (semaphore == NULL) return knit_windows_error(GetLastError());
  __atomic_add_fetch(&tail->sleepers, 1, __ATOMIC_SEQ_CST);
  int32_t result = __atomic_load_n(word, __ATOMIC_SEQ_CST) == expected
                       ? sleep_on_semaphore(semaphore, limit)
                       : -KNIT_EAGAIN;
  __atomic_sub_fetch(&tail->sleepers, 1, __ATOMIC_SEQ_CST);
  CloseHandle(semaphore);
  return result;
}

int32_t knit_wait(uint64_t address, int32_t expected, int64_t timeout_ns) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  int32_t *word = (int32_t *)(uintptr_t)address;
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return -KNIT_EAGAIN;
  uint64_t offset;
  knit_tail *tail = knit_find_tail(address, &offset);
  DWORD limit = milliseconds(timeout_ns);
  return tail == NULL ? sleep_in_process(word, expected, limit)
                      : sleep_shared(word, expected, limit, tail, offset);
}

static int32_t wake_in_process(void *word, int32_t count) {
  if (count == INT32_MAX) WakeByAddressAll(word);
  else for (int32_t i = 0; i < count; i++) WakeByAddressSingle(word);
  return 0;
}

static int32_t wake_shared(knit_tail *tail, uint64_t offset, int32_t count) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  int32_t sleepers = __atomic_load_n(&tail->sleepers, __ATOMIC_SEQ_CST);
  int32_t woken = sleepers < count ? sleepers : count;
  if (woken <= 0) return 0;
  semaphore_name name = name_of(tail, offset);
  HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, name.text);
  if (semaphore == NULL) return 0; /* they sleep on other words */
  BOOL is_released = ReleaseSemaphore(semaphore, woken, NULL);
  CloseHandle(semaphore);
  return is_released ? woken : 0;
}

int32_t knit_wake(uint64_t address, int32_t count) {
  int32_t error = knit_check_word(address);
  if (error != 0) return error;
  if (count < 0) return -KNIT_EINVAL;
  uint64_t offset;
  knit_tail *tail = knit_find_tail(address, &offset);
  return tail == NULL ? wake_in_process((void *)(uintptr_t)address, count)
                      : wake_shared(tail, offset, count);
}
