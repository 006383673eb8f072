"""Finished certificates that others sealed: verified, read, and kept byte for byte, or kept out with the reason."""
