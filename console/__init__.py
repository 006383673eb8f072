"""The pages. Nothing is decided here: every page shows what the rooms below answer."""
