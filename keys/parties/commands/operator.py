"""Who acts when a command is run; it stands in `keys.parties.operator`, where other rooms' commands find it too."""

from keys.parties.operator import operator

__all__ = ["operator"]
