"""A provincial case centre (办件中心): what it is told (`dialect.toml`) and how a site reaches it."""
