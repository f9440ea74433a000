/* ListObjectsV2, all its pages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/api/xml.h"
#include "aws/auth/sigv4.h"
#include "aws/object/s3_private.h"

enum {
	LIST_BODY_MAX =
		32 * 1024 * 1024, /* 1000 keys of 1024 bytes, each three times as long */
	LIST_QUERY_MAX = 16 * 1024,
	LIST_TOKEN_MAX = 4 * 1024,
};

/* An element <Contents> as it comes. */
struct row {
	struct buf key;
	uint64_t size;
	struct instant modified;
	char etag[OBJECT_ETAG_MAX];
	enum checksum_kind checksum;
	bool has_parts; /* the checksum is one of theirs */
};

/* The listing of one literal prefix into a folder. */
struct listing {
	struct s3 *s;
	const char *literal, *folder;
	struct object_list *list;
	size_t sorted, sorted_folders; /* told already, from other prefixes */
	struct s3_glance *glance; /* instead of list */
	bool has_empty_part;
	struct row row;
	struct buf text, token, mark;
	bool is_truncated;
	unsigned pages;
};

/* encoding-type=url: as a form, with '+' for a blank. */
static int decode(struct span s, struct buf *ret)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	int r = 0;

	buf_clear(ret);
	for (size_t i = 0; i < s.len && r == 0; i++) {
		const char *high = s.p[i] == '%' && i + 2 < s.len
			? memchr(digits, s.p[i + 1], sizeof(digits) - 1)
			: NULL;
		const char *low =
			high ? memchr(digits, s.p[i + 2], sizeof(digits) - 1) : NULL;
		int h = high ? (int)(high - digits) : 0,
		    l = low ? (int)(low - digits) : 0;

		if (low) {
			r = buf_append_byte(ret,
				(char)((h > 15 ? h - 6 : h) << 4 | (l > 15 ? l - 6 : l)));
			i += 2;
		} else {
			r = buf_append_byte(ret, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
	return r;
}

static int compare_item(const void *key, const void *item)
{
	const struct object_info *object = item;

	return strcmp(key, object->key);
}

static int compare_folder(const void *key, const void *item)
{
	const char *const *folder = item;

	return strcmp(key, *folder);
}

/* folder and the part, NULL on no memory. */
static char *tell(const struct listing *l, struct span part)
{
	struct buf b = BUF_INIT(OBJECT_KEY_MAX + 1);
	int r = buf_append_text(&b, l->folder);
	char *told;

	if (r == 0)
		r = buf_append_span(&b, part);
	told = r == 0 ? buf_take(&b) : NULL;
	buf_finish(&b);
	return told;
}

static int add_object(struct listing *l)
{
	struct span key = buf_span(&l->row.key), name;
	struct object_info info = { .size_bytes = l->row.size,
		.modified = l->row.modified,
		.written = l->row.modified,
		.checksum = l->row.has_parts ? CHECKSUM_NONE : l->row.checksum };
	int r = 0;

	if (!span_starts(key, span_of(l->literal)))
		return 0;
	name = span_from(key, strlen(l->literal));
	if (l->glance) {
		l->glance->objects += name.len > 0;
		return 0;
	}
	/* Also the empty object that consoles make for a folder. */
	if (!s3_is_part(name) || span_find(name, '/') < name.len ||
		key.len > OBJECT_KEY_MAX)
		return 0;
	info.key = tell(l, name);
	if (!info.key)
		return -ENOMEM;
	memcpy(info.etag, l->row.etag, sizeof(info.etag));
	if (l->sorted == 0 ||
		!bsearch(info.key, l->list->items, l->sorted, sizeof(info), compare_item))
		r = object_list_add(l->list, &info);
	free(info.key);
	return r;
}

static int add_folder(struct listing *l, struct span key)
{
	struct span part = span_from(key, strlen(l->literal));
	char *folder;
	int r = 0;

	if (!span_starts(key, span_of(l->literal)) || !span_ends(part, SPAN("/")))
		return 0;
	l->has_empty_part = l->has_empty_part || part.len == 1;
	if (l->glance) {
		l->glance->folders++;
		return 0;
	}
	if (!s3_is_part(span_first(part, part.len - 1)))
		return 0;
	folder = tell(l, part);
	if (!folder)
		return -ENOMEM;
	if (l->sorted_folders == 0 ||
		!bsearch(folder, l->list->folders, l->sorted_folders, sizeof(char *),
			compare_folder))
		r = object_list_add_folder(l->list, span_of(folder));
	free(folder);
	return r;
}

static int begin_element(void *context, struct span path)
{
	struct listing *l = context;

	if (!span_eq(path, SPAN("ListBucketResult/Contents")))
		return 0;
	buf_clear(&l->row.key);
	l->row.size = 0;
	l->row.modified.seconds = INSTANT_NONE;
	l->row.etag[0] = '\0';
	l->row.checksum = CHECKSUM_NONE;
	l->row.has_parts = false;
	return 0;
}

static int take_content(struct listing *l, struct span name, struct span text)
{
	if (span_eq(name, SPAN("Key")))
		return decode(text, &l->row.key);
	if (span_eq(name, SPAN("Size")))
		return span_parse_u64(text, INT64_MAX, &l->row.size) < 0 ? -EBADMSG : 0;
	if (span_eq(name, SPAN("LastModified")))
		return instant_parse(text, &l->row.modified) < 0 ? -EBADMSG : 0;
	if (span_eq(name, SPAN("ETag")))
		return s3_etag(text, l->row.etag) < 0 ? -EBADMSG : 0;
	if (span_eq(name, SPAN("ChecksumAlgorithm")))
		l->row.checksum = checksum_kind_of(text);
	if (span_eq(name, SPAN("ChecksumType")))
		l->row.has_parts = !span_eq(text, SPAN("FULL_OBJECT"));
	return 0;
}

static int end_element(void *context, struct span path, struct span text)
{
	const struct span contents = SPAN("ListBucketResult/Contents/");
	struct listing *l = context;
	int r;

	if (span_starts(path, contents))
		return take_content(l, span_from(path, contents.len), text);
	if (span_eq(path, SPAN("ListBucketResult/Contents")))
		return l->row.key.len ? add_object(l) : -EBADMSG;
	if (span_eq(path, SPAN("ListBucketResult/CommonPrefixes/Prefix"))) {
		r = decode(text, &l->text);
		return r < 0 ? r : add_folder(l, buf_span(&l->text));
	}
	if (span_eq(path, SPAN("ListBucketResult/IsTruncated")))
		l->is_truncated = span_eq(text, SPAN("true"));
	if (span_eq(path, SPAN("ListBucketResult/NextContinuationToken"))) {
		buf_clear(&l->token);
		return buf_append_span(&l->token, text);
	}
	return 0;
}

static int write_query(const struct listing *l, struct buf *query)
{
	int r = buf_append_text(query, "delimiter=%2F&encoding-type=url&list-type=2");

	if (r == 0 && l->glance)
		r = buf_append_text(query, "&max-keys=2");
	if (r == 0 && l->token.len) {
		r = buf_append_text(query, "&continuation-token=");
		if (r == 0)
			r = sigv4_encode(buf_span(&l->token), false, query);
	}
	if (r == 0 && l->literal[0]) {
		r = buf_append_text(query, "&prefix=");
		if (r == 0)
			r = sigv4_encode(span_of(l->literal), false, query);
	}
	return r;
}

static int read_page(struct listing *l, struct http_response *page, struct fault *why)
{
	static const struct xml_events events = { .begin = begin_element,
		.end = end_element };
	int r;

	l->is_truncated = false;
	buf_clear(&l->token);
	r = xml_read(buf_span(&page->body), &events, l, why);
	if (r == -EBADMSG || r == -EFBIG)
		return fault(why, -EIO, "the listing is none of S3's");
	return r;
}

static int get_page(struct listing *l, struct http_response *page, struct fault *why)
{
	struct buf query = BUF_INIT(LIST_QUERY_MAX), needs = BUF_INIT(512);
	int r = write_query(l, &query);
	struct s3_request q = { .method = "GET",
		.operation = "ListObjectsV2",
		.body_limit = LIST_BODY_MAX,
		.xml_root = "ListBucketResult" };

	if (r == 0)
		r = buf_appendf(&needs, "s3:ListBucket on arn:aws:s3:::%s", l->s->bucket);
	if (r == 0) {
		q.query = buf_text(&query);
		q.needs = buf_text(&needs);
		r = q.query ? s3_call(l->s, &q, page, NULL, why) : -ENOMEM;
		atomic_fetch_add(&l->s->list_count, 1);
	}
	if (r == 0)
		r = read_page(l, page, why);
	buf_finish(&needs);
	buf_finish(&query);
	return r;
}

/* Whether the listing goes on. A token that comes again would never end: each is compared
 * with that of a page whose number is a power of two, which meets every cycle. */
static int turn_page(struct listing *l, struct fault *why)
{
	struct span token = buf_span(&l->token);

	if (!l->is_truncated || l->glance)
		return 0;
	if (token.len == 0)
		return fault(why, -EIO, "the listing goes on, but does not say where");
	if (span_eq(token, buf_span(&l->mark)))
		return fault(why, -EIO, "the listing goes round in a circle");
	l->pages++;
	if ((l->pages & (l->pages - 1)) == 0) {
		buf_clear(&l->mark);
		int r = buf_append_span(&l->mark, token);

		if (r < 0)
			return r;
	}
	return 1;
}

static int list_all(struct listing *l, struct fault *why)
{
	struct http_response page = { 0 };
	int r;

	l->row.key = l->text = BUF_INIT((size_t)3 * OBJECT_KEY_MAX);
	l->token = l->mark = BUF_INIT(LIST_TOKEN_MAX);
	do {
		r = get_page(l, &page, why);
		if (r == 0)
			r = turn_page(l, why);
	} while (r > 0);
	http_response_finish(&page);
	buf_finish(&l->row.key);
	buf_finish(&l->text);
	buf_finish(&l->token);
	buf_finish(&l->mark);
	if (r == -ENOENT && why)
		fault_cure(why,
			"check the name of the bucket: aws s3 ls lists yours, costfs "
			"exports where AWS delivers to");
	if (r < 0)
		fault_prefix(why, "s3://%s%s%s", l->s->bucket, l->literal[0] ? "/" : "",
			l->literal);
	return r;
}

static int compare_items(const void *a, const void *b)
{
	const struct object_info *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int compare_folders(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* What was told before counts, if another prefix has the same. */
static void sort(struct listing *l)
{
	struct object_list *list = l->list;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_items);
	if (list->folder_count > 1)
		qsort(list->folders, list->folder_count, sizeof(*list->folders),
			compare_folders);
	l->sorted = list->count;
	l->sorted_folders = list->folder_count;
}

static int note_empty_part(const struct listing *l)
{
	struct buf literal = BUF_INIT(OBJECT_KEY_MAX);
	int r = buf_appendf(&literal, "%s/", l->literal);
	const char *text = r == 0 ? buf_text(&literal) : NULL;

	if (r == 0)
		r = text ? s3_literal_add(l->s, l->folder, text) : -ENOMEM;
	buf_finish(&literal);
	/* More of them than any real bucket has: not told. */
	return r == -E2BIG || r == -EFBIG ? 0 : r;
}

/* Lists the names[from…]; those that are found on the way follow. */
int s3_list(struct s3 *s, const char *prefix, struct object_list *ret, struct fault *why)
{
	struct listing l = { .s = s, .folder = prefix, .list = ret };
	struct s3_names names = { 0 };
	int r = s3_names_of(s, prefix, &names);

	for (unsigned i = 0; r == 0 && i < names.count; i++) {
		l.literal = names.items[i];
		l.has_empty_part = false;
		l.pages = 0;
		if (i > 0)
			sort(&l);
		r = list_all(&l, why);
		if (r == 0 && l.has_empty_part) {
			struct s3_names more = { 0 };

			r = note_empty_part(&l);
			if (r == 0)
				r = s3_names_of(s, prefix, &more);
			if (r == 0 && more.count > i + 1) {
				/* The order is the same, with the new one at its end. */
				struct s3_names old = names;

				l.literal = NULL;
				names = more;
				more = old;
			}
			s3_names_finish(&more);
		}
	}
	s3_names_finish(&names);
	return r;
}

int s3_glance(struct s3 *s, const char *literal, struct s3_glance *ret, struct fault *why)
{
	struct s3_glance seen = { 0 };
	struct listing l = { .s = s, .literal = literal, .folder = "", .glance = &seen };
	int r = list_all(&l, why);

	if (r < 0)
		return r;
	seen.has_empty_part = l.has_empty_part;
	*ret = seen;
	return 0;
}
