"""The plan: the least burden for the applicant over all materials of a matter, each with its reason."""
