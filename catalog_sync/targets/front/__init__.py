"""The national front library (前置库): its tables as data, records as their rows. Its target stands beside it."""
