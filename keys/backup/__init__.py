"""Backups: the whole site as one folder of encrypted parts, made while it serves, brought back into an empty one."""
