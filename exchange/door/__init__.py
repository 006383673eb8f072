"""The gateway: one call from its grant to its answer, with its record, its quota and its receipt."""
