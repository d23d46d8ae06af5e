/* Memory as tests map it: through a hold on a second handle, which leaves theirs alone. */
#include "test.h"

#define MOST_HOLDS 16

static int64_t holds[MOST_HOLDS];

int64_t map(int32_t handle, uint64_t size) {
  int32_t own = knit_handle_duplicate(handle);
  int64_t hold = knit_hold_open(own, size);
  if (hold < 0) {
    knit_handle_close(own);
    return hold;
  }
  for (int i = 0; i < MOST_HOLDS; i++) {
    if (holds[i] != 0) continue;
    holds[i] = hold;
    return knit_hold_address((uint64_t)hold);
  }
  CHECK(0);
  return -KNIT_EMFILE;
}

void unmap(int64_t address) {
  for (int i = 0; i < MOST_HOLDS; i++) {
    if (holds[i] == 0 || knit_hold_address((uint64_t)holds[i]) != address) continue;
    CHECK_EQUAL(knit_hold_release((uint64_t)holds[i]), 0);
    holds[i] = 0;
    return;
  }
  CHECK(0);
}
