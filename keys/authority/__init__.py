"""A small authority: certificates for seals, signers, systems and tests, their revocations, OCSP and time stamps."""
