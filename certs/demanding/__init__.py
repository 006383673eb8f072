"""Demands for data that come of what filing lacks: gaps of plans, and entries that are missing again and again."""
