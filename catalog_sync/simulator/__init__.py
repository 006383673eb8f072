"""The national platform, simulated: what it takes it keeps, and every fault of a real one can be switched on.

It shares no code with the clients that are tried against it, so that the two can be wrong in different ways.
"""
