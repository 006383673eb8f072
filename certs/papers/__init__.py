"""The paper twin of a certificate: numbered blanks received by an organ, each used once, void or lost."""
