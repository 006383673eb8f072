"""Answering yes or no about a certificate, signed, without giving what it says."""
