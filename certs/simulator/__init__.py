"""A neighbour province's library, invented, with every fault that a real one has: for the sandbox, and to try out."""
