/* Which names of shared memory are allowed: but for their length, the same on every platform. */
#include "knitting.h"
#include "platform.h"

int32_t knit_name_check(const char *name, const char **plain) {
  if (name == NULL) return -KNIT_EINVAL;
  if (*name == '/') name++;
  size_t length = 0;
  for (; name[length] != 0; length++) {
    if (length == KNIT_NAME_LENGTH) return -KNIT_ENAMETOOLONG;
    if (name[length] == '/' || name[length] == '\\') return -KNIT_EINVAL;
  }
  if (length == 0 || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))) {
    return -KNIT_EINVAL;
  }
  *plain = name;
  return 0;
}
