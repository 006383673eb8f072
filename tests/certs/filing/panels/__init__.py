"""Panels for windows."""
