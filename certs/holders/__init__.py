"""The holder's view: who is which holder, what of theirs was used, by whom and for what, and what they say to it."""
