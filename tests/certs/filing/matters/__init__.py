"""Tests of matters and their correspondence."""
