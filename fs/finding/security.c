/* Security groups that let everybody in. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/intern.h"
#include "fs/finding/look.h"

enum { GROUPS, INTERFACES };
enum { PORT_MAX = 65535, RULE_TEXT = 256 };

/* Network interfaces that use a group. */
struct users {
	struct intern *ids; /* NULL: nobody knows */
	uint64_t *counts; /* of each id */
	size_t cap;
};

static bool is_everybody(const char *cidr)
{
	size_t len = cidr ? strlen(cidr) : 0;

	/* Whatever stands before it, such a prefix is all addresses. */
	return len > 2 && strcmp(cidr + len - 2, "/0") == 0;
}

/* The first range that is everybody; NULL. */
static const char *open_range(
	const struct json *permission, const char *list, const char *member)
{
	const struct json *ranges = json_member(permission, list);

	if (!json_is_array(ranges))
		return NULL;
	for (const struct json *i = json_first(ranges); i; i = json_next(i))
		if (is_everybody(json_member_text(i, member)))
			return json_member_text(i, member);
	return NULL;
}

struct ports {
	int64_t from, to;
	bool is_all;
};

/* A rule without ports is of all. */
static struct ports ports_of(const struct json *permission)
{
	struct ports p = { 0, PORT_MAX, false };

	if (json_integer(json_member(permission, "FromPort"), &p.from) < 0 ||
		json_integer(json_member(permission, "ToPort"), &p.to) < 0 || p.from < 0)
		p = (struct ports){ 0, PORT_MAX, true };
	p.is_all = p.is_all || (p.from <= 0 && p.to >= PORT_MAX);
	return p;
}

static bool is_protocol(const char *protocol, const char *name, const char *number)
{
	return strcmp(protocol, name) == 0 || strcmp(protocol, number) == 0;
}

static bool has_port(const struct look *l, const struct ports *p)
{
	for (size_t i = 0; i < l->thresholds.port_count; i++)
		if (p->from <= l->thresholds.ports[i] && l->thresholds.ports[i] <= p->to)
			return true;
	return false;
}

/* What of it is too open: "tcp 22"; empty: nothing. */
static bool describe(const struct look *l, const struct json *permission, char *ret)
{
	const char *protocol = json_member_text(permission, "IpProtocol");
	struct ports p = ports_of(permission);
	bool is_tcp = protocol && is_protocol(protocol, "tcp", "6");
	bool is_udp = protocol && is_protocol(protocol, "udp", "17");
	const char *name = is_tcp ? "tcp" : "udp";

	if (protocol && strcmp(protocol, "-1") == 0)
		(void)snprintf(ret, RULE_TEXT, "all protocols");
	else if ((is_tcp || is_udp) && p.is_all)
		(void)snprintf(ret, RULE_TEXT, "all ports of %s", name);
	else if (!is_tcp || !has_port(l, &p))
		return false;
	else if (p.from == p.to)
		(void)snprintf(ret, RULE_TEXT, "tcp %" PRId64, p.from);
	else
		(void)snprintf(ret, RULE_TEXT, "tcp %" PRId64 "-%" PRId64, p.from, p.to);
	return true;
}

static int note_permission(struct look *l, const struct json *permission)
{
	const char *v4 = open_range(permission, "IpRanges", "CidrIp");
	const char *v6 = open_range(permission, "Ipv6Ranges", "CidrIpv6");
	char what[RULE_TEXT], text[2 * RULE_TEXT];

	if ((!v4 && !v6) || !describe(l, permission, what))
		return 0;
	(void)snprintf(text, sizeof(text), "%s from %.64s%s%.64s", what, v4 ? v4 : "",
		v4 && v6 ? " and " : "", v6 ? v6 : "");
	return look_list(l, span_of(text));
}

static int note_users(struct look *l, const struct users *users, struct span id)
{
	uint32_t n;

	if (!users->ids)
		return look_note(l, "nobody knows what uses it");
	if (!users->counts || intern_find(users->ids, id, &n) < 0)
		return look_note(l, "no network interface uses it");
	return look_note(l, "network interfaces that use it: %" PRIu64, users->counts[n]);
}

static int judge(struct look *l, const struct look_region *r, size_t item,
	const struct json *group, const struct users *users)
{
	const struct json *ingress = json_member(group, "IpPermissions");
	struct span id = inventory_text(r->inventories[GROUPS], item, INVENTORY_ID);
	int e = 0;

	look_forget(l);
	if (!json_is_array(ingress))
		return look_unknown(
			l, r, GROUPS, item, "it says nothing of what it lets in");
	for (const struct json *i = json_first(ingress); e == 0 && i; i = json_next(i))
		e = note_permission(l, i);
	if (e < 0 || l->note_count == 0)
		return e;
	e = look_list_end(l);
	if (e == 0)
		e = note_users(l, users, id);
	return e < 0 ? e : look_found(l, r, GROUPS, item, "open to everybody");
}

static int count_groups(struct users *users, const struct json *interface)
{
	const struct json *groups = json_member(interface, "Groups");
	int e = 0;

	if (!json_is_array(groups))
		return 0;
	for (const struct json *i = json_first(groups); e == 0 && i; i = json_next(i)) {
		const char *id = json_member_text(i, "GroupId");
		uint32_t n;

		if (!id)
			continue;
		e = intern_add(users->ids, span_of(id), &n);
		if (e == 0)
			e = look_reserve(&users->counts, &users->cap, n);
		if (e == 0)
			users->counts[n]++;
	}
	return e;
}

static int count_users(const struct look_region *r, struct users *ret)
{
	const struct inventory *v = r->inventories[INTERFACES];
	int e = 0;

	if (!v)
		return 0;
	ret->ids = intern_new();
	if (!ret->ids)
		return -ENOMEM;
	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct json *interface = NULL;

		/* What cannot be read counts for nothing: it is only evidence. */
		if (json_parse(inventory_json(v, i), &interface) == -ENOMEM)
			e = -ENOMEM;
		else
			e = count_groups(ret, interface);
		json_free(interface);
	}
	return e;
}

int groups_look(struct look *l, const struct look_region *r)
{
	const struct inventory *v = r->inventories[GROUPS];
	struct users users = { 0 };
	int e = count_users(r, &users);

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct json *group = NULL;

		e = look_json(l, r, GROUPS, i, &group);
		if (e == 1)
			e = judge(l, r, i, group, &users);
		json_free(group);
	}
	intern_free(users.ids);
	free(users.counts);
	return e;
}
