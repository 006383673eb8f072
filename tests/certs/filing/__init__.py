"""Tests of material-free filing."""
