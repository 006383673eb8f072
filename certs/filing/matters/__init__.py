"""Matters: what each asks for under which circumstances, and what may stand in for it."""
