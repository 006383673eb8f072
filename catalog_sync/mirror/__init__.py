"""The mirror: a read-only copy of the directories and code tables that other platforms offer; pulled, never told."""
