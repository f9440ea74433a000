/* A request as libcurl takes it. */
#ifndef AWS_API_HTTP_REQUEST_H
#define AWS_API_HTTP_REQUEST_H

#include <curl/curl.h>

#include "aws/api/http.h"

/* 0; -EINVAL a method, URL or header that is none; -EFBIG too many headers. */
MUST_USE int http_request_check(const struct http_request *q, struct fault *why);
/* 0; -ENOMEM, -EFBIG: *ret holds some. */
MUST_USE int http_request_headers(const struct http_request *q, struct curl_slist **ret);
/* Wipes. */
void http_request_headers_free(struct curl_slist *headers);

#endif
