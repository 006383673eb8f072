"""`make vectors`: make every golden file again, each by its own slow and plain builder."""

import runpy

for builder in (
    "tests.base.naive_tree",
    "tests.signing.answers",
    "tests.catalog_sync.targets.front_golden",
    "tests.catalog_sync.targets.site_golden",
):
    runpy.run_module(builder, run_name="__main__")
