"""Runs all measurements one after the other: python -m bench."""

import sys

from bench import flood, loader, page_weight, tick_to_dom, wire

sys.argv[1:] = []
for measure in (page_weight, tick_to_dom, wire, flood, loader):
    print(f"\n{(measure.__doc__ or '').splitlines()[0]}\n")
    measure.main()
