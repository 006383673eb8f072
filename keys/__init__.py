"""Keys and certificates: who is who, what can be computed, who is trusted, and where private keys live."""
