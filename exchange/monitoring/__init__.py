"""Monitoring: what is seen to be wrong becomes a ticket that somebody owns, and that ends only with their word."""
