"""Processes of their own for bytes from outside: bounded in memory, time and rights; a dead one is an answer."""
