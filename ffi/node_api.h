/*
 * The part of Node-API (version 8, https://nodejs.org/api/n-api.html) that node_addon.c
 * uses, declared here so that the library builds without any package. The runtime that loads the library has these functions.
 */
#ifndef KNITTING_NODE_API_H
#define KNITTING_NODE_API_H

#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef struct napi_threadsafe_function__ *napi_threadsafe_function;

/* Of the many only those that are told apart. */
typedef enum { napi_ok = 0, napi_no_external_buffers_allowed = 22 } napi_status;

typedef enum { napi_tsfn_release = 0, napi_tsfn_abort = 1 } napi_threadsafe_function_release_mode;
typedef enum { napi_tsfn_nonblocking = 0 } napi_threadsafe_function_call_mode;

typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void *data, void *hint);
typedef void (*napi_cleanup)(void *argument);
typedef void (*napi_threadsafe_function_call_js)(napi_env, napi_value callback, void *context,
                                                 void *data);

#if defined(_WIN32)
/* Found in the program that loads the library, whatever its name (node_api_windows.c). */
#define NODE_API(result, name, parameters) extern result(*name) parameters
#define NODE_API_OPTIONAL NODE_API

/* Looks for all of them; false if one is missing that is not optional. */
int knit_find_node_api(void);
#else
#define NODE_API(result, name, parameters) extern result name parameters
#define NODE_API_OPTIONAL(result, name, parameters) \
  extern result name parameters __attribute__((weak))
#endif

NODE_API(napi_status, napi_get_cb_info,
         (napi_env, napi_callback_info, size_t *count, napi_value *arguments, napi_value *self,
          void **data));
NODE_API(napi_status, napi_create_function,
         (napi_env, const char *name, size_t name_length, napi_callback, void *data, napi_value *));
NODE_API(napi_status, napi_set_named_property,
         (napi_env, napi_value object, const char *name, napi_value value));
NODE_API(napi_status, napi_get_value_int64, (napi_env, napi_value, int64_t *));
NODE_API(napi_status, napi_get_value_string_utf8,
         (napi_env, napi_value, char *text, size_t size, size_t *length));
NODE_API(napi_status, napi_create_int64, (napi_env, int64_t, napi_value *));
NODE_API(napi_status, napi_get_undefined, (napi_env, napi_value *));
NODE_API(napi_status, napi_is_arraybuffer, (napi_env, napi_value, _Bool *));
NODE_API(napi_status, napi_get_arraybuffer_info, (napi_env, napi_value, void **data, size_t *));
NODE_API(napi_status, napi_is_typedarray, (napi_env, napi_value, _Bool *));
NODE_API(napi_status, napi_get_typedarray_info,
         (napi_env, napi_value, int32_t *type, size_t *length, void **data, napi_value *buffer,
          size_t *offset));
NODE_API(napi_status, napi_create_external_arraybuffer,
         (napi_env, void *data, size_t size, napi_finalize, void *hint, napi_value *));
NODE_API(napi_status, napi_adjust_external_memory, (napi_env, int64_t change, int64_t *sum));
NODE_API(napi_status, napi_set_instance_data, (napi_env, void *data, napi_finalize, void *hint));
NODE_API(napi_status, napi_get_instance_data, (napi_env, void **data));
NODE_API(napi_status, napi_throw_error, (napi_env, const char *code, const char *message));
NODE_API(napi_status, napi_add_env_cleanup_hook, (napi_env, napi_cleanup, void *argument));
NODE_API(napi_status, napi_remove_env_cleanup_hook, (napi_env, napi_cleanup, void *argument));
NODE_API(napi_status, napi_call_function,
         (napi_env, napi_value self, napi_value function, size_t count, const napi_value *arguments,
          napi_value *result));
NODE_API(napi_status, napi_create_string_utf8, (napi_env, const char *, size_t, napi_value *));
NODE_API(napi_status, napi_create_threadsafe_function,
         (napi_env, napi_value function, napi_value resource, napi_value name, size_t queue,
          size_t threads, void *finalize_data, napi_finalize, void *context,
          napi_threadsafe_function_call_js, napi_threadsafe_function *));
NODE_API(napi_status, napi_call_threadsafe_function,
         (napi_threadsafe_function, void *data, napi_threadsafe_function_call_mode));
NODE_API(napi_status, napi_release_threadsafe_function,
         (napi_threadsafe_function, napi_threadsafe_function_release_mode));
NODE_API(napi_status, napi_unref_threadsafe_function, (napi_env, napi_threadsafe_function));

/* Experimental in Node-API, and not everywhere: NULL where the runtime does not have it. */
NODE_API_OPTIONAL(napi_status, node_api_create_external_sharedarraybuffer,
                  (napi_env, void *data, size_t size, void (*finalize)(void *data, void *hint),
                   void *hint, napi_value *));

#endif
