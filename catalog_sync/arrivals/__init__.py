"""What came down: files and rows of front libraries, checked, staged once with their faults, or kept as evidence."""
