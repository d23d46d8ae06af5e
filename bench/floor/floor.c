// What the hardware needs: the least that any pool of threads has to do, without a language around it.
//
// Reads requests, one a line, and answers each with the microseconds of its samples on one line:
//
//   <kind> <bytes> <batch> <block> <milliseconds> <samples at least>
//
// kind "number": two threads and a ring in each direction. The host writes a batch of slots of 64 bytes
// and publishes them by a counter; the worker copies each into its own ring and counts; the host reads.
// Any other kind: memcpy of so many bytes there and back, by one thread, as often as the batch says.

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLOTS = 1024, MOST_SAMPLES = 100000, SPINS = 20000 };
/** The copies of a batch go to different places, as far as there is room. */
static const size_t MOST_BYTES = 32u << 20;

typedef struct {
  _Alignas(64) uint64_t words[8];
} Slot;

typedef struct {
  _Alignas(128) _Atomic uint32_t published;
  _Alignas(128) Slot slots[SLOTS];
} Ring;

static Ring calls, replies;
static _Atomic int ended;

/** Waits until more than `seen` is published; an end counts as that. */
static uint32_t await_more(Ring *ring, uint32_t seen) {
  uint32_t published;
  for (unsigned spins = 0;
       (published = atomic_load_explicit(&ring->published, memory_order_acquire)) == seen;) {
    if (atomic_load_explicit(&ended, memory_order_relaxed)) break;
    // Only if something else wants this processor.
    if (++spins % SPINS == 0) sched_yield();
  }
  return published;
}

static void *worker(void *unused) {
  uint32_t taken = atomic_load(&replies.published);
  while (!atomic_load_explicit(&ended, memory_order_relaxed)) {
    uint32_t published = await_more(&calls, taken);
    for (; taken != published; taken++) replies.slots[taken % SLOTS] = calls.slots[taken % SLOTS];
    atomic_store_explicit(&replies.published, taken, memory_order_release);
  }
  return unused;
}

/** Sends a batch there and back; whether the answers are right. */
static int trip(uint32_t batch) {
  uint32_t first = atomic_load_explicit(&calls.published, memory_order_relaxed);
  for (uint32_t at = first; at != first + batch; at++) calls.slots[at % SLOTS].words[0] = at;
  atomic_store_explicit(&calls.published, first + batch, memory_order_release);
  int right = 1;
  for (uint32_t taken = first; taken != first + batch;) {
    uint32_t published = await_more(&replies, taken);
    for (; taken != published; taken++) right &= replies.slots[taken % SLOTS].words[0] == taken;
  }
  return right;
}

static char *here, *there, *back;
static size_t size, places;

static int copy(uint32_t batch) {
  for (uint32_t i = 0; i < batch; i++) {
    size_t at = i % places * size;
    memcpy(there + at, here, size);
    memcpy(back + at, there + at, size);
    // The copy back must not be made from `here`, or not at all.
    __asm__ volatile("" ::: "memory");
  }
  return back[size - 1] == 7;
}

static void prepare_copies(uint32_t batch) {
  places = MOST_BYTES / size;
  if (places > batch) places = batch;
  if (places == 0) places = 1;
  here = memset(malloc(size), 7, size);
  there = calloc(places, size);
  back = calloc(places, size);
}

static double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

/** Takes the samples of one round and prints them. */
static void measure(int (*run)(uint32_t), uint32_t batch, int block, double ms, int least) {
  static double samples[MOST_SAMPLES];
  int count = 0, right = run(batch);
  double now = now_us(), end = now + ms * 1000;
  while ((now < end || count < least) && count < MOST_SAMPLES) {
    double start = now_us();
    for (int i = 0; i < block; i++) right &= run(batch);
    now = now_us();
    samples[count++] = (now - start) / block;
  }
  if (!right) {
    puts("wrong answer");
    return;
  }
  for (int i = 0; i < count; i++) printf("%.4g ", samples[i]);
  puts("");
}

int main(void) {
  char kind[16];
  double ms;
  int block, least;
  uint32_t batch;
  while (scanf("%15s %zu %u %d %lf %d", kind, &size, &batch, &block, &ms, &least) == 6) {
    if (strcmp(kind, "number") != 0) {
      prepare_copies(batch);
      measure(copy, batch, block, ms, least);
      free(here), free(there), free(back);
    } else if (batch <= SLOTS) {
      pthread_t thread;
      atomic_store(&ended, 0);
      if (pthread_create(&thread, NULL, worker, NULL) != 0) return 1;
      measure(trip, batch, block, ms, least);
      atomic_store(&ended, 1);
      pthread_join(thread, NULL);
    } else puts("batch too large");
    fflush(stdout);
  }
  return 0;
}
