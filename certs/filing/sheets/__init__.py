"""Sealed filing documents: the receipt of a look-up (调取凭证) and the one-time notice (一次告知单)."""
