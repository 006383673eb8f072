"""Tests of look-ups for filing."""
