"""The ground: what every room stands on. No word of the domain is known here."""
