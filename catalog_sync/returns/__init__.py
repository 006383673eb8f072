"""Data that comes back from above (数据回流): declared, judged, brought into our own tables, or held for a person."""
