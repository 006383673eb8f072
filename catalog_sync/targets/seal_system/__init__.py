"""The national seal system: what it is told and what it answers, by `dialect.toml`."""
