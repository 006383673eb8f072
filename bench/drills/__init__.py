"""Failure drills and long runs: each a module with NAME and run(), resumable, its result kept with machine notes."""
