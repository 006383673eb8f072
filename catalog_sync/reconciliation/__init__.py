"""What two sides hold, compared without telling each other all of it."""
