"""How others' seals stand: asked of the seal system, kept with source, time and expiry, told to whoever verifies."""
