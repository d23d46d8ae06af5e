/*
 * Who uses a mapping. All threads of a process share one mapping of a memory object: its pages are
 * filled in once, and closing it costs no other thread anything.
 *
 * Holds and mappings are entries of two tables, which lie in memory that the system provides when it is
 * first touched.
 */
#include "knitting.h"
#include "places.h"
#include "platform.h"

typedef struct mapping {
  uint64_t address;
  uint64_t size;
  int32_t handle;
  uint32_t serial; /* counts up with every use of the place */
  uint32_t holds;  /* 0: the place is free */
  uint32_t next_free;
} mapping;

typedef struct hold {
  uint32_t serial;
  uint32_t used;
  uint32_t mapping;
  uint32_t next_free;
  knit_account *account; /* or NULL */
} hold;

static knit_lock lock;
static mapping mappings[PLACES];
static hold holds[PLACES];
static places mapping_places = {0, 1};
static places hold_places = {0, 1};

static mapping *find_mapping(uint64_t number) {
  mapping *it = &mappings[place_of(number)];
  return it->holds > 0 && it->serial == (number >> PLACE_BITS) ? it : NULL;
}

static hold *find_hold(uint64_t number) {
  hold *it = &holds[place_of(number)];
  return it->used && it->serial == (number >> PLACE_BITS) ? it : NULL;
}

/* With the lock taken. The number of a new hold on the mapping at `mapping_place`. */
static int64_t add_hold(uint32_t mapping_place) {
  uint32_t place = take_place(&hold_places, holds[hold_places.first_free].next_free);
  if (place == 0) return -KNIT_EMFILE;
  hold *it = &holds[place];
  it->serial = (it->serial + 1) & SERIAL_MASK;
  it->used = 1;
  it->mapping = mapping_place;
  it->account = NULL;
  mappings[mapping_place].holds++;
  return number_of(place, it->serial);
}

/* With the lock taken. */
static int64_t add_mapping(int32_t handle, uint64_t address, uint64_t size) {
  uint32_t place = take_place(&mapping_places, mappings[mapping_places.first_free].next_free);
  if (place == 0) return -KNIT_EMFILE;
  mapping *it = &mappings[place];
  it->serial = (it->serial + 1) & SERIAL_MASK;
  it->address = address;
  it->size = size;
  it->handle = handle;
  it->holds = 0;
  int64_t number = add_hold(place);
  if (number < 0) {
    it->next_free = mapping_places.first_free;
    mapping_places.first_free = place;
  }
  return number;
}

int64_t knit_hold_open(int32_t handle, uint64_t size) {
  int64_t address = knit_map(handle, size);
  if (address < 0) return address;
  knit_lock_take(&lock);
  int64_t number = add_mapping(handle, (uint64_t)address, size);
  knit_lock_release(&lock);
  if (number < 0) knit_unmap((uint64_t)address, size);
  return number;
}

int64_t knit_hold_share(uint64_t number) {
  knit_lock_take(&lock);
  int64_t result = find_mapping(number) == NULL ? -KNIT_ENOENT : add_hold(place_of(number));
  knit_lock_release(&lock);
  return result;
}

int64_t knit_hold_at(uint64_t address) {
  int64_t result = -KNIT_ENOENT;
  knit_lock_take(&lock);
  for (uint32_t place = 1; place < mapping_places.never_used; place++) {
    const mapping *it = &mappings[place];
    if (it->holds == 0 || address < it->address || address - it->address >= it->size) continue;
    result = add_hold(place);
    break;
  }
  knit_lock_release(&lock);
  return result;
}

/* Accounts */

knit_account *knit_account_open(void) {
  knit_account *account = knit_allocate(sizeof *account);
  if (account != NULL) account->users = 1;
  return account;
}

/* With the lock taken; the account if nobody uses it any more. */
static knit_account *leave(knit_account *account) {
  return account != NULL && --account->users == 0 ? account : NULL;
}

static void free_account(knit_account *account) {
  if (account != NULL) knit_free(account, sizeof *account);
}

void knit_account_close(knit_account *account) {
  knit_lock_take(&lock);
  knit_account *unused = leave(account);
  knit_lock_release(&lock);
  free_account(unused);
}

int32_t knit_account_returned(knit_account *account) {
  knit_lock_take(&lock);
  int32_t returned = account->returned;
  account->returned = 0;
  knit_lock_release(&lock);
  return returned;
}

void knit_hold_charge(uint64_t number, knit_account *account) {
  knit_lock_take(&lock);
  hold *it = find_hold(number);
  if (it != NULL && it->account == NULL) {
    it->account = account;
    account->users++;
  }
  knit_lock_release(&lock);
}

int32_t knit_hold_release(uint64_t number) {
  mapping last = {0, 0, -1, 0, 0, 0};
  knit_account *unused = NULL;
  knit_lock_take(&lock);
  hold *it = find_hold(number);
  if (it != NULL) {
    uint32_t mapping_place = it->mapping;
    mapping *of = &mappings[mapping_place];
    it->used = 0;
    if (it->account != NULL) it->account->returned++;
    unused = leave(it->account);
    it->next_free = hold_places.first_free;
    hold_places.first_free = place_of(number);
    if (--of->holds == 0) {
      last = *of;
      of->next_free = mapping_places.first_free;
      mapping_places.first_free = mapping_place;
    }
  }
  knit_lock_release(&lock);
  free_account(unused);
  if (it == NULL) return -KNIT_ENOENT;
  if (last.address != 0) {
    knit_unmap(last.address, last.size);
    knit_handle_close(last.handle);
  }
  return 0;
}

/* A copy of the mapping of a hold, and the number of that mapping; false if there is no such hold. */
static int look_up(uint64_t number, mapping *found, int64_t *found_number) {
  knit_lock_take(&lock);
  hold *it = find_hold(number);
  if (it != NULL) {
    *found = mappings[it->mapping];
    *found_number = number_of(it->mapping, found->serial);
  }
  knit_lock_release(&lock);
  return it != NULL;
}

int64_t knit_hold_mapping(uint64_t number) {
  mapping found;
  int64_t found_number;
  return look_up(number, &found, &found_number) ? found_number : -KNIT_ENOENT;
}

int64_t knit_hold_address(uint64_t number) {
  mapping found;
  int64_t found_number;
  return look_up(number, &found, &found_number) ? (int64_t)found.address : -KNIT_ENOENT;
}

int64_t knit_hold_size(uint64_t number) {
  mapping found;
  int64_t found_number;
  return look_up(number, &found, &found_number) ? (int64_t)found.size : -KNIT_ENOENT;
}

int32_t knit_hold_handle(uint64_t number) {
  mapping found;
  int64_t found_number;
  return look_up(number, &found, &found_number) ? found.handle : -KNIT_ENOENT;
}
