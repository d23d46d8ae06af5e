/*
 * knitting.h: everything that the native library can do.
 *
 * Functions return 0 or a result that is not negative, or the negative of one of the error numbers
 * below, on every platform the same. Nothing here allocates for the caller, keeps a pointer that it
 * was given, or blocks, but for knit_wait.
 *
 * The bindings of all runtimes are generated from this file: `deno task bindings`. A declaration takes
 * the types int32_t, int64_t and uint64_t, `const char *` for text that ends in NUL, and
 * `const void *` for the memory of a buffer. Numbers that JavaScript sees stay below 2^53.
 */
#ifndef KNITTING_H
#define KNITTING_H

#include <stdint.h>

#if defined(_WIN32)
#define KNIT_API __declspec(dllexport)
#else
#define KNIT_API __attribute__((visibility("default")))
#endif

/* Raised whenever a declaration below changes: a library of another build is refused. */
#define KNIT_INTERFACE 5

/* Error numbers, those of Linux. */
#define KNIT_EPERM 1         /* not permitted */
#define KNIT_ENOENT 2        /* there is no such thing */
#define KNIT_EINTR 4         /* interrupted */
#define KNIT_EBADF 9         /* not an open handle */
#define KNIT_EAGAIN 11       /* the word has another value already */
#define KNIT_ENOMEM 12       /* out of memory, or of addresses */
#define KNIT_EACCES 13       /* access denied */
#define KNIT_EFAULT 14       /* not an address of this process */
#define KNIT_EEXIST 17       /* it exists already */
#define KNIT_ENODEV 19       /* not memory that can be mapped */
#define KNIT_EINVAL 22       /* an argument makes no sense */
#define KNIT_ENFILE 23       /* the system is out of handles */
#define KNIT_EMFILE 24       /* this process is out of handles */
#define KNIT_EFBIG 27        /* larger than the system allows */
#define KNIT_ENOSPC 28       /* no space left */
#define KNIT_ENAMETOOLONG 36 /* the name is too long */
#define KNIT_ENOSYS 38       /* this system cannot do it */
#define KNIT_EOVERFLOW 75    /* the memory is smaller than what was asked for */
#define KNIT_ETIMEDOUT 110   /* the time is up */

/* KNIT_INTERFACE of the library. */
KNIT_API int32_t knit_interface(void);

/* How many bytes the name of a memory object may have here, at most. */
KNIT_API int32_t knit_name_length(void);

/* A random number that all threads of this process see the same. */
KNIT_API int64_t knit_process_token(void);

/* The address of a buffer's memory. */
KNIT_API int64_t knit_address(const void *buffer);

/*
 * Memory objects. A handle is a file descriptor, on Windows a HANDLE; no program that is started later
 * gets it, unless it is handed over on purpose. New memory is filled with zeros.
 */

/* New memory without a name. */
KNIT_API int32_t knit_memory_create(uint64_t size);

/*
 * New memory that other processes of this user can open by its name. Fails if the name is in use. The
 * name is removed when this process ends, if it is not removed before. On Windows a name lives as long
 * as anybody has the memory open.
 */
KNIT_API int32_t knit_memory_create_named(const char *name, uint64_t size);

/* Memory that another process, or this one, has named. */
KNIT_API int32_t knit_memory_open_named(const char *name);

/*
 * Removes a name; who has the memory open keeps it. On Windows there is nothing to remove, and the
 * result is 0 if the name is in use.
 */
KNIT_API int32_t knit_memory_unlink(const char *name);

/* Size in bytes; on macOS, and of memory that others have made on Windows, that of its pages. */
KNIT_API int64_t knit_memory_size(int32_t handle);

/*
 * A number by which processes tell memory objects apart: numbers of handles are used again. 0 where the
 * system has none.
 */
KNIT_API int64_t knit_memory_identity(int32_t handle);

/* A second handle to the same memory. */
KNIT_API int32_t knit_handle_duplicate(int32_t handle);

/*
 * A handle to the memory that `handle` is in another process; macOS cannot do it. Only to memory that
 * nobody can ever make shorter, as that without a name: touching what is gone would end this process.
 * Whatever else the other process has open is KNIT_ENODEV, and no file of it is opened.
 */
KNIT_API int32_t knit_handle_reopen(int32_t process, int32_t handle);

/*
 * Takes standard input over: a handle to what it was, which no program that is started later gets. It is
 * empty from now on, and so is every other handle to the same; call it before there are any that matter.
 * Windows cannot do it.
 */
KNIT_API int32_t knit_take_stdin(void);

/* Closes a handle; memory stays as long as it is mapped or has another handle. */
KNIT_API int32_t knit_handle_close(int32_t handle);

/*
 * Holds: who uses a mapping of this process. Threads that share a mapping have a hold each, and so has
 * every buffer over it; it is unmapped, and its handle closed, with the last of them. A number that is
 * no hold, or none any more, is an error and does no harm.
 */

/*
 * Maps the first `size` bytes of a memory object for reading and writing, and takes its handle over; a
 * hold on the new mapping. What is no memory is KNIT_ENODEV where the system tells.
 */
KNIT_API int64_t knit_hold_open(int32_t handle, uint64_t size);

/* Another hold on a mapping that is held already, by the number of the mapping. */
KNIT_API int64_t knit_hold_share(uint64_t mapping);

/* Gives a hold up. */
KNIT_API int32_t knit_hold_release(uint64_t hold);

/* The number of the mapping of a hold. */
KNIT_API int64_t knit_hold_mapping(uint64_t hold);

/* Its address. */
KNIT_API int64_t knit_hold_address(uint64_t hold);

/* Its size in bytes. */
KNIT_API int64_t knit_hold_size(uint64_t hold);

/* Its handle, which goes on belonging to it. */
KNIT_API int32_t knit_hold_handle(uint64_t hold);

/*
 * Life lines: a worker process that ends with its host, whatever ends the host, and whatever stands
 * between the two: a wrapper, a container, a process namespace of its own.
 */

/*
 * Holds the life line of memory that a worker will get: a handle. The line ends when it is closed, or
 * with this process. Once for each memory object; on Linux it takes a /proc. On macOS and Windows the
 * line ends with this process only.
 */
KNIT_API int32_t knit_life_hold(int32_t handle);

/*
 * From now on this process ends when the life line of the memory does: at once, in the middle of
 * anything, with the exit code 1. If `name` is not empty, that name of the memory is removed first.
 * `process` is the number of the process that holds the line; only macOS and Windows look at it.
 */
KNIT_API int32_t knit_life_watch(int32_t handle, int32_t process, const char *name);

/*
 * Words of shared memory to sleep on. They work between processes that have mapped the same memory,
 * which must stay mapped while anybody sleeps on it. On Windows only one thread may sleep on a word:
 * of several, one that comes late can be woken instead of one that was there.
 */

/*
 * Sleeps while the word at `address` is `expected`, until it is woken; `timeout_ns` at most, or without
 * limit if that is negative. Returns early now and then: look at the word again. Blocks its thread.
 */
KNIT_API int32_t knit_wait(uint64_t address, int32_t expected, int64_t timeout_ns);

/* Wakes up to `count` that sleep on the word at `address`; how many, where the system tells. */
KNIT_API int32_t knit_wake(uint64_t address, int32_t count);

#endif
