"""Accounts of partners that speak a dialect of the wire, and their calls at the gate."""
