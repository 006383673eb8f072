"""Old stock: a department's table of certificates from before, profiled, signed off, made anew, and published."""
