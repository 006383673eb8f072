"""`make vectors`: make every golden file again, each by its own slow and plain builder."""

import runpy

for builder in ("tests.base.naive_tree", "tests.signing.answers"):
    runpy.run_module(builder, run_name="__main__")
