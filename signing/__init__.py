"""Seals and signed documents."""
