"""The page that checks packs offline, as it is shipped: one file, and the policy that stands in it."""

import re
from importlib import resources
from typing import Final

PAGE: Final = "evidence.html"
_POLICY: Final = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')
# The page runs in a place of its own: nothing in it can reach what the reader does at this site.
_SANDBOXED: Final = "sandbox allow-scripts"


def page() -> bytes:
    """Read the page."""
    return resources.files("certs.evidence").joinpath(PAGE).read_bytes()


def policy() -> str:
    """Give the policy under which it is served: its own, and a place of its own."""
    found = _POLICY.search(page().decode())
    if found is None:
        raise LookupError(PAGE)
    return f"{found[1]}; {_SANDBOXED}"
