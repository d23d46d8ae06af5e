/* Memory objects without names, and handles. */
#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#endif

#include "test.h"

#define PAGE 4096

/* Sizes are those of pages on macOS. */
static int is_size(int64_t actual, int64_t asked) {
#if defined(__APPLE__)
  return actual >= asked && actual < asked + 65536;
#else
  return actual == asked;
#endif
}

static unsigned char *bytes_at(int64_t address) { return (unsigned char *)(uintptr_t)address; }

static void creates(void) {
  const uint64_t sizes[] = {1, 5, PAGE - 1, PAGE, PAGE + 1, 65536, 1 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    int32_t handle = knit_memory_create(sizes[i]);
    CHECK(handle > 0);
    CHECK(is_size(knit_memory_size(handle), (int64_t)sizes[i]));
    CHECK_EQUAL(knit_handle_close(handle), 0);
  }
}

static void fills_with_zeros(void) {
  const size_t size = 3 * PAGE + 7;
  /* Memory that has been in use before comes back sooner or later. */
  for (int round = 0; round < 20; round++) {
    int32_t handle = knit_memory_create(size);
    int64_t address = map(handle, size);
    CHECK(address > 0);
    int sum = 0;
    for (size_t i = 0; i < size; i++) {
      sum |= bytes_at(address)[i];
      bytes_at(address)[i] = 0xff;
    }
    CHECK_EQUAL(sum, 0);
    unmap(address);
    CHECK_EQUAL(knit_handle_close(handle), 0);
  }
}

static void duplicates(void) {
  int32_t first = knit_memory_create(PAGE);
  int32_t second = knit_handle_duplicate(first);
  CHECK_EQUAL(knit_memory_identity(second), knit_memory_identity(first));
  CHECK(second > 0 && second != first);
  int64_t a = map(first, PAGE);
  CHECK_EQUAL(knit_handle_close(first), 0);
  int64_t b = map(second, PAGE);
  CHECK_EQUAL(knit_handle_close(second), 0);
  CHECK(a > 0 && b > 0 && a != b);
  bytes_at(a)[PAGE - 1] = 42;
  CHECK_EQUAL(bytes_at(b)[PAGE - 1], 42);
  unmap(a);
  bytes_at(b)[0] = 43;
  CHECK_EQUAL(bytes_at(b)[PAGE - 1], 42);
  unmap(b);
}

static void maps_no_more_than_there_is(void) {
  int32_t handle = knit_memory_create(5 * PAGE);
  int64_t size = knit_memory_size(handle);
  CHECK_EQUAL(map(handle, (uint64_t)size + 1), -KNIT_EOVERFLOW);
  CHECK_EQUAL(map(handle, INT64_MAX), -KNIT_EOVERFLOW);
  int64_t address = map(handle, PAGE);
  CHECK(address > 0);
  unmap(address);
  CHECK_EQUAL(knit_handle_close(handle), 0);
}

static void refuses_what_makes_no_sense(void) {
  CHECK_EQUAL(knit_memory_create(0), -KNIT_EINVAL);
  CHECK_EQUAL(knit_memory_create(UINT64_MAX), -KNIT_EINVAL);
  CHECK_EQUAL(knit_memory_size(-1), -KNIT_EBADF);
  CHECK_EQUAL(knit_handle_duplicate(-1), -KNIT_EBADF);
  CHECK_EQUAL(knit_handle_close(-1), -KNIT_EBADF);
  CHECK_EQUAL(knit_hold_open(-1, PAGE), -KNIT_EBADF);
  CHECK_EQUAL(knit_hold_open(-1, 0), -KNIT_EINVAL);
  CHECK_EQUAL(knit_hold_open(-1, UINT64_MAX), -KNIT_EINVAL);
  CHECK_EQUAL(knit_handle_reopen(0, 1), -KNIT_EINVAL);
  CHECK_EQUAL(knit_handle_reopen(-1, 1), -KNIT_EINVAL);
  CHECK_EQUAL(knit_handle_reopen(1, -1), -KNIT_EINVAL);
  int32_t handle = knit_memory_create(PAGE);
  CHECK_EQUAL(knit_handle_close(handle), 0);
  CHECK_EQUAL(knit_handle_close(handle), -KNIT_EBADF);
  CHECK_EQUAL(knit_memory_size(handle), -KNIT_EBADF);
}

static void knows_itself(void) {
  char byte = 0;
  CHECK_EQUAL(knit_interface(), KNIT_INTERFACE);
  CHECK_EQUAL(knit_address(&byte), (uintptr_t)&byte);
  CHECK_EQUAL(knit_address(NULL), 0);
}

#if !defined(_WIN32)
static void has_one_size_for_ever(void) {
  int32_t handle = knit_memory_create(2 * PAGE);
  int32_t other = knit_handle_duplicate(handle);
  CHECK(ftruncate(other, PAGE) < 0 && (errno == EPERM || errno == EINVAL));
  CHECK(ftruncate(other, 0) < 0);
  CHECK(ftruncate(other, 4 * PAGE) < 0);
  CHECK(is_size(knit_memory_size(handle), 2 * PAGE));
  knit_handle_close(other);
  knit_handle_close(handle);
}

static void maps_nothing_but_memory(void) {
  int ends[2];
  CHECK_EQUAL(pipe(ends), 0);
#if defined(__linux__)
  CHECK_EQUAL(knit_memory_size(ends[0]), -KNIT_ENODEV);
#endif
  CHECK(map(ends[0], PAGE) < 0);
  close(ends[0]);
  close(ends[1]);
}
#endif

#if defined(__linux__)
/* A file on a disk, which the test makes where tests may be. */
static void maps_no_files(void) {
  char path[] = "/var/tmp/knitting-XXXXXX";
  int32_t handle = mkstemp(path);
  unlink(path);
  CHECK_EQUAL(ftruncate(handle, PAGE), 0);
  CHECK_EQUAL(map(handle, PAGE), -KNIT_ENODEV);
  CHECK_EQUAL(knit_life_hold(handle), -KNIT_ENODEV);
  close(handle);
}

static void writes_nothing_that_is_for_reading(void) {
  const char *name = fresh_name();
  int32_t handle = knit_memory_create_named(name, PAGE);
  char path[64];
  snprintf(path, sizeof path, "/dev/shm/%s", name);
  int32_t reader = open(path, O_RDONLY);
  CHECK(reader > 0);
  CHECK_EQUAL(map(reader, PAGE), -KNIT_EACCES);
  CHECK_EQUAL(knit_life_hold(reader), -KNIT_EACCES);
  int32_t line = knit_life_hold(handle);
  CHECK(line > 0);
  knit_memory_unlink(name);
  close(line);
  close(reader);
  close(handle);
}
#endif

void test_memory(void) {
  test("memory has the size that it was asked for", creates);
  test("memory is filled with zeros", fills_with_zeros);
  test("duplicates of a handle are the same memory", duplicates);
  test("no more is mapped than there is", maps_no_more_than_there_is);
  test("arguments that make no sense are refused", refuses_what_makes_no_sense);
  test("the library knows its interface, and addresses", knows_itself);
#if !defined(_WIN32)
  test("nobody changes the size of memory", has_one_size_for_ever);
  test("nothing but memory is mapped", maps_nothing_but_memory);
#endif
#if defined(__linux__)
  test("no files are mapped, or opened again for a life line", maps_no_files);
  test("memory that can only be read does not become writable", writes_nothing_that_is_for_reading);
#endif
}
