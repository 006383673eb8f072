"""Benchmarks: each a module with NAME and run(), beside a peer or a floor in the same run."""
