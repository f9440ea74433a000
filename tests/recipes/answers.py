"""What the recipes of docs/cookbook.md should print, from the rows as AWS delivers them.

Costs are whole counts of 10^-18. A check takes what the recipes of its question printed, in
their order.
"""
import collections
import csv
import decimal
import glob
import gzip
import io
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

import figures
import raw

NOW, LAST, FIRST = "2026-11", "2026-10", "2026-09"
COVERED = ("DiscountedUsage", "SavingsPlanCoveredUsage")
USAGE = ("Usage", *COVERED)
COMPUTE = re.compile("(Box|Instance|Node)Usage|Fargate|Lambda-GB")
UNIT = figures.UNIT
PLAN, RESERVATION = "savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n"
NEEDED = re.compile(
    "line_item_|bill_|product_(region|region_code|sku|product_name)$|pricing_public_on_demand_cost"
    "|pricing_unit|savings_plan_|reservation_|tag_|cost_category_")


class Line:
    """A row: the names of costs.csv for what it needs, and what its five costs should be."""

    def __init__(self, has, row):
        self.row = row
        self.day = row["line_item_usage_start_date"][:10]
        self.account = row["line_item_usage_account_id"]
        self.service = row["line_item_product_code"]
        self.region = row["product_region_code"] or row["product_region"]
        self.usage_type, self.kind = row["line_item_usage_type"], row["line_item_line_item_type"]
        self.resource = row["line_item_resource_id"]
        self.cost = self.net = self.amortized = self.net_amortized = self.list = None
        if row["line_item_operation"] in figures.SPLIT_OPERATIONS:
            return
        self.cost = figures.units(row["line_item_unblended_cost"])
        self.net = figures.units(row["line_item_net_unblended_cost"])
        self.list = 0 if self.kind == "SavingsPlanNegation" else \
            figures.units(row["pricing_public_on_demand_cost"])
        self.amortized = raw.amortized(has, row, self.cost, net=False)
        self.net_amortized = raw.amortized(has, row, self.net, net=True)


class Facts:
    """All rows of an export of the legacy kind: facts[month] is a list of lines."""

    def __init__(self, folder):
        self.months = collections.defaultdict(list)
        for name in sorted(glob.glob(f"{folder}/exports/demo/*/*.csv.gz")):
            text = gzip.open(name, "rt", encoding="utf-8", newline="").read()
            rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            names = [raw.snake(cell) for cell in next(rows)]
            places = [(i, n) for i, n in enumerate(names) if NEEDED.match(n)]
            has, month = set(names), re.search(r"/(\d{4})(\d\d)\d\d-", name)
            self.months[f"{month[1]}-{month[2]}"] += [
                Line(has, {n: row[i] for i, n in places}) for row in rows]
        assert len(self.months) == 3 and min(map(len, self.months.values())) > 9999

    def sums(self, month, key, cost="cost", where=lambda line: True):
        """{key: sum}; of keys without any such cost None."""
        found = {}
        for line in self.months[month]:
            if not where(line):
                continue
            own, value = key(line), getattr(line, cost)
            before = found.get(own)
            found[own] = before if value is None else (before or 0) + value
        return found


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def same(got, want, what):
    assert got == want, f"{what}:\ngot  {got}\nwant {want}"


def close(text, units, what, places=2):
    """Rounded as printed, by whatever arithmetic."""
    off = abs(decimal.Decimal(text) - decimal.Decimal(units) / UNIT)
    assert off <= decimal.Decimal("0.501") / 10 ** places, f"{what}: got {text}, want {units}"


def dearest(sums, count=None):
    """As roll-ups are sorted: no cost last, then by the key's bytes."""
    return sorted(sums, key=lambda k: (sums[k] is None, -(sums[k] or 0), str(k).encode()))[:count]


def check_rollup(text, key_name, columns, count, facts, month, key, where=lambda line: True):
    """A roll-up's first columns and rows, exactly; columns are of Line, in order."""
    header, *body = rows(text)
    same(header[0], key_name, "header")
    sums = [facts.sums(month, key, c, where) for c in columns]
    want = [[k] + [figures.plain(s[k]) for s in sums] for k in dearest(sums[0], count)]
    same([line[:1 + len(columns)] for line in body], want, key_name)


def check_ranked(table, sums, count, what, places=2):
    """Rows of key and rounded sum: the largest, in order; rounding may tie."""
    sums = {key: cost or 0 for key, cost in sums.items()}
    largest = sorted(sums.values(), reverse=True)[:count]
    same(len(table), len(largest), what)
    for (key, value), rank in zip(table, largest):
        close(value, sums[key], f"{what}: {key}", places)
        close(value, rank, f"{what}: the place of {key}", places)


def service(line):
    return line.service


def check_months(facts, text):
    want = []
    for month in sorted(facts.months):
        billed = {bool(line.row["bill_invoice_id"]) for line in facts.months[month]}
        status = {(True,): "final", (False,): "estimated"}.get(tuple(billed), "mixed")
        want.append([month, status] + [figures.plain(facts.sums(month, lambda _: 0, cost)[0])
                                       for cost in ("cost", "amortized")])
    same(rows(text), want, "months")


def check_services(facts, text):
    check_rollup(text, "service", ["cost", "amortized"], 5, facts, NOW, service)


def check_accounts(facts, text):
    check_rollup(text, "account_id", ["cost", "amortized"], 5, facts, NOW,
                 lambda line: line.account)


def check_regions(facts, text, outside):
    check_rollup(text, "region", ["cost", "amortized"], 3, facts, NOW,
                 lambda line: line.region or "_no-region")
    sums = facts.sums(NOW, lambda line: (line.account, line.region), where=lambda line:
                      line.region not in ("us-east-1", "global", "")
                      and not line.region.startswith("eu-"))
    check_ranked([((a, r), cost) for a, r, cost in rows(outside)], sums, 4, "outside")


def check_daily(facts, text):
    sums = [facts.sums(NOW, lambda line: line.day, cost) for cost in ("cost", "amortized")]
    same(rows(text), [[day, *(figures.plain(s[day]) for s in sums)]
                      for day in sorted(sums[0])[-3:]], "days")


def check_daily_by_service(facts, text):
    header, *body = rows(text)
    sums = facts.sums(NOW, lambda line: (line.day, line.service))
    days = sorted({day for day, _ in sums})[-3:]
    want = [[day] + [figures.plain(sums.get((day, s), 0)) for s in header[1:]] for day in days]
    same(sorted(header[1:]), ["AmazonEC2", "AmazonRDS", "AmazonS3"], "services")
    same(body, want, "days and services")


def check_resources(facts, text):
    sums = facts.sums(NOW, lambda line: (line.service, line.region, line.resource),
                      where=lambda line: line.resource)
    table = [((s, r, i), cost) for s, r, i, cost in rows(text)[1:]]
    check_ranked(table, sums, 4, "resources", places=18)


def check_instance(facts, text):
    sums = facts.sums(NOW, lambda line: (line.usage_type, line.row["line_item_operation"]),
                      where=lambda line: line.resource == "i-0215210b72dc6abcb")
    same(rows(text)[1:], [[*key, figures.plain(sums[key])] for key in dearest(sums)], "instance")


def check_usage_types(facts, text, skus):
    both = rows(text)
    for part, name, key in ((both[:4], "usage_type", lambda line: line.usage_type),
                            (both[4:], "operation",
                             lambda line: line.row["line_item_operation"])):
        lines = "".join(figures.record(line) for line in part)
        check_rollup(lines, name, ["cost"], 3, facts, NOW, key)
    sums = facts.sums(NOW, lambda line: (line.row["product_sku"], line.usage_type), where=lambda
                      line: line.service == "AmazonEC2" and line.row["product_sku"])
    check_ranked([((s, u), cost) for s, u, cost in rows(skus)[1:]], sums, 4, "SKUs")


def check_instance_types(facts, text):
    def key(line):
        bought = {"DiscountedUsage": "reserved", "SavingsPlanCoveredUsage": "savings plan"}
        return (line.usage_type.split(":")[1], "spot" if "SpotUsage:" in line.usage_type
                else bought.get(line.kind, "on demand"))
    sums = facts.sums(NOW, key, "amortized", lambda line: line.service == "AmazonEC2" and
                      line.kind in USAGE and re.search("(Box|Spot)Usage:", line.usage_type))
    check_ranked([((t, how), cost) for t, how, cost in rows(text)], sums, 8, "instance types")


def check_teams(facts, text):
    header, *body = rows(text)
    same(header, ["value", LAST, NOW], "header")
    was, now = (facts.sums(month, lambda line: line.row["tag_Team"] or "_untagged")
                for month in (LAST, NOW))
    same(body, [[team, figures.plain(was[team]), figures.plain(now[team])]
                for team in dearest(was, 5)], "teams")


def check_categories(facts, text):
    check_rollup(text, "value", ["cost", "amortized"], None, facts, NOW,
                 lambda line: line.row["cost_category_Business Unit"] or "_untagged")


def check_untagged(facts, coverage, accounts):
    total = facts.sums(NOW, lambda _: 0)[0]
    for key, tagged, untagged, percent in rows(coverage)[1:]:
        want = facts.sums(NOW, lambda line, k=key: bool(line.row["tag_" + k]))
        same([figures.units(tagged), figures.units(untagged)], [want[True], want[False]], key)
        close(percent, 100 * want[True] * UNIT // total, key)
    sums = facts.sums(NOW, lambda line: line.account, where=lambda line: not line.row["tag_Team"])
    check_ranked(rows(accounts), sums, 3, "untagged")


def check_charge_types(facts, text):
    check_rollup(text, "charge_type", ["cost", "net", "amortized", "net_amortized"], None, facts,
                 NOW, lambda line: line.kind)


def is_compute(line):
    return line.kind in USAGE and COMPUTE.search(line.usage_type)


def check_coverage(facts, text):
    every = facts.sums(NOW, service, "list", is_compute)
    part = facts.sums(NOW, service, "list",
                      lambda line: is_compute(line) and line.kind in COVERED)
    same([line[0] for line in rows(text)], sorted(every), "services")
    for name, covered, whole, percent in rows(text):
        close(covered, part.get(name, 0), name)
        close(whole, every[name], name)
        close(percent, 100 * part.get(name, 0) * UNIT // every[name] if every[name] else 0, name, 1)


def commitment(line):
    return line.row[PLAN] or line.row[RESERVATION]


def check_utilization(facts, text):
    used, unused = (facts.sums(NOW, commitment, "amortized", lambda line, k=kinds: line.kind in k)
                    for kinds in (COVERED, ("RIFee", "SavingsPlanRecurringFee")))
    same({line[0] for line in rows(text)[1:]}, set(used) | set(unused), "commitments")
    for arn, was_used, was_not in rows(text)[1:]:
        close(was_used, used.get(arn, 0), arn)
        close(was_not, unused.get(arn, 0), arn)


def check_ends(facts, text):
    want = {((line.row["savings_plan_end_time"] or line.row["reservation_end_time"])[:10],
             commitment(line)) for line in facts.months[NOW] if commitment(line)}
    same([tuple(line) for line in rows(text)[1:]], sorted(want), "ends")


def check_savings(facts, text):
    listed = facts.sums(NOW, lambda _: 0, "list", is_compute)[0]
    paid = facts.sums(NOW, lambda _: 0, "amortized", lambda line: is_compute(line) or
                      line.kind in ("RIFee", "SavingsPlanRecurringFee"))[0]
    got = re.fullmatch(r"list (\S+), paid (\S+), saved (\S+) %\n", text)
    close(got[1], listed, "list")
    close(got[2], paid, "paid")
    close(got[3], 100 * (listed - paid) * UNIT // listed, "rate", 1)


def check_credits(facts, text):
    body = [line for line in rows(text) if line[0] != "service"]
    want = []
    for month, kinds in ((NOW, ("Credit",)), (LAST, ("Refund",))):
        sums = facts.sums(month, lambda line: (
            line.service, line.row["line_item_line_item_description"]), where=lambda line, k=kinds:
            line.kind in k)
        want += [[s, figures.plain(sums[s, d]), d.replace("\n", " ")] for s, d in dearest(sums)]
    same(body, want, "credits and refunds")


def check_fees(facts, text):
    tax, *rest = text.splitlines()
    close(tax, facts.sums(NOW, lambda _: 0, where=lambda line: line.kind == "Tax")[0], "tax")
    support = [f"months/{m}/by-service.csv:{s},{figures.plain(cost)}" for m in sorted(facts.months)
               for s, cost in facts.sums(m, service).items() if "Support" in s]
    same(rest[:-4], support, "support")
    sums = facts.sums(NOW, lambda line: (
        line.service, line.row["line_item_line_item_description"]), where=lambda line:
        line.kind.endswith("Fee") or line.kind == "FlatRateSubscription")
    want = [[s, figures.plain(sums[s, d]), d] for s, d in dearest(sums, 3)]
    same(rows("\n".join(rest[-3:])), want, "fees")


def check_marketplace(facts, text):
    sums = facts.sums(NOW, lambda line: (line.row["line_item_legal_entity"],
                                         line.row["product_product_name"]), where=lambda line:
                      line.row["bill_billing_entity"] == "AWS Marketplace")
    check_ranked([((e, p), cost) for e, p, cost in rows(text)[1:]], sums, None, "sellers")


def check_invoices(facts, text):
    sums = facts.sums(LAST, lambda line: line.row["bill_invoice_id"])
    same(rows(text)[1:], [[i, "final", figures.hundredths(sums[i]), figures.plain(sums[i])]
                          for i in dearest(sums)], "invoices")


def check_movers(facts, text):
    last = max(line.day for line in facts.months[NOW])[8:]
    was, now = (facts.sums(m, service, where=lambda line: line.day[8:] <= last)
                for m in (LAST, NOW))
    moved = {s: (now.get(s) or 0) - (was.get(s) or 0) for s in was | now}
    body = rows(text)
    check_ranked([(line[0], line[3]) for line in body[:3]], moved, 3, "rises")
    close(body[3][3], min(moved.values()), "the largest fall")
    for name, before, after, _ in body:
        close(before, was.get(name) or 0, name)
        close(after, now.get(name) or 0, name)


def check_resource_movers(facts, text):
    was, now = (facts.sums(NOW, lambda line: line.resource, where=lambda line, d=day:
                           line.resource and line.day == d) for day in ("2026-11-22", "2026-11-23"))
    moved = {r: (now.get(r) or 0) - (was.get(r) or 0) for r in was | now}
    body = rows(text)
    check_ranked([(line[2], line[0]) for line in body[:3]], moved, 3, "rises")
    close(body[3][0], min(moved.values()), "the largest fall")
    for _, what, name in body:
        same(what, "new" if name not in was else "gone" if name not in now else "", name)


def check_new(facts, text):
    keys = {"by-account": lambda line: line.account, "by-service": service,
            "by-region": lambda line: line.region or "_no-region",
            "by-usage-type": lambda line: line.usage_type}
    want = [f"{name} {value}" for name, key in keys.items() for value in sorted(
        set(facts.sums(LAST, key)) - set(facts.sums(FIRST, key)), key=str.encode)]
    same(text.splitlines(), want, "what is new")


def check_anomalies(facts, text):
    days = collections.defaultdict(dict)
    for month in (LAST, NOW):
        for (name, day), cost in facts.sums(month, lambda line: (line.service, line.day),
                                            "amortized", lambda line: line.kind in USAGE).items():
            if cost is not None:
                days[name][day] = cost / UNIT
    want = []
    for name, costs in days.items():
        series = sorted(costs.items())
        for i in range(14, len(series)):
            before = [float(cost) for _, cost in series[i - 14:i]]
            usual, cost = statistics.fmean(before), float(series[i][1])
            if cost > usual + 3 * statistics.stdev(before) and cost > usual + 10:
                want.append([series[i][0], name])
    same([line[:2] for line in rows(text)], sorted(want), "anomalies")
    assert want, "there is none to be found"


def check_forecast(facts, text):
    sums = facts.sums(NOW, lambda line: line.day)
    days = [sums[day] for day in sorted(sums)]
    mean = sum(days[-8:-1]) / 7
    got = re.fullmatch(r"(\S+) so far, (\S+) expected\n", text)
    close(got[1], sum(days), "so far")
    close(got[2], int(sum(days[:-1]) + mean * (30 - len(days) + 1)), "expected")


def check_transfer(facts, text):
    def moves(line):
        return re.search("DataTransfer|(Out|In)-Bytes|NatGateway|PublicIPv4|VpcEndpoint",
                         line.usage_type)
    sums = facts.sums(NOW, lambda line: line.usage_type, where=moves)
    body = rows(text)
    check_ranked([(line[0], line[3]) for line in body], sums, 5, "transfer")
    for kind, amount, unit, _ in body:
        lines = [line.row for line in facts.months[NOW] if line.usage_type == kind]
        close(amount, sum(figures.units(row["line_item_usage_amount"]) or 0 for row in lines), kind)
        assert unit in {row["pricing_unit"] for row in lines}, kind


def check_old(facts, text):
    def old(line):
        return line.resource and re.search(
            r"VolumeUsage\.gp2|IdleAddress|BoxUsage:(t[12]|[mcri][1-4])\.", line.usage_type)
    sums = facts.sums(NOW, lambda line: (line.usage_type, line.resource), where=old)
    check_ranked([((u, r), cost) for u, r, cost in rows(text)], sums, 4, "old")


def check_nothing(_, *text):
    same("".join(text), "", "what changed")


def check_restated(facts, text):
    sums = facts.sums(LAST, service)
    same(sorted(rows(text)), [["AmazonS3", "1.23", figures.plain(sums["AmazonS3"])],
                              ["Gone", "4.56", "0"]], "what changed")


CHECKS = dict(enumerate((
    check_months, check_services, check_accounts, check_regions, check_daily,
    check_daily_by_service, check_resources, check_instance, check_usage_types,
    check_instance_types, check_teams, check_categories, check_untagged, check_charge_types,
    check_coverage, check_utilization, check_ends, check_savings, check_credits, check_fees,
    check_marketplace, check_invoices, check_movers, check_resource_movers, check_new,
    check_anomalies, check_forecast, check_transfer, check_old, check_nothing), start=1))
