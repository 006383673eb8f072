"""What goes up to the platforms above and beside us, and what comes back."""
