"""Impressions of real seals (印模), as the office that keeps them hands them over; electronic seals are made from them.

`packages` reads what is handed over, `keeping` keeps it and says whose impression a filing number is.
"""
