"""Another site of this platform: how it is called, and what of its answers is believed."""
