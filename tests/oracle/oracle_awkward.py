#!/usr/bin/env python3
"""Both oracles on an export of everything that is legal and rare.
Usage: oracle_awkward.py COSTFS [SEED…]"""
import sys

import awkward
from costtree import Report, Workshop, open_tree
from oracle_raw import check_lines, check_split, check_total, months_of
from oracle_rollups import Check


def main(tool, *seeds):
    report = Report()
    with Workshop(tool) as shop:
        for seed in seeds or ("1",):
            root = awkward.write(shop.fresh("awkward"), int(seed))
            with open_tree(shop, root) as tree:
                for name, month in months_of(root).items():
                    check_total(report, tree, name, month)
                    check_split(report, tree, name, month)
                    check_lines(report, tree, name, month)
                Check(report, tree).run()
    report.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
