"""Golden files by standard, and the way they are made again."""
