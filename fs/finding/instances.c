/* Instances that run and do next to nothing, by their metrics. */
#include <errno.h>
#include <inttypes.h>

#include "base/intern.h"
#include "fs/finding/look.h"

enum { INSTANCES };
enum { HUNDREDTH_PPM = 100, PERCENT_PPM = 10000 };

/* What cannot be said of it; NULL: all is known. */
static const char *lack_of(const struct look *l, const struct finding_metric *m)
{
	int64_t measured;

	if (!m)
		return "there are no metrics of it yet: read its metrics.csv";
	if (!m->has_cpu || !m->has_network_in || !m->has_network_out)
		return "metrics of its CPU or its network are missing";
	if (__builtin_sub_overflow(m->to.seconds, m->from.seconds, &measured) ||
		measured < 0 ||
		(uint64_t)measured < l->thresholds.value[THRESHOLD_ABANDONED_INSTANCES])
		return "its metrics are of too short a time";
	return NULL;
}

static bool is_idle(const struct look *l, const struct finding_metric *m)
{
	uint64_t network;

	return m->cpu_ppm <= l->thresholds.value[THRESHOLD_INSTANCE_CPU] &&
		!__builtin_add_overflow(m->network_in, m->network_out, &network) &&
		network <= l->thresholds.value[THRESHOLD_INSTANCE_NETWORK];
}

static int note_metric(struct look *l, const struct finding_metric *m)
{
	int e = look_note(l, "CPU %" PRIu64 ".%02" PRIu64 "%%", m->cpu_ppm / PERCENT_PPM,
		m->cpu_ppm / HUNDREDTH_PPM % 100);

	if (e == 0)
		e = look_note(l,
			"network in %" PRIu64 " and out %" PRIu64 " bytes a second",
			m->network_in, m->network_out);
	if (e == 0)
		e = look_note_day(l, "measured from", m->from, "");
	return e < 0 ? e : look_note_day(l, "to", m->to, "");
}

static int judge(struct look *l, const struct look_region *r, size_t item,
	const struct finding_metric *m)
{
	const struct inventory *v = r->inventories[INSTANCES];
	const char *lack = lack_of(l, m);
	int e;

	if (!lack && !is_idle(l, m))
		return 0;
	look_forget(l);
	e = look_note(
		l, "%.*s", SPAN_ARG(look_cut(inventory_text(v, item, INVENTORY_TYPE))));
	if (e == 0)
		e = look_note_day(
			l, "launched", look_created(v, item), "nobody knows when");
	if (e < 0)
		return e;
	if (lack)
		return look_unknown(l, r, INSTANCES, item, lack);
	e = note_metric(l, m);
	return e < 0 ? e : look_found(l, r, INSTANCES, item, "does next to nothing");
}

static int judge_region(
	struct look *l, const struct look_region *r, const struct intern *ids)
{
	const struct inventory *v = r->inventories[INSTANCES];
	uint64_t old = l->thresholds.value[THRESHOLD_ABANDONED_INSTANCES];
	int e = 0;

	for (size_t i = 0; e == 0 && i < inventory_count(v); i++) {
		struct instant launched = look_created(v, i);
		uint32_t m;

		if (!span_eq(inventory_text(v, i, INVENTORY_STATE), SPAN("running")) ||
			(launched.seconds != INSTANT_NONE &&
				!look_is_older(l, launched, old)))
			continue;
		e = judge(l, r, i,
			intern_find(ids, inventory_text(v, i, INVENTORY_ID), &m) == 0
				? &l->in->metrics[m]
				: NULL);
	}
	return e;
}

static int lack_metrics(struct look *l)
{
	const struct fault off = { .text = "CloudWatch metrics are not on, since each "
					   "call costs money",
		.cure = FINDING_METRICS_CURE };

	return look_lack(l, NULL, &off, NULL);
}

int instances_look(struct look *l, const struct look_region *regions, size_t count,
	struct fault *why)
{
	struct intern *ids;
	int e = 0;

	(void)why;
	if (!l->in->has_metrics)
		return lack_metrics(l);
	ids = intern_new();
	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; e == 0 && i < l->in->metric_count; i++) {
		uint32_t id;

		e = intern_add(ids, l->in->metrics[i].instance, &id);
	}
	for (size_t i = 0; e == 0 && i < count; i++)
		e = judge_region(l, &regions[i], ids);
	intern_free(ids);
	return e;
}
