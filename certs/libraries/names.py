"""When two written names are one. Pure."""

import unicodedata


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same, however wide their letters are and with whatever stroke or space between."""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """Give the letters and digits of a name alone, in one width and case."""
    told = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in told if sign.isalnum())
