"""Other sites of this platform: what they tell us and we hold, and what of ours is returned to them."""
