#include "aws/auth/ini.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/vec.h"

struct ini_section {
	const char *title;
	size_t first, end; /* entries */
};

struct ini_entry {
	const char *key, *inner; /* inner NULL: a plain value */
	const char *value;
};

struct ini {
	char *text; /* all strings are in here, each ended in place */
	size_t text_len;
	struct ini_section *sections;
	size_t section_count, section_cap;
	struct ini_entry *entries;
	size_t entry_count, entry_cap;
	struct ini_section defaults;
};

/* Values go on in indented lines, so that an entry is ended only by what comes after it.
 */
struct parser {
	struct ini *ini;
	const char *name;
	struct fault *why;
	struct intern *seen; /* titles, and keys with the number of their section */
	size_t line;
	struct ini_section *section; /* NULL before the first */
	size_t indent; /* of the line that began the entry or section */
	char *value; /* of the open entry, NULL when there is none */
	size_t value_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == '\n';
}

static int refuse(const struct parser *p, const char *what)
{
	return fault(p->why, -EINVAL, "%s: line %zu: %s", p->name, p->line, what);
}

static int add_entry(struct parser *p, struct ini_entry entry)
{
	struct ini *ini = p->ini;
	int r = VEC_RESERVE(
		&ini->entries, &ini->entry_cap, ini->entry_count + 1, INI_ENTRIES_MAX);

	if (r < 0)
		return r;
	ini->entries[ini->entry_count++] = entry;
	p->section->end = ini->entry_count;
	return 0;
}

/* Ends what is trimmed, in place. The byte behind it is a blank, a delimiter or a line's
 * end. */
static char *end_trimmed(char *from, char *end)
{
	while (from < end && is_blank(*from))
		from++;
	while (end > from && is_blank(end[-1]))
		end--;
	*end = '\0';
	return from;
}

/* One line of a block. */
static int add_inner(struct parser *p, const char *key, char *line, char *end)
{
	char *equals = memchr(line, '=', (size_t)(end - line));
	struct ini_entry entry = { .key = key };

	line = end_trimmed(line, end);
	if (!*line)
		return 0;
	if (!equals)
		return refuse(p, "this line of an indented block has no '='");
	entry.value = end_trimmed(equals + 1, end);
	entry.inner = end_trimmed(line, equals);
	return add_entry(p, entry);
}

static int split_block(struct parser *p, size_t entry, char *value, char *end)
{
	const char *key = p->ini->entries[entry].key;

	p->ini->entries[entry].value = NULL;
	while (value < end) {
		char *newline = memchr(value, '\n', (size_t)(end - value));
		char *stop = newline ? newline : end;
		int r = add_inner(p, key, value, stop);

		if (r < 0)
			return r;
		value = stop + 1;
	}
	return 0;
}

static int end_entry(struct parser *p)
{
	size_t entry = p->ini->entry_count - 1;
	char *value = p->value, *end = p->value + p->value_len;

	if (!value)
		return 0;
	p->value = NULL;
	while (end > value && is_blank(end[-1]))
		end--;
	*end = '\0';
	if (*value == '\n')
		return split_block(p, entry, value, end);
	p->ini->entries[entry].value = value;
	return 0;
}

/* The lines of a value are moved together: what they lose in blanks is never negative. */
static void go_on(struct parser *p, const char *line, size_t len)
{
	p->value[p->value_len++] = '\n';
	memmove(p->value + p->value_len, line, len);
	p->value_len += len;
}

/* Whether a title, or a key of the current section, stands twice. */
static int note(struct parser *p, bool is_title, const char *text)
{
	struct buf b = BUF_INIT(SIZE_MAX / 2);
	uint32_t before = intern_count(p->seen), id;
	size_t section = p->section == &p->ini->defaults ? 0 : p->ini->section_count;
	int r = is_title ? buf_appendf(&b, "[%s", text)
			 : buf_appendf(&b, "%zu %s", section, text);

	if (r == 0)
		r = intern_add(p->seen, buf_span(&b), &id);
	buf_finish(&b);
	if (r == 0 && intern_count(p->seen) == before)
		return refuse(p,
			is_title ? "this section stands twice" : "this key stands twice");
	return r;
}

static int begin_section(struct parser *p, char *line, char *end)
{
	struct ini *ini = p->ini;
	struct ini_section *section;
	int r;

	while (end[-1] != ']')
		end--;
	end[-1] = '\0';
	line++;
	if (strcmp(line, "DEFAULT") == 0) {
		section = &ini->defaults;
	} else {
		r = VEC_RESERVE(&ini->sections, &ini->section_cap, ini->section_count + 1,
			INI_ENTRIES_MAX);
		if (r < 0)
			return r;
		section = &ini->sections[ini->section_count++];
	}
	*section = (struct ini_section){ line, ini->entry_count, ini->entry_count };
	p->section = section;
	return note(p, true, line);
}

static bool is_title(const char *line, const char *end)
{
	const char *close = NULL;

	for (const char *c = line; c < end; c++)
		if (*c == ']')
			close = c;
	return *line == '[' && close && close > line + 1;
}

static int begin_entry(struct parser *p, char *line, char *end)
{
	struct ini_entry entry = { 0 };
	char *delimiter = line;
	int r;

	while (delimiter < end && *delimiter != '=' && *delimiter != ':')
		delimiter++;
	if (delimiter == end || delimiter == line)
		return refuse(p, "neither a [section] nor \"key = value\"");
	p->value = end_trimmed(delimiter + 1, end);
	p->value_len = strlen(p->value);
	for (char *c = line; c < delimiter; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	entry.key = end_trimmed(line, delimiter);
	entry.value = p->value;
	r = note(p, false, entry.key);
	return r < 0 ? r : add_entry(p, entry);
}

/* line: trimmed at its end, which is behind it. */
static int read_line(struct parser *p, char *line, char *end)
{
	char *start = line;
	size_t indent;
	int r;

	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	if (start < end && (*start == '#' || *start == ';'))
		return 0;
	if (start == end) {
		if (p->value)
			go_on(p, "", 0);
		return 0;
	}
	indent = (size_t)(start - line);
	if (p->value && indent > p->indent) {
		go_on(p, start, (size_t)(end - start));
		return 0;
	}
	r = end_entry(p);
	if (r < 0)
		return r;
	p->indent = indent;
	if (is_title(start, end))
		return begin_section(p, start, end);
	if (!p->section)
		return refuse(p, "no [section] stands before it");
	return begin_entry(p, start, end);
}

static int read_lines(struct parser *p)
{
	char *line = p->ini->text, *end = line + p->ini->text_len;

	while (line < end) {
		size_t left = (size_t)(end - line);
		char *newline = memchr(line, '\n', left);
		char *stop = newline ? newline : end;
		int r;

		p->line++;
		if (memchr(line, '\0', (size_t)(stop - line)))
			return refuse(p, "it holds a NUL");
		r = read_line(p, line, stop);
		if (r < 0)
			return r;
		line = stop + 1;
	}
	return end_entry(p);
}

int ini_parse(struct span text, const char *name, struct ini **ret, struct fault *why)
{
	struct parser p = { .name = name, .why = why };
	int r = -ENOMEM;

	p.ini = calloc(1, sizeof(*p.ini));
	p.seen = intern_new();
	if (!p.ini || !p.seen)
		goto out;
	/* Two more: ends of strings at the very end. */
	p.ini->text = malloc(text.len + 2);
	if (!p.ini->text)
		goto out;
	if (text.len)
		memcpy(p.ini->text, text.p, text.len);
	memset(p.ini->text + text.len, 0, 2);
	p.ini->text_len = text.len;
	r = read_lines(&p);
	if (r == 0) {
		*ret = p.ini;
		p.ini = NULL;
	}
out:
	intern_free(p.seen);
	ini_free(p.ini);
	return r;
}

void ini_free(struct ini *ini)
{
	if (!ini)
		return;
	if (ini->text)
		OPENSSL_cleanse(ini->text, ini->text_len);
	free(ini->text);
	free(ini->sections);
	free(ini->entries);
	free(ini);
}

size_t ini_count(const struct ini *ini)
{
	return ini->section_count;
}

const char *ini_title(const struct ini *ini, size_t section)
{
	return ini->sections[section].title;
}

/* The last one counts: a key can stand twice within a block. */
static const char *find(const struct ini *ini, const struct ini_section *s,
	const char *key, const char *inner)
{
	for (size_t i = s->end; i > s->first; i--) {
		const struct ini_entry *e = &ini->entries[i - 1];

		if (strcmp(e->key, key) != 0)
			continue;
		if (inner ? e->inner && strcmp(e->inner, inner) == 0 : !e->inner)
			return e->value;
	}
	return NULL;
}

const char *ini_get(
	const struct ini *ini, size_t section, const char *key, const char *inner)
{
	const char *value = find(ini, &ini->sections[section], key, inner);

	return value ? value : find(ini, &ini->defaults, key, inner);
}
