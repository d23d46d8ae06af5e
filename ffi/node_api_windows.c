/*
 * Where Node-API is on Windows: a library there names the program that its functions come from, and
 * node.exe, deno.exe and bun.exe are three. So they are looked up in whatever program this is.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "node_api.h"

#define REQUIRED(DO) \
  DO(napi_get_cb_info) \
  DO(napi_create_function) \
  DO(napi_set_named_property) \
  DO(napi_get_value_int64) \
  DO(napi_get_value_string_utf8) \
  DO(napi_create_int64) \
  DO(napi_get_undefined) \
  DO(napi_call_function) \
  DO(napi_is_arraybuffer) \
  DO(napi_get_arraybuffer_info) \
  DO(napi_is_typedarray) \
  DO(napi_get_typedarray_info) \
  DO(napi_create_external_arraybuffer) \
  DO(napi_throw_error) \
  DO(napi_add_env_cleanup_hook) \
  DO(napi_remove_env_cleanup_hook) \
  DO(napi_create_string_utf8) \
  DO(napi_create_threadsafe_function) \
  DO(napi_call_threadsafe_function) \
  DO(napi_release_threadsafe_function) \
  DO(napi_unref_threadsafe_function) \
  DO(napi_adjust_external_memory) \
  DO(napi_set_instance_data) \
  DO(napi_get_instance_data)

#define EXPERIMENTAL(DO) DO(node_api_create_external_sharedarraybuffer)

#define DEFINE(name) __typeof__(name) name;
REQUIRED(DEFINE)
EXPERIMENTAL(DEFINE)

#define FIND(name) name = (__typeof__(name))(void (*)(void))GetProcAddress(program, #name);
#define IS_THERE(name) &&name != NULL

/* Whether all are there that are not experimental. Threads that come here together find the same. */
int knit_find_node_api(void) {
  HMODULE program = GetModuleHandleA(NULL);
  REQUIRED(FIND)
  EXPERIMENTAL(FIND)
  return 1 REQUIRED(IS_THERE);
}
