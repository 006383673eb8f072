"""Who is who: organisations, their business systems, people and their duties, and how each proves to be itself."""
