"""The data directory and the door to it."""
