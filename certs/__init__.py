"""Electronic certificates: their types, the library of them, and their use instead of papers."""
