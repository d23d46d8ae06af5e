/* What is about the library, or the process, as a whole. */
#include "knitting.h"
#include "platform.h"

/* Numbers for JavaScript stay below 2^53. */
#define TOKEN_MASK ((UINT64_C(1) << 53) - 1)

int32_t knit_interface(void) { return KNIT_INTERFACE; }

int32_t knit_name_length(void) { return KNIT_NAME_LENGTH; }

int64_t knit_process_token(void) {
  static uint64_t token;
  uint64_t known = __atomic_load_n(&token, __ATOMIC_ACQUIRE);
  if (known == 0) {
    uint64_t fresh = (knit_random() & TOKEN_MASK) | 1;
    /* Of two threads that come here first, one wins, and both return its number. */
    if (__atomic_compare_exchange_n(&token, &known, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      known = fresh;
    }
  }
  return (int64_t)known;
}

int64_t knit_address(const void *buffer) { return (int64_t)(uintptr_t)buffer; }
