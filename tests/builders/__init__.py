"""Builders of what tests are about, with good defaults: a test shows only what is peculiar."""
