"""Looking certificates up for a purpose: who may, where it is asked, what of it is given, and that it is on record."""
