"""When two written names are one. Pure."""

import unicodedata


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same, however wide their letters are and with whatever stroke or space between."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    told = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in told if sign.isalnum())
