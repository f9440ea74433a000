#!/usr/bin/env python3
"""Adds up every roll-up file at every scope from the costs.csv files alone, and compares all of
them to the last byte. Usage: oracle_rollups.py COSTFS [DEMO-EXPORT-FLAG…]"""
import sys

from costtree import Report, Workshop, can_mount, open_tree, parse, record
from figures import LEAD, MONEY, Item, Month, add_up, dearest
from kit import Kit, Slices, daily, encode, resource_index, resource_summary, status

RESOURCES_A_SLICE = 6


class Check:
    def __init__(self, report, tree):
        self.report, self.tree = report, tree
        for month in tree.list("months"):
            # What is in the cache is known to be there once it was asked for.
            tree.read(f"months/{month}/total.csv")
        self.accounts = sorted(n for n in tree.list("accounts"))
        self.months, self.directories = {}, {}

    def account_id(self, directory):
        return directory.rsplit("_", 1)[-1]

    def load(self, month):
        """All line items of a month, from its costs.csv files; their text by account, service."""
        items, texts, header = [], {}, None
        for directory in self.accounts:
            base = f"accounts/{directory}/{month}/services"
            if month not in self.tree.list(f"accounts/{directory}"):
                continue
            for service in self.tree.list(base):
                path = f"{base}/{service}/costs.csv"
                text = self.tree.read(path)
                rows = parse(self.report, text, path)
                header = header or rows[0]
                self.report.check(rows[0] == header, path, "has another header")
                at = {name: index for index, name in enumerate(header)}
                found = [Item(row, at) for row in rows[1:]]
                items += found
                self.belongs(path, directory, service, month, found)
                texts[found[0]["account_id"], found[0]["service"]] = text.split("\n", 1)[1]
        self.report.check(header and header[:len(LEAD)] == LEAD, month, "leading columns")
        self.report.check(len(set(header)) == len(header), month, "a column stands twice")
        return header, items, texts

    def belongs(self, path, directory, service, month, items):
        """Every row stands in its own account's and service's directory; kept for later."""
        keys = {(i["account_id"], i["service"]) for i in items}
        self.report.check(len(keys) == 1, path, "has rows of", keys)
        for account, code in keys:
            self.report.check(self.account_id(directory) == account, path, "is of", account)
            market = any(i["bill_billing_entity"] == "AWS Marketplace" for i in items)
            named = service.endswith("_" + encode(code)) if market else service == encode(code)
            self.report.check(named, path, "is of", code)
            self.directories[month, code] = service

    def compare(self, path, wanted):
        text = self.tree.read(path)
        parse(self.report, text, path)
        self.report.same(text, wanted, path)

    def kit(self, base, kit, others):
        """All its files, and no file that is not known here."""
        listed = set()
        for name in self.tree.list(base):
            if name in ("by-tag", "by-cost-category"):
                listed |= {f"{name}/{file}" for file in self.tree.list(f"{base}/{name}")}
            else:
                listed.add(name)
        # Folders without a file may be there or not.
        self.report.check(listed == set(kit.files) | set(others), base, "lists",
                          sorted(listed ^ (set(kit.files) | set(others))))
        for name, wanted in kit.files.items():
            self.compare(f"{base}/{name}", wanted)

    def month(self, month):
        as_of = self.listed_months[month][2]
        header, items, texts = self.load(month)
        everything = Month(month, as_of, items, header)
        slices = Slices(everything)
        self.months[month] = everything
        self.texts, self.top = texts, record(header)
        self.whole(everything, slices)
        for directory in self.accounts:
            mine = [i for i in items if i["account_id"] == self.account_id(directory)]
            if mine:
                self.account(everything, slices, directory, mine)

    def lines(self, path, keys):
        wanted = self.top + "".join(self.texts[key] for key in sorted(keys))
        self.report.same(self.tree.read(path), wanted, path)

    def whole(self, month, slices):
        base = f"months/{month.month}"
        kit = Kit(month, slices, month.items)
        kit.files["unconnected.csv"] = f"account_id,{MONEY},name\n"
        self.kit(base, kit, ["services", "lines.csv"])
        self.lines(f"{base}/lines.csv", self.texts)
        codes = {i["service"] for i in month.items}
        self.report.check({self.directories[month.month, code] for code in codes}
                          == set(self.tree.list(f"{base}/services")), base, "services")
        for code in codes:
            mine = [i for i in month.items if i["service"] == code]
            path = f"{base}/services/{self.directories[month.month, code]}"
            self.kit(path, Kit(month, slices, mine, service=code), ["lines.csv"])
            self.lines(path + "/lines.csv", [key for key in self.texts if key[1] == code])

    def account(self, month, slices, directory, items):
        base = f"accounts/{directory}/{month.month}"
        account = items[0]["account_id"]
        self.kit(base, Kit(month, slices, items, account=account), ["services", "lines.csv"])
        self.lines(f"{base}/lines.csv", [key for key in self.texts if key[0] == account])
        for service in sorted({i["service"] for i in items}):
            mine = [i for i in items if i["service"] == service]
            path = f"{base}/services/{self.directories[month.month, service]}"
            self.kit(path, Kit(month, slices, mine, account, service),
                     ["costs.csv", "resources"])
            self.resources(month, slices, path + "/resources", mine)

    def resources(self, month, slices, base, items):
        self.compare(base + "/index.csv", resource_index(slices, items))
        by_directory = {}
        for item in items:
            by_directory.setdefault(slices.directory(item), []).append(item)
        self.report.check(set(self.tree.list(base)) == set(by_directory) | {"index.csv"}, base,
                          "lists other resources")
        names = sorted(by_directory)
        sample = names if len(names) <= RESOURCES_A_SLICE else names[::len(names) //
                                                                      RESOURCES_A_SLICE]
        for name in sample:
            mine = by_directory[name]
            self.compare(f"{base}/{name}/summary.csv", resource_summary(mine))
            self.compare(f"{base}/{name}/daily.csv", daily(month, mine))
            self.report.same(self.tree.read(f"{base}/{name}/lines.csv"),
                             self.top + "".join(record(i.cells) for i in mine),
                             f"{base}/{name}/lines.csv")

    def root(self):
        """accounts.csv and services.csv tell of the newest month, months.csv of all."""
        rows = ["month,status,as_of," + MONEY + "\n"]
        for name in sorted(self.months):
            month = self.months[name]
            front = [name, status(month.items), month.as_of]
            sums = add_up(month.items, lambda i: [()])
            for (_, currency), total in sorted(sums.items(), key=dearest):
                rows.append(record(front + total.money(currency)))
        self.compare("months.csv", "".join(rows))
        newest = self.months[max(self.months)]
        self.compare("services.csv", self.of_root(
            newest, "service", "service,directory", "service", lambda code: [
                self.directories[newest.month, code]], newest.service_names, set()))
        seen, names = {}, {}
        for name in sorted(self.months):
            names.update(self.months[name].account_names)
            for item in self.months[name].items:
                seen.setdefault(item["account_id"], []).append(name)
        directory = {self.account_id(d): d for d in self.accounts}
        self.compare("accounts.csv", self.of_root(
            newest, "account", "account_id,directory,first_month,last_month", "account_id",
            lambda account: [directory[account], min(seen[account]), max(seen[account])],
            names, set(seen)))

    def of_root(self, month, _, header, column, more, names, known):
        sums = add_up(month.items, lambda i: [(i[column],)])
        entries = [((key[0], currency), total.cost(0), total.money(currency))
                   for (key, currency), total in sums.items()]
        for key in known - {i[column] for i in month.items}:
            entries.append(((key, ""), None, [""] * 6 + ["0"]))
        entries.sort(key=lambda e: (e[1] is None, -(e[1] or 0), e[0][0].encode(), e[0][1]))
        return f"{header},{MONEY},name\n" + "".join(
            record([key] + more(key) + money + [names.get(key, "")])
            for (key, _), _, money in entries)

    def run(self):
        rows = parse(self.report, self.tree.read("months.csv"), "months.csv")
        self.listed_months = {row[0]: row for row in rows[1:]}
        self.report.check(sorted(self.listed_months) == sorted(self.tree.list("months")),
                          "months.csv lists other months than months/")
        for month in sorted(self.listed_months):
            self.month(month)
        if can_mount():
            self.root()


def main(tool, *flags):
    report = Report()
    if not can_mount():
        # Each command knows only the months that it reads itself.
        flags += "--months", "1"
    with Workshop(tool) as shop:
        with open_tree(shop, shop.demo(*flags)) as tree:
            Check(report, tree).run()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
