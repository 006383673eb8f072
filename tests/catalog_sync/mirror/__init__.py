"""Tests of what is copied from other platforms."""
