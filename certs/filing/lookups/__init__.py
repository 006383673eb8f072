"""Look-ups: everything for one case and all its persons in one call."""
