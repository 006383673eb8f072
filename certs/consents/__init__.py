"""The holder's authorisation: for whom, for what, which fields, until when, by whom; given, used, withdrawn."""
