"""Signed messages: SignedData of GB/T 35275 and of CMS, read strictly, verified by pure functions, and written."""
