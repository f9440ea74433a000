/* IAM's users that do nothing any more, and passwords that nobody needs. */
#include <errno.h>

#include "fs/finding/look.h"

enum { USERS };

/* What is known of one user. */
struct user {
	struct instant created, password_used; /* or INSTANT_NONE */
	bool has_login, is_login_known;
	size_t active_keys;
	bool are_keys_known;
	struct instant keys_used; /* the last use of any active one; or INSTANT_NONE */
	const char *unknown; /* why nobody can judge; NULL: somebody can */
};

static bool has_refused(const struct json *user, const char *operation)
{
	const struct json *errors = json_member(user, "Errors");

	if (!json_is_array(errors))
		return false;
	for (const struct json *i = json_first(errors); i; i = json_next(i)) {
		const char *text = json_member_text(i, "Operation");

		if (text && strcmp(text, operation) == 0)
			return true;
	}
	return false;
}

/* One that was never used has no date. */
static bool read_key(const struct json *key, struct user *ret)
{
	const struct json *last = json_member(key, "AccessKeyLastUsed");
	const char *status = json_member_text(key, "Status");
	struct instant used;
	int e;

	if (!status)
		return false;
	if (strcmp(status, "Active") != 0)
		return true;
	ret->active_keys++;
	if (!json_is_object(last))
		return false;
	e = look_time(last, "LastUsedDate", &used);
	if (e == 1 && used.seconds > ret->keys_used.seconds)
		ret->keys_used = used;
	return e >= 0;
}

static void read_keys(const struct json *user, struct user *ret)
{
	const struct json *keys = json_member(user, "AccessKeys");

	ret->are_keys_known = json_is_array(keys);
	if (!ret->are_keys_known)
		return;
	for (const struct json *i = json_first(keys); i; i = json_next(i))
		if (!read_key(i, ret))
			ret->are_keys_known = false;
}

static struct user read_user(const struct json *json)
{
	struct user u = { .created = { INSTANT_NONE },
		.password_used = { INSTANT_NONE },
		.keys_used = { INSTANT_NONE } };
	const struct json *login = json_member(json, "LoginProfile");

	if (look_time(json, "CreateDate", &u.created) != 1)
		u.unknown = "when it was created is not known";
	else if (look_time(json, "PasswordLastUsed", &u.password_used) < 0)
		u.unknown = "when its password was used is not known";
	u.has_login = json_is_object(login);
	u.is_login_known =
		u.has_login || (login && !has_refused(json, "GetLoginProfile"));
	read_keys(json, &u);
	return u;
}

static bool is_unused(const struct look *l, struct instant used, enum threshold than)
{
	return used.seconds == INSTANT_NONE ||
		look_is_older(l, used, l->thresholds.value[than]);
}

static int note_user(struct look *l, const struct user *u)
{
	int e = 0;

	look_forget(l);
	if (u->created.seconds != INSTANT_NONE)
		e = look_note_day(l, "created", u->created, "");
	if (e == 0)
		e = look_note_day(l, "password used", u->password_used, "never");
	if (e == 0 && !u->has_login && u->is_login_known)
		e = look_note(l, "no login profile");
	if (e == 0 && u->are_keys_known)
		e = look_note(l, "active keys: %zu", u->active_keys);
	if (e == 0 && (u->active_keys || !u->are_keys_known))
		e = look_note_day(l, "keys used", u->keys_used,
			u->are_keys_known ? "never" : "nobody knows when");
	return e;
}

/* What both rules begin with: an old user, and a password that is not used. */
static bool may_be(const struct look *l, const struct user *u, enum threshold than)
{
	return (u->created.seconds == INSTANT_NONE ||
		       look_is_older(l, u->created, l->thresholds.value[than])) &&
		is_unused(l, u->password_used, than);
}

static const char *const keys_unknown = "when its access keys were used is not known";

static int judge_inactive(
	struct look *l, const struct look_region *r, size_t item, const struct json *json)
{
	struct user u = read_user(json);
	int e;

	/* A key that was used is enough, whatever else is not known. */
	if (!may_be(l, &u, THRESHOLD_INACTIVE_USERS) ||
		!is_unused(l, u.keys_used, THRESHOLD_INACTIVE_USERS))
		return 0;
	if (!u.unknown && !u.are_keys_known)
		u.unknown = keys_unknown;
	e = note_user(l, &u);
	if (e < 0)
		return e;
	if (u.unknown)
		return look_unknown(l, r, USERS, item, u.unknown);
	return look_found(l, r, USERS, item, "neither password nor keys are used");
}

/* Within half of the time. */
static bool are_keys_in_use(const struct look *l, const struct user *u)
{
	uint64_t half = l->thresholds.value[THRESHOLD_UNUSED_CONSOLE] / 2;

	return u->keys_used.seconds != INSTANT_NONE &&
		!look_is_older(l, u->keys_used, half);
}

static int judge_console(
	struct look *l, const struct look_region *r, size_t item, const struct json *json)
{
	struct user u = read_user(json);
	bool uses_keys = are_keys_in_use(l, &u);
	int e;

	if (!may_be(l, &u, THRESHOLD_UNUSED_CONSOLE) ||
		(u.is_login_known && !u.has_login) || (u.are_keys_known && !uses_keys))
		return 0;
	if (!u.unknown && !u.is_login_known)
		u.unknown = "whether it has a login profile is not known";
	if (!u.unknown && !uses_keys)
		u.unknown = keys_unknown;
	e = note_user(l, &u);
	if (e < 0)
		return e;
	if (u.unknown)
		return look_unknown(l, r, USERS, item, u.unknown);
	return look_found(l, r, USERS, item, "keys are used and the password is not");
}

typedef int judge_fn(struct look *l, const struct look_region *r, size_t item,
	const struct json *json);

static int judge_all(struct look *l, const struct look_region *r, judge_fn *judge)
{
	const struct inventory *v = r->inventories[USERS];
	int e = 0;

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct json *user = NULL;

		e = look_json(l, r, USERS, i, &user);
		if (e == 1)
			e = judge(l, r, i, user);
		json_free(user);
	}
	return e;
}

int inactive_look(struct look *l, const struct look_region *r)
{
	return judge_all(l, r, judge_inactive);
}

int console_look(struct look *l, const struct look_region *r)
{
	return judge_all(l, r, judge_console);
}
