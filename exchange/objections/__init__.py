"""Objections (异议、校核): what was received is wrong; its provider verifies it, and all who received it are told."""
