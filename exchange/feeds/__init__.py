"""What goes out by itself: the change feed, subscriptions to it, and pushed tables and files."""
