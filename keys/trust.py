"""What is trusted, frozen as of one moment: anchors, certificates between, revocation lists, answers of responders.

A `Trust` is a value: verification reads it and nothing else, so that a verdict can be repeated. Where it comes from
(`keys.anchors`, a PEM file, a document's own evidence) makes no difference to what it means. Only anchors are trusted;
all the rest is material that signatures must prove.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.names import Name
from keys.ocsp import OcspAnswer
from keys.revocation_lists import RevocationList

T = TypeVar("T")


@dataclass(frozen=True)
class Anchor:
    """A certificate that is trusted without proof: for the purposes named, or for all when none is."""

    certificate: Certificate
    purposes: frozenset[str] = frozenset()
    is_test: bool = False

    def serves(self, purpose: str) -> bool:
        """Tell whether the anchor is trusted for a purpose."""
        return not self.purposes or purpose in self.purposes


@dataclass(frozen=True)
class Trust:
    """Anchors and material as of one moment; `sources` are issuers' keys (SM3) whose revocations are asked for."""

    as_of: datetime
    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    lists: tuple[RevocationList, ...] = ()
    answers: tuple[OcspAnswer, ...] = ()
    sources: frozenset[bytes] = frozenset()

    def with_material(
        self,
        certificates: Iterable[Certificate] = (),
        lists: Iterable[RevocationList] = (),
        answers: Iterable[OcspAnswer] = (),
    ) -> "Trust":
        """Add what came with a document; none of it becomes an anchor."""
        return replace(
            self,
            intermediates=_united(self.intermediates, certificates),
            lists=_united(self.lists, lists),
            answers=_united(self.answers, answers),
        )

    @functools.cached_property
    def digest(self) -> bytes:
        """Give SM3 over all that can change a verdict, in an order of its own; the moment is not part of it."""
        parts = [
            *(b"anchor" + _fact(each) for each in self.anchors),
            *(b"intermediate" + each.sm3 for each in self.intermediates),
            *(b"list" + each.sm3 for each in self.lists),
            *(b"answer" + each.sm3 for each in self.answers),
            *(b"source" + each for each in self.sources),
        ]
        return SM3.of(*(SM3.of(part) for part in sorted(parts)))

    @functools.cached_property
    def anchors_by_name(self) -> Mapping[Name, tuple[Anchor, ...]]:
        """Give the anchors by the name of their subject."""
        return _laid_out(self.anchors, lambda each: each.certificate.subject)

    @functools.cached_property
    def intermediates_by_name(self) -> Mapping[Name, tuple[Certificate, ...]]:
        """Give the certificates between by the name of their subject."""
        return _laid_out(self.intermediates, lambda each: each.subject)

    @functools.cached_property
    def lists_by_issuer(self) -> Mapping[Name, tuple[RevocationList, ...]]:
        """Give the revocation lists by the name of their issuer."""
        return _laid_out(self.lists, lambda each: each.issuer)

    @functools.cached_property
    def answers_by_serial(self) -> Mapping[int, tuple[OcspAnswer, ...]]:
        """Give the answers by the serial numbers that they speak about."""
        found: dict[int, list[OcspAnswer]] = {}
        for answer in self.answers:
            for serial in {single.certificate.serial for single in answer.singles}:
                found.setdefault(serial, []).append(answer)
        return {serial: tuple(answers) for serial, answers in found.items()}

    def asks_about(self, certificate: Certificate, issuer: Certificate) -> bool:
        """Tell whether there is a source that knows if the certificate was revoked, be it reachable or not."""
        said = certificate.extensions
        return bool(said.crl_points or said.ocsp_urls) or SM3.of(issuer.spki) in self.sources


def _united(known: tuple[T, ...], more: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _laid_out(things: Iterable[T], name: Callable[[T], Name]) -> Mapping[Name, tuple[T, ...]]:
    found: dict[Name, list[T]] = {}
    for each in things:
        found.setdefault(name(each), []).append(each)
    return {key: tuple(values) for key, values in found.items()}


def _fact(anchor: Anchor) -> bytes:
    return b"\x00".join((anchor.certificate.sm3, b"test" if anchor.is_test else b"", *_sorted(anchor.purposes)))


def _sorted(purposes: frozenset[str]) -> list[bytes]:
    return sorted(each.encode() for each in purposes)
