"""Stories of finished files that are taken in."""
