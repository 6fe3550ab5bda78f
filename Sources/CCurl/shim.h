// libcurl sets and reads options through C varargs, which Swift does not import. One typed function for each kind of
// argument that we pass; everything else is libcurl's own interface.
#pragma once
#include <curl/curl.h>

typedef size_t (*nexo_curl_write_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode nexo_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode nexo_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode nexo_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode nexo_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode nexo_curl_set_callback(CURL *handle, CURLoption option, nexo_curl_write_callback value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode nexo_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode nexo_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode nexo_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode nexo_curl_multi_set_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}
// A message's result sits in a C union; this reads the one member that a finished transfer has.
static inline CURLcode nexo_curl_message_result(const CURLMsg *message) { return message->data.result; }
