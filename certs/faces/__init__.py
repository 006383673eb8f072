"""Faces of certificates: one template at absolute places drives OFD and PDF alike."""
