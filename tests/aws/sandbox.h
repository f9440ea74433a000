/* A small tree of files below a fresh directory, and its removal. */
#ifndef TESTS_AWS_SANDBOX_H
#define TESTS_AWS_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

enum { SANDBOX_PATH = 4096 };

/* 2023-11-14T22:13:20Z: what SANDBOX_FILE::day counts from. */
#define SANDBOX_EPOCH INT64_C(1700000000)

struct sandbox_file {
	const char *path; /* below the sandbox; NULL ends a table; with '/' at the end: a
			     folder */
	const char *text;
	int day; /* of its mtime */
};

/* ret holds SANDBOX_PATH bytes. */
void sandbox_make(char *ret);
/* ret may be root's own buffer. */
void sandbox_path(const char *root, const char *path, char *ret);
void sandbox_write(const char *root, const struct sandbox_file *file);
void sandbox_fill(const char *root, const struct sandbox_file *files);
void sandbox_remove(const char *root);

#endif
