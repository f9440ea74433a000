#include "aws/resource/roster.h"

#include <errno.h>
#include <stdlib.h>

#include "aws/api/json.h"
#include "aws/resource/fan.h"
#include "aws/resource/fields.h"
#include "base/vec.h"

struct roster {
	struct resource_account *account;
	const struct roster_options *options;
	const atomic_bool *stop;
	struct convert_page *pages; /* hold the elements */
	size_t page_count, page_cap;
	struct roster_entry *entries;
	size_t count, cap;
};

static void finish(struct roster *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->entries[i].name);
		buf_finish(&r->entries[i].json);
	}
	for (size_t i = 0; i < r->page_count; i++)
		convert_page_finish(&r->pages[i]);
	free(r->entries);
	free(r->pages);
}

static int read_name(const struct roster *r, struct span element, char **ret)
{
	struct json *json = NULL;
	int error = json_parse(element, &json);
	const char *name;

	if (error < 0)
		return error;
	name = json_member_text(json, r->options->call->fields[INVENTORY_ID]);
	*ret = name ? strdup(name) : NULL;
	json_free(json);
	if (!name)
		return -EBADMSG;
	return *ret ? 0 : -ENOMEM;
}

static int add_entry(struct roster *r, struct span element)
{
	struct roster_entry entry = { .element = element,
		.json = BUF_INIT(COMPOSE_BYTES_MAX) };
	int error = VEC_RESERVE(&r->entries, &r->cap, r->count + 1, ROSTER_MAX);

	if (error == 0)
		error = read_name(r, element, &entry.name);
	if (error == 0)
		r->entries[r->count++] = entry;
	return error;
}

static int copy_page(const struct convert_page *page, struct convert_page *ret)
{
	struct convert_page copy = { .text = BUF_INIT(CONVERT_TEXT_MAX) };
	int r = VEC_RESERVE(&copy.ends, &copy.cap, page->count + 1, SIZE_MAX);

	if (r == 0)
		r = buf_append_span(&copy.text, buf_span(&page->text));
	if (r < 0) {
		convert_page_finish(&copy);
		return r;
	}
	for (size_t i = 0; i < page->count; i++)
		copy.ends[copy.count++] = page->ends[i];
	*ret = copy;
	return 0;
}

static int take_page(void *context, const struct convert_page *page, struct fault *why)
{
	struct roster *r = context;
	const char *operation = r->options->call->operation;
	struct convert_page *kept;
	int error = VEC_RESERVE(
		&r->pages, &r->page_cap, r->page_count + 1, ACCOUNT_PAGES_MAX);

	if (error == 0)
		error = copy_page(page, &r->pages[r->page_count]);
	if (error < 0)
		return error;
	kept = &r->pages[r->page_count++];
	for (size_t i = 0; i < kept->count && error == 0; i++)
		error = add_entry(r, account_element(kept, i));
	if (error == -EFBIG)
		return fault(why, error, "%s: more than %d", operation, ROSTER_MAX);
	if (error == -EBADMSG)
		return fault(why, error, "%s: an element without %s", operation,
			r->options->call->fields[INVENTORY_ID]);
	return error;
}

static int visit_one(void *context, size_t number, struct fault *why)
{
	struct roster *r = context;
	struct roster_entry *entry = &r->entries[number];
	struct visit v;
	int error;

	visit_init(&v, r->account, r->stop);
	v.gone = r->options->gone;
	error = r->options->visit(&v, entry, why);
	if (v.is_gone)
		buf_clear(&entry->json);
	visit_finish(&v);
	return error;
}

static int add_all(struct roster *r, struct inventory_builder *b, struct fault *why)
{
	int error = 0;

	for (size_t i = 0; i < r->count && error == 0; i++) {
		struct roster_entry *entry = &r->entries[i];

		if (entry->json.len > 0)
			error = fields_add(
				b, r->options->call, "", buf_span(&entry->json), why);
		buf_finish(&entry->json);
	}
	return error;
}

int roster_list(struct resource_account *a, const struct roster_options *options,
	const atomic_bool *stop, struct inventory_builder *b, struct fault *why)
{
	const struct resource_call *how = options->call;
	struct roster r = { .account = a, .options = options, .stop = stop };
	const struct account_call call = { .service = how->service,
		.region = "",
		.operation = how->operation,
		.parameters = how->parameters,
		.path = how->path };
	const struct account_pages pages = { &call, take_page, &r };
	struct fan fan = { .one = visit_one, .context = &r };
	int error = account_ask_pages(a, &pages, stop, NULL, why);

	fan.count = r.count;
	if (error == 0)
		error = fan_out(&fan, why);
	if (error == 0)
		error = add_all(&r, b, why);
	finish(&r);
	return error;
}
