"""A province's own code (for one 苏服码): a port that says whose it is, and one way over HTTP.

Such a code is made, shown and ended by the province's system; here it is only resolved to its holder, once, when a
window redeems it. What its interface looks like is told by each province; `HttpProvinceCode` asks one that answers in
JSON, and a site whose province speaks otherwise hands in another.
"""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

from base import strict_json
from base.fetch import Destination, Fetch, Outgoing
from base.strict_json import MalformedJson
from certs.drafts import Holder
from certs.holder_codes import holder_codes
from certs.presentations.errors import ProvinceCodeUnavailable

# Such codes are short texts; what is longer is something else.
LONGEST_CODE: Final = 200
LARGEST_ANSWER: Final = 64 * 1024


class ProvinceCode(Protocol):
    """Says whose a province's code is."""

    def holder(self, code: str, organisation: str) -> Holder | None:
        """Give the holder who shows the code to this organisation; none where it is no code, or over.

        Raises `ProvinceCodeUnavailable`, and what the way out raises.
        """
        ...


class NoProvinceCode:
    """Stands where no province's code is set up."""

    def holder(self, _code: str, _organisation: str) -> Holder | None:
        """Resolve nothing. Raises `ProvinceCodeUnavailable`."""
        raise ProvinceCodeUnavailable


@dataclass(frozen=True)
class HttpProvinceCode:
    """Asks a service: `{code, organisation}` there; `{code, type, name}` of the holder back, or 404."""

    fetch: Fetch = field(repr=False)
    url: str = field(repr=False)
    intranet: bool = False

    def holder(self, code: str, organisation: str) -> Holder | None:
        """Ask whose it is. Raises `ProvinceCodeUnavailable`, and what the way out raises."""
        allowed = (Destination.of(self.url, intranet=self.intranet),)
        body = json.dumps({"code": code, "organisation": organisation}).encode()
        headers = (("Content-Type", "application/json"),)
        answer = self.fetch(Outgoing("POST", self.url, allowed, headers, body, max_bytes=LARGEST_ANSWER))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise ProvinceCodeUnavailable
        return _read(answer.body)


def _read(body: bytes) -> Holder:
    try:
        told: Any = strict_json.parse(body)
    except MalformedJson as error:
        raise ProvinceCodeUnavailable from error
    names = ("code", "type", "name")
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) and told[name] for name in names):
        raise ProvinceCodeUnavailable
    if told["type"] not in holder_codes():
        raise ProvinceCodeUnavailable
    return Holder(told["code"], told["type"], told["name"])
