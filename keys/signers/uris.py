"""Addresses of private keys: `file:`, `pkcs11:` (RFC 7512), `sdf:` and `svs:`, each with exactly one spelling.

An address tells where a key lives and nothing that opens it: PINs and passwords come from the settings alone, so
`pin-value` and `pin-source` are refused. What is read is written again in its canonical form, and two addresses are
equal when these are: attributes in a fixed order, percent signs only where they are needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from keys.signers.errors import UnusableKeyUri

FILE: Final = "file"
PKCS11: Final = "pkcs11"
SDF: Final = "sdf"
SVS: Final = "svs"

# PATH_MAX is 4,096; an index row of PostgreSQL holds 2,704 bytes.
LONGEST: Final = 2000
# CKA_ID of every token met so far is a serial number or a SHA-1 (20 bytes); 255 is what RFC 7512 attributes may take.
LONGEST_VALUE: Final = 255
# GM/T 0018: the index of a key inside the device is an unsigned int; devices hold some hundred.
LARGEST_INDEX: Final = 65_535

TOKEN_NAMES: Final = ("token", "serial", "slot-id")
KEY_NAMES: Final = ("object", "id")
_PATH: Final = (*TOKEN_NAMES, *KEY_NAMES, "type")
_QUERY: Final = ("module-path",)
# RFC 7512 2.3: what may stand unencoded in a path attribute, and besides in a query attribute.
_PATH_SAFE: Final = ":[]@!$'()*+,=&"
_QUERY_SAFE: Final = ":[]@!$'()*+,=/?|"
_FILE_SAFE: Final = "/@+,=:"
_SLOT: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_INDEX: Final = re.compile(r"[1-9][0-9]{0,4}")
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_PERCENT: Final = re.compile(r"%(?![0-9A-F]{2})")
_PRINTABLE: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class KeyUri:
    """The address of one private key, in its canonical spelling."""

    text: str
    scheme: str = field(compare=False)
    values: Mapping[str, str] = field(compare=False, repr=False)

    def value(self, name: str) -> str | None:
        """Give an attribute's text; that of `id` is hexadecimal."""
        return self.values.get(name)

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> KeyUri:
    """Read an address strictly. Raises `UnusableKeyUri`."""
    if len(text) > LONGEST:
        raise UnusableKeyUri("too-long")
    if not _PRINTABLE.fullmatch(text):
        raise UnusableKeyUri("not-printable-ascii")
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in _READERS:
        raise UnusableKeyUri("unknown-scheme")
    found = _READERS[scheme](rest)
    if found.text != text and scheme != PKCS11:
        raise UnusableKeyUri("not-canonical")
    return found


def of_file(path: str) -> KeyUri:
    """Give the address of a key file. Raises `UnusableKeyUri`."""
    if not path.startswith("/") or path.startswith("//"):
        raise UnusableKeyUri("path-not-absolute")
    if not path.endswith(".pem") or path.endswith("/.pem"):
        raise UnusableKeyUri("not-a-pem-file")
    if any(part in {"", ".", ".."} for part in path[1:].split("/")):
        raise UnusableKeyUri("path-not-plain")
    _require_text(path)
    text = f"{FILE}:{quote(path, safe=_FILE_SAFE)}"
    if len(text) > LONGEST:
        raise UnusableKeyUri("too-long")
    return KeyUri(text, FILE, MappingProxyType({"path": path}))


def of_token(values: Mapping[str, str]) -> KeyUri:
    """Give the address of a key on a PKCS#11 token; `id` is hexadecimal. Raises `UnusableKeyUri`."""
    for name, value in values.items():
        _require_attribute(name, value)
    if not any(name in values for name in TOKEN_NAMES):
        raise UnusableKeyUri("no-token-named")
    if not any(name in values for name in KEY_NAMES):
        raise UnusableKeyUri("no-key-named")
    path = ";".join(f"{name}={_written(name, values[name], _PATH_SAFE)}" for name in _PATH if name in values)
    query = "&".join(f"{name}={_written(name, values[name], _QUERY_SAFE)}" for name in _QUERY if name in values)
    text = f"{PKCS11}:{path}{'?' if query else ''}{query}"
    if len(text) > LONGEST:
        raise UnusableKeyUri("too-long")
    return KeyUri(text, PKCS11, MappingProxyType(dict(values)))


def of_index(index: int) -> KeyUri:
    """Give the address of a key inside an SDF device. Raises `UnusableKeyUri`."""
    if not 1 <= index <= LARGEST_INDEX:
        raise UnusableKeyUri("index-out-of-range")
    return KeyUri(f"{SDF}:{index}", SDF, MappingProxyType({"index": str(index)}))


def of_server_key(name: str) -> KeyUri:
    """Give the address of a key on the signature server. Raises `UnusableKeyUri`."""
    if not _NAME.fullmatch(name):
        raise UnusableKeyUri("key-name")
    return KeyUri(f"{SVS}:{name}", SVS, MappingProxyType({"name": name}))


def _file(rest: str) -> KeyUri:
    return of_file(_decoded(rest))


def _sdf(rest: str) -> KeyUri:
    if not _INDEX.fullmatch(rest):
        raise UnusableKeyUri("index-out-of-range")
    return of_index(int(rest))


def _token(rest: str) -> KeyUri:
    path, mark, query = rest.partition("?")
    if mark and not query:
        raise UnusableKeyUri("empty-query")
    values: dict[str, str] = {}
    _gather(values, path.split(";"), _PATH, _PATH_SAFE)
    if query:
        _gather(values, query.split("&"), _QUERY, _QUERY_SAFE)
    return of_token(values)


def _gather(values: dict[str, str], parts: list[str], known: tuple[str, ...], safe: str) -> None:
    allowed = re.compile(rf"(?:[A-Za-z0-9._~-]|[{re.escape(safe)}]|%[0-9A-Fa-f]{{2}})+")
    for part in parts:
        name, equals, raw = part.partition("=")
        if name.startswith("pin-"):
            raise UnusableKeyUri("pin-only-by-settings")
        if not equals or name not in known:
            raise UnusableKeyUri("unknown-attribute")
        if name in values:
            raise UnusableKeyUri("attribute-twice")
        if not allowed.fullmatch(raw):
            raise UnusableKeyUri("attribute-value")
        values[name] = unquote_to_bytes(raw).hex() if name == "id" else _text(unquote_to_bytes(raw))


def _require_attribute(name: str, value: str) -> None:
    if name not in (*_PATH, *_QUERY):
        raise UnusableKeyUri("unknown-attribute")
    _require_text(value)
    if len(value) > (2 * LONGEST_VALUE if name in {"id", "module-path"} else LONGEST_VALUE):
        raise UnusableKeyUri("attribute-value")
    if name == "id" and not re.fullmatch(r"(?:[0-9a-f]{2})+", value):
        raise UnusableKeyUri("attribute-value")
    if name == "slot-id" and not _SLOT.fullmatch(value):
        raise UnusableKeyUri("slot-id")
    if name == "type" and value != "private":
        raise UnusableKeyUri("not-a-private-key")
    if name == "module-path" and (not value.startswith("/") or "/../" in value):
        raise UnusableKeyUri("path-not-absolute")


def _written(name: str, value: str, safe: str) -> str:
    if name == "id":  # RFC 7512 2.3: every byte of an id should be percent-encoded
        return "".join(f"%{value[at : at + 2].upper()}" for at in range(0, len(value), 2))
    return quote(value, safe=safe)


def _decoded(raw: str) -> str:
    if _PERCENT.search(raw):
        raise UnusableKeyUri("percent-encoding")
    return _text(unquote_to_bytes(raw))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableKeyUri("not-utf-8") from error


def _require_text(value: str) -> None:
    if not value or not value.isprintable():
        raise UnusableKeyUri("not-printable")


_READERS: Final = MappingProxyType({FILE: _file, PKCS11: _token, SDF: _sdf, SVS: of_server_key})
