#include "fs/finding/threshold.h"

#include <errno.h>
#include <inttypes.h>

enum unit {
	UNIT_TIME, /* s, m, h or d, which must be named */
	UNIT_COUNT,
	UNIT_BYTES, /* K, M, G, T, or bytes */
	UNIT_PERCENT, /* kept as 10^-6 */
};
#define DAYS(n) (UINT64_C(86400) * (n))
enum { TIME_MAX_DAYS = 3650, PPM_A_PERCENT = 10000 };
static const uint64_t COUNT_MAX = (uint64_t)1 << 50; /* also of bytes */
static const char PORTS_NAME[] = "insecure-security-groups";

/* Of the values' order. Defaults are what FinOps tools begin with. */
static const struct row {
	const char *name;
	enum unit unit;
	uint64_t value;
	const char *example;
} rows[THRESHOLD_COUNT] = {
	[THRESHOLD_ABANDONED_BUCKETS] = { "abandoned-buckets", UNIT_TIME, DAYS(7), "7d" },
	[THRESHOLD_BUCKET_GETS] = { "abandoned-buckets.get-requests", UNIT_COUNT, 2000,
		"2000" },
	[THRESHOLD_BUCKET_TIER1] = { "abandoned-buckets.tier1-requests", UNIT_COUNT, 100,
		"100" },
	[THRESHOLD_BUCKET_TRANSFER] = { "abandoned-buckets.transfer", UNIT_BYTES,
		UINT64_C(1) << 30, "1G" },
	[THRESHOLD_ABANDONED_INSTANCES] = { "abandoned-instances", UNIT_TIME, DAYS(7),
		"7d" },
	[THRESHOLD_INSTANCE_CPU] = { "abandoned-instances.cpu", UNIT_PERCENT,
		UINT64_C(5) * PPM_A_PERCENT, "5%" },
	[THRESHOLD_INSTANCE_NETWORK] = { "abandoned-instances.network", UNIT_BYTES, 1000,
		"1000" },
	[THRESHOLD_INACTIVE_USERS] = { "inactive-users", UNIT_TIME, DAYS(90), "90d" },
	[THRESHOLD_OBSOLETE_IMAGES] = { "obsolete-images", UNIT_TIME, DAYS(7), "7d" },
	[THRESHOLD_OBSOLETE_SNAPSHOTS] = { "obsolete-snapshots", UNIT_TIME, DAYS(3),
		"3d" },
	[THRESHOLD_SHORT_LIVED] = { "short-lived-instances", UNIT_TIME, DAYS(3), "3d" },
	[THRESHOLD_SHORT_LIFE] = { "short-lived-instances.life", UNIT_TIME,
		UINT64_C(6) * 3600, "6h" },
	[THRESHOLD_UNATTACHED_VOLUMES] = { "unattached-volumes", UNIT_TIME, DAYS(1),
		"1d" },
	[THRESHOLD_UNUSED_ADDRESSES] = { "unused-addresses", UNIT_TIME, DAYS(7), "7d" },
	[THRESHOLD_UNUSED_CONSOLE] = { "unused-console-access", UNIT_TIME, DAYS(90),
		"90d" },
};

/* Smallest first, after the bare unit. */
static const struct {
	char letter;
	uint64_t seconds;
} times[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAYS(1) } };
static const char SIZES[] = "KMGT";

struct thresholds thresholds_default(void)
{
	struct thresholds t = { .ports = { 22, 3389 }, .port_count = 2 };

	for (size_t i = 0; i < THRESHOLD_COUNT; i++)
		t.value[i] = rows[i].value;
	return t;
}

const char *threshold_name(size_t number)
{
	if (number < THRESHOLD_COUNT)
		return rows[number].name;
	return number == THRESHOLD_COUNT ? PORTS_NAME : NULL;
}

static int parse_time(struct span text, uint64_t *ret)
{
	uint64_t max = DAYS(TIME_MAX_DAYS), value;

	for (size_t i = 0; i < ARRAY_LEN(times) && text.len; i++) {
		struct span number = span_first(text, text.len - 1);

		if (text.p[text.len - 1] != times[i].letter)
			continue;
		if (span_parse_u64(number, max / times[i].seconds, &value) < 0)
			return -EINVAL;
		*ret = value * times[i].seconds;
		return 0;
	}
	return -EINVAL;
}

static int parse_bytes(struct span text, uint64_t *ret)
{
	uint64_t factor = 1, value;

	for (size_t i = 0; text.len && SIZES[i]; i++) {
		if (text.p[text.len - 1] != SIZES[i])
			continue;
		factor = (uint64_t)1 << (10 * (i + 1));
		text.len--;
		break;
	}
	if (span_parse_u64(text, COUNT_MAX / factor, &value) < 0)
		return -EINVAL;
	*ret = value * factor;
	return 0;
}

static int parse_percent(struct span text, uint64_t *ret)
{
	uint64_t value;

	if (span_ends(text, SPAN("%")))
		text.len--;
	if (span_parse_u64(text, 100, &value) < 0)
		return -EINVAL;
	*ret = value * PPM_A_PERCENT;
	return 0;
}

static int parse_value(enum unit unit, struct span text, uint64_t *ret)
{
	switch (unit) {
	case UNIT_TIME:
		return parse_time(text, ret);
	case UNIT_BYTES:
		return parse_bytes(text, ret);
	case UNIT_PERCENT:
		return parse_percent(text, ret);
	case UNIT_COUNT:
		break;
	}
	return span_parse_u64(text, COUNT_MAX, ret) < 0 ? -EINVAL : 0;
}

static int parse_ports(struct thresholds *t, struct span list)
{
	struct thresholds ports = { .port_count = 0 };
	struct span part;

	while (span_split(&list, ',', &part)) {
		uint64_t port;

		if (ports.port_count == THRESHOLD_PORTS_MAX ||
			span_parse_u64(span_trim(part), UINT16_MAX, &port) < 0)
			return -EINVAL;
		ports.ports[ports.port_count++] = (uint16_t)port;
	}
	if (ports.port_count == 0)
		return -EINVAL;
	memcpy(t->ports, ports.ports, sizeof(t->ports));
	t->port_count = ports.port_count;
	return 0;
}

static int refuse(
	const char *name, const char *value, const char *example, struct fault *why)
{
	fault_cure(why, "write it like: finding.%s = %s", name, example);
	return fault(why, -EINVAL, "finding.%s: not understood: \"%s\"", name, value);
}

int thresholds_set(
	struct thresholds *t, const char *name, const char *value, struct fault *why)
{
	struct span text = span_trim(span_of(value));

	if (strcmp(name, PORTS_NAME) == 0)
		return parse_ports(t, text) < 0 ? refuse(name, value, "22,3389", why) : 0;
	for (size_t i = 0; i < THRESHOLD_COUNT; i++) {
		if (strcmp(name, rows[i].name) != 0)
			continue;
		if (parse_value(rows[i].unit, text, &t->value[i]) < 0)
			return refuse(name, value, rows[i].example, why);
		return 0;
	}
	return -ENOENT;
}

static int print_time(uint64_t value, struct buf *ret)
{
	size_t i = ARRAY_LEN(times) - 1;

	while (i > 0 && (value == 0 || value % times[i].seconds != 0))
		i--;
	return buf_appendf(
		ret, "%" PRIu64 "%c", value / times[i].seconds, times[i].letter);
}

static int print_bytes(uint64_t value, struct buf *ret)
{
	size_t i = 0;

	while (value > 0 && SIZES[i] && value % 1024 == 0) {
		value /= 1024;
		i++;
	}
	if (i == 0)
		return buf_appendf(ret, "%" PRIu64, value);
	return buf_appendf(ret, "%" PRIu64 "%c", value, SIZES[i - 1]);
}

int threshold_print(const struct thresholds *t, enum threshold which, struct buf *ret)
{
	uint64_t value = t->value[which];

	switch (rows[which].unit) {
	case UNIT_TIME:
		return print_time(value, ret);
	case UNIT_BYTES:
		return print_bytes(value, ret);
	case UNIT_PERCENT:
		return buf_appendf(ret, "%" PRIu64 "%%", value / PPM_A_PERCENT);
	case UNIT_COUNT:
		break;
	}
	return buf_appendf(ret, "%" PRIu64, value);
}

int threshold_print_ports(const struct thresholds *t, char separator, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; i < t->port_count && r == 0; i++) {
		if (i > 0)
			r = buf_append_byte(ret, separator);
		if (r == 0)
			r = buf_appendf(ret, "%u", (unsigned)t->ports[i]);
	}
	return r;
}

unsigned threshold_days(const struct thresholds *t, enum threshold which)
{
	uint64_t days = t->value[which] / DAYS(1);

	if (t->value[which] % DAYS(1))
		days++;
	return days ? (unsigned)days : 1;
}
