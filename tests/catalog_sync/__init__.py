"""Tests of what goes up to the platforms above and beside us."""
