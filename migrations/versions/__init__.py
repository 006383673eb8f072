"""The steps, named NNNN_{pre|post}_what."""
