"""The table of certificate types: every `<code>.toml` of this folder, and of the folder that a site names."""

import functools
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from certs.errors import FaultyCertificateTypes, NoSuchCertificateType
from certs.types import reading
from certs.types.certificate_type import CertificateType

Types = Mapping[str, CertificateType]


def types(known: reading.Known, site: Path | None = None) -> Types:
    """Read all types, the site's own among them. Raises `FaultyCertificateTypes` with the first of all faults."""
    found, faults = reading.read([*_shipped(), *_of(site)], known)
    if faults:
        raise FaultyCertificateTypes(len(faults), str(faults[0]))
    return MappingProxyType(dict(found))


def faults(known: reading.Known, site: Path | None = None) -> tuple[reading.TypeFault, ...]:
    """Tell every fault of every file."""
    return reading.read([*_shipped(), *_of(site)], known)[1]


def type_of(known: Types, code: str) -> CertificateType:
    """Find a type. Raises `NoSuchCertificateType`."""
    found = known.get(code)
    if found is None:
        raise NoSuchCertificateType(code)
    return found


@functools.cache
def _shipped() -> tuple[tuple[str, bytes], ...]:
    files = sorted(resources.files(__name__).iterdir(), key=lambda each: each.name)
    return tuple((each.name, each.read_bytes()) for each in files if each.name.endswith(".toml"))


def _of(site: Path | None) -> Iterator[tuple[str, bytes]]:
    if site is not None:
        yield from ((each.name, each.read_bytes()) for each in sorted(site.glob("*.toml")))
