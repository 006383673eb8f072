"""Every change of the schema, in order. `pre` runs before the new program serves, `post` after the old one is gone."""
