/* A table in another form: make_form ENDING FILE <CSV, for tests that read it. */
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "fs/form/form.h"

enum { BYTES_MAX = 512 * 1024 * 1024 };

int main(int argc, char **argv)
{
	struct buf csv = BUF_INIT(BYTES_MAX), made = BUF_INIT(BYTES_MAX);
	struct fault why = { 0 };
	enum form form = FORM_COUNT;
	struct span stem;
	int r;

	if (argc == 3)
		form = form_of_name(span_of(argv[1]), &stem);
	if (form == FORM_COUNT)
		return 2;
	const struct form_about about = { .file = span_of(argv[2]),
		.title = span_of(argv[2]),
		.subtitle = SPAN("all accounts, 2026-11") };

	r = io_read_all(STDIN_FILENO, &csv);
	if (r == 0)
		r = form_render(form, buf_span(&csv), &about, &made, &why);
	if (r == 0)
		r = io_write(STDOUT_FILENO, made.p, made.len);
	if (r < 0)
		fprintf(stderr, "%d %s\n", r, why.text);
	buf_finish(&csv);
	buf_finish(&made);
	return r < 0;
}
