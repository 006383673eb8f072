"""The certificates part of a subject's profile."""
