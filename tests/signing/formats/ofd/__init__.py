"""Tests of OFD."""
