"""Offline evidence of certificates: packs that anybody judges without asking, and credentials of the same row."""
