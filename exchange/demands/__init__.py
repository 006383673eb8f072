"""Demands for data (供需对接): what departments need and do not have, who is to provide it, and how it ended."""
