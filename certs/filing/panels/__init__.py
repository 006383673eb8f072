"""The panel for windows: what somebody else's intake system shows of a filing, in a frame of its own page."""
