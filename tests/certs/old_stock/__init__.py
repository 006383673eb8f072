"""Stories of old stock."""
