"""Pushes: a directory's mounted rows brought to a subscriber's table or folder, typed, staged, swapped at the end."""
