/* Memory objects with names. */
#if !defined(_WIN32)
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <stdio.h>
#include <string.h>

#include "test.h"

#define PAGE 4096

static void opens_by_name(void) {
  const char *name = fresh_name();
  int32_t handle = knit_memory_create_named(name, PAGE);
  CHECK(handle > 0);
  int32_t other = knit_memory_open_named(name);
  CHECK(other > 0 && other != handle);
  CHECK_EQUAL(knit_memory_size(other), knit_memory_size(handle));
  int64_t a = map(handle, PAGE), b = map(other, PAGE);
  CHECK(a > 0 && b > 0);
  *(char *)(uintptr_t)a = 7;
  CHECK_EQUAL(*(char *)(uintptr_t)b, 7);
  CHECK_EQUAL(knit_memory_unlink(name), 0);
  unmap(a);
  unmap(b);
  knit_handle_close(handle);
  knit_handle_close(other);
  CHECK_EQUAL(knit_memory_open_named(name), -KNIT_ENOENT);
  CHECK_EQUAL(knit_memory_unlink(name), -KNIT_ENOENT);
}

static void takes_a_name_once(void) {
  const char *name = fresh_name();
  int32_t handle = knit_memory_create_named(name, PAGE);
  CHECK(handle > 0);
  CHECK_EQUAL(knit_memory_create_named(name, PAGE), -KNIT_EEXIST);
  CHECK_EQUAL(knit_memory_unlink(name), 0);
  knit_handle_close(handle);
  handle = knit_memory_create_named(name, PAGE);
  CHECK(handle > 0);
  CHECK_EQUAL(knit_memory_unlink(name), 0);
  knit_handle_close(handle);
}

static void has_rules_for_names(void) {
  static const struct {
    const char *name;
    int32_t result;
  } bad[] = {
      {NULL, -KNIT_EINVAL},
      {"", -KNIT_EINVAL},
      {"/", -KNIT_EINVAL},
      {".", -KNIT_EINVAL},
      {"..", -KNIT_EINVAL},
      {"/..", -KNIT_EINVAL},
      {"//a", -KNIT_EINVAL},
      {"a/b", -KNIT_EINVAL},
      {"../a", -KNIT_EINVAL},
      {"a\\b", -KNIT_EINVAL},
      {"Local\\a", -KNIT_EINVAL},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_EQUAL(knit_memory_create_named(bad[i].name, PAGE), bad[i].result);
    CHECK_EQUAL(knit_memory_open_named(bad[i].name), bad[i].result);
    CHECK_EQUAL(knit_memory_unlink(bad[i].name), bad[i].result);
  }
  CHECK_EQUAL(knit_memory_create_named("knit_no_size", 0), -KNIT_EINVAL);
  CHECK_EQUAL(knit_memory_create_named("knit_no_size", UINT64_MAX), -KNIT_EINVAL);
  CHECK_EQUAL(knit_memory_open_named("knit_no_size"), -KNIT_ENOENT);
}

static void takes_long_names(void) {
  char name[512];
  size_t most = 1 + (size_t)knit_name_length();
  CHECK(most >= 31 && most < sizeof name - 1);
  snprintf(name, sizeof name, "/%s", fresh_name());
  size_t length = strlen(name);
  memset(name + length, 'x', sizeof name - length);
  name[most + 1] = 0;
  CHECK_EQUAL(knit_memory_create_named(name, PAGE), -KNIT_ENAMETOOLONG);
  CHECK_EQUAL(knit_memory_open_named(name + 1), -KNIT_ENAMETOOLONG);
  CHECK_EQUAL(knit_memory_unlink(name), -KNIT_ENAMETOOLONG);
  name[most] = 0;
  int32_t handle = knit_memory_create_named(name, PAGE);
  CHECK(handle > 0);
  /* The slash is no part of the name. */
  int32_t other = knit_memory_open_named(name + 1);
  CHECK(other > 0);
  CHECK_EQUAL(knit_memory_unlink(name + 1), 0);
  knit_handle_close(handle);
  knit_handle_close(other);
}

#if !defined(_WIN32)
static void keeps_memory_without_its_name(void) {
  const char *name = fresh_name();
  int32_t handle = knit_memory_create_named(name, PAGE);
  CHECK_EQUAL(knit_memory_unlink(name), 0);
  CHECK_EQUAL(knit_memory_open_named(name), -KNIT_ENOENT);
  int64_t address = map(handle, PAGE);
  CHECK(address > 0);
  unmap(address);
  knit_handle_close(handle);
}

static void belongs_to_its_user(void) {
  const mode_t masks[] = {0, 0777, 022};
  mode_t before = umask(0);
  for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
    umask(masks[i]);
    const char *name = fresh_name();
    int32_t handle = knit_memory_create_named(name, PAGE);
    struct stat status;
    CHECK_EQUAL(fstat(handle, &status), 0);
    CHECK_EQUAL(status.st_mode & 07777, 0600);
    knit_memory_unlink(name);
    knit_handle_close(handle);
  }
  umask(before);
}

static void on_signal(int signal) { (void)signal; }

typedef struct pest {
  pthread_t target;
  int32_t ended;
} pest;

static void send_signals(void *memory) {
  pest *it = memory;
  while (__atomic_load_n(&it->ended, __ATOMIC_ACQUIRE) == 0) {
    sleep_ms(1);
    pthread_kill(it->target, SIGUSR1);
  }
}

/* Signals interrupt the system while it looks for pages; that is nobody's error. */
static void is_made_under_signals(void) {
  const uint64_t size = UINT64_C(128) << 20;
  struct sigaction action = {0}, before;
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, &before);
  pest it = {pthread_self(), 0};
  test_thread thread;
  thread_start(&thread, send_signals, &it);
  const char *name = fresh_name();
  int32_t handle = knit_memory_create_named(name, size);
  __atomic_store_n(&it.ended, 1, __ATOMIC_RELEASE);
  thread_join(&thread);
  sigaction(SIGUSR1, &before, NULL);
  CHECK(handle > 0);
  CHECK(knit_memory_size(handle) >= (int64_t)size);
  knit_memory_unlink(name);
  knit_handle_close(handle);
}
#endif

#if defined(__linux__)
static void opens_no_links(void) {
  char path[64];
  snprintf(path, sizeof path, "/dev/shm/%s", fresh_name());
  CHECK_EQUAL(symlink("/etc/passwd", path), 0);
  CHECK_EQUAL(knit_memory_open_named(path + 9), -KNIT_ENODEV);
  CHECK_EQUAL(knit_memory_create_named(path + 9, PAGE), -KNIT_EEXIST);
  unlink(path);
}
#endif

void test_names(void) {
  test("memory is opened by its name", opens_by_name);
  test("a name is in use once", takes_a_name_once);
  test("names have rules", has_rules_for_names);
  test("names may be long, and have a slash in front", takes_long_names);
#if !defined(_WIN32)
  test("memory stays when its name is removed", keeps_memory_without_its_name);
  test("named memory is for its user alone, whatever the umask", belongs_to_its_user);
  test("signals do not disturb making named memory", is_made_under_signals);
#endif
#if defined(__linux__)
  test("links are not followed", opens_no_links);
#endif
}
