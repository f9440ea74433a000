#include "fs/cmd/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/vec.h"

struct line {
	char *section;
	struct config_item item; /* name NULL: the section's head */
};

struct config {
	struct line *lines;
	size_t count, cap;
};

static char *copy_span(struct span s)
{
	char *text = malloc(s.len + 1);

	if (text == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return text;
}

static void free_line(struct line *l)
{
	free(l->section);
	free((char *)(uintptr_t)l->item.name);
	free((char *)(uintptr_t)l->item.value);
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		free_line(&c->lines[i]);
	free(c->lines);
	free(c);
}

static int add_line(struct config *c, unsigned number, struct span section,
	struct span name, struct span value)
{
	struct line l = { .section = copy_span(section), .item.line = number };
	bool is_item = name.p != NULL;
	int r = VEC_RESERVE(&c->lines, &c->cap, c->count + 1, (size_t)CONFIG_LINES_MAX);

	if (is_item) {
		l.item.name = copy_span(name);
		l.item.value = copy_span(value);
	}
	if (r == 0 &&
		(l.section == NULL ||
			(is_item && (l.item.name == NULL || l.item.value == NULL))))
		r = -ENOMEM;
	if (r < 0) {
		free_line(&l);
		return r;
	}
	c->lines[c->count++] = l;
	return 0;
}

static bool is_comment(struct span line)
{
	return line.len == 0 || line.p[0] == '#' || line.p[0] == ';';
}

static int take_line(
	struct config *c, unsigned number, struct span line, struct span *section)
{
	size_t equals = span_find(line, '=');

	if (line.p[0] == '[') {
		if (line.p[line.len - 1] != ']' || line.len < 3)
			return -EINVAL;
		*section = span_trim(span_first(span_from(line, 1), line.len - 2));
		return add_line(
			c, number, *section, (struct span){ 0 }, (struct span){ 0 });
	}
	struct span name = span_trim(span_first(line, equals));
	if (equals == line.len || name.len == 0 || section->p == NULL)
		return -EINVAL;
	return add_line(
		c, number, *section, name, span_trim(span_from(line, equals + 1)));
}

static int take_text(
	struct config *c, struct span text, const char *path, struct fault *why)
{
	struct span rest = text, line, section = { 0 };

	if (memchr(text.p == NULL ? "" : text.p, '\0', text.len) != NULL)
		return fault(why, -EINVAL, "%s: is no text", path);
	for (unsigned number = 1; span_split(&rest, '\n', &line); number++) {
		line = span_trim(line);
		if (is_comment(line))
			continue;
		int r = take_line(c, number, line, &section);
		if (r == -EINVAL) {
			fault_cure(why,
				"write [section] once, and below it lines: name = value");
			return fault(why, r,
				"%s: line %u is neither a section nor name = value: "
				"%.*s",
				path, number, SPAN_ARG(span_first(line, 60)));
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* It says which files are written, and as whom AWS is asked. */
static int check_mode(int fd, const char *path, struct fault *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault(why, -errno, "configuration %s: %s", path,
			fault_errno_text(errno));
	if (!S_ISREG(st.st_mode) || (st.st_mode & S_IWOTH) == 0)
		return 0;
	fault_cure(why, "look at what stands in it, then: chmod o-w %s", path);
	return fault(why, -EACCES, "configuration %s: any user may write to it", path);
}

static int read_text(
	const char *path, bool must_exist, struct buf *ret, struct fault *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0 && errno == ENOENT && !must_exist)
		return 0;
	if (fd < 0)
		return fault(why, -errno, "configuration %s: %s", path,
			fault_errno_text(errno));
	r = check_mode(fd, path, why);
	if (r == 0) {
		r = io_read_all(fd, ret);
		if (r < 0)
			r = fault(why, r, "configuration %s: %s", path,
				fault_errno_text(r));
	}
	close(fd);
	return r;
}

int config_read(const char *path, bool must_exist, struct config **ret, struct fault *why)
{
	struct buf text = BUF_INIT(CONFIG_BYTES_MAX);
	struct config *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return fault(why, -ENOMEM, "configuration %s: out of memory", path);
	r = read_text(path, must_exist, &text, why);
	if (r == 0)
		r = take_text(c, buf_span(&text), path, why);
	buf_finish(&text);
	if (r < 0) {
		config_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

bool config_has(const struct config *c, const char *section)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->lines[i].section, section) == 0)
			return true;
	return false;
}

const char *config_section(const struct config *c, size_t index, bool *ret_is_head)
{
	if (index >= c->count)
		return NULL;
	*ret_is_head = c->lines[index].item.name == NULL;
	return c->lines[index].section;
}

const struct config_item *config_item(
	const struct config *c, const char *section, unsigned index)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->lines[i].item.name != NULL &&
			strcmp(c->lines[i].section, section) == 0 && index-- == 0)
			return &c->lines[i].item;
	return NULL;
}

int parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	return span_parse_u64(span_of(text), max, ret) < 0 ? -EINVAL : 0;
}

/* The number, and the unit behind it: 0 or 1 letter. */
static int parse_unit(const char *text, uint64_t *ret, char *ret_unit)
{
	struct span s = span_of(text);

	*ret_unit = '\0';
	if (s.len > 1 && (s.p[s.len - 1] < '0' || s.p[s.len - 1] > '9')) {
		*ret_unit = s.p[s.len - 1];
		s.len--;
	}
	return span_parse_u64(s, UINT32_MAX * UINT64_C(1024), ret) < 0 ? -EINVAL : 0;
}

int parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	uint64_t value;
	char unit;

	if (parse_unit(text, &value, &unit) < 0)
		return -EINVAL;
	if (unit != '\0') {
		const char *at = strchr(units, unit >= 'a' ? unit - 'a' + 'A' : unit);

		if (at == NULL)
			return -EINVAL;
		for (const char *u = units; u <= at; u++)
			if (__builtin_mul_overflow(value, 1024, &value))
				return -EINVAL;
	}
	*ret = value;
	return 0;
}

int parse_time(const char *text, unsigned *ret)
{
	uint64_t value, factor;
	char unit;

	if (parse_unit(text, &value, &unit) < 0)
		return -EINVAL;
	switch (unit) {
	case '\0':
	case 's':
		factor = 1;
		break;
	case 'm':
		factor = 60;
		break;
	case 'h':
		factor = 3600;
		break;
	case 'd':
		factor = 86400;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_mul_overflow(value, factor, &value) || value > INT32_MAX)
		return -EINVAL;
	*ret = (unsigned)value;
	return 0;
}
