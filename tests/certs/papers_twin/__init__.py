"""Stories of the paper twin."""
