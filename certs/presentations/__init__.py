"""Presentations (亮证): a holder shows certificates by a short-lived code, and a window redeems it once."""
