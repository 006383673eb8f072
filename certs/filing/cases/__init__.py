"""Cases (办件): received at one place and worked on at another, step by step, never without an owner and a deadline."""
