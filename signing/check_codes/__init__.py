"""What every check code means: where it belongs, what a failure does to the verdict, and its words in both languages.

The codes are data, one TOML file for what all formats share and one for each format. A table in a file:

    [SOME_CODE]
    block = "CV"                      # building block of EN 319 102-1: FC ISC VCI XCV CV SAV
    indication = "TOTAL_FAILED"       # of a failure: TOTAL_FAILED or INDETERMINATE; left out where it never fails
    sub_indication = "HASH_FAILURE"   # of a failure
    unchecked = "TRY_LATER"           # sub-indication when *not checked* makes the verdict indeterminate; else left out
    spoils = "intact"                 # intact | cryptographically_valid | trusted | none
    clause = "GM/T 0031-2014 6.2.3 e" # where it is demanded
    passed = {zh = "…", en = "…"}     # words for each outcome that occurs; facts of the check stand in {braces}
    failed = {zh = "…", en = "…"}
    warning = {zh = "…", en = "…"}
    not_checked = {zh = "…", en = "…"}
    fix = {zh = "…", en = "…"}        # what the reader can do

`subject` can always be named in braces. Loading checks the whole form and tells every fault at once.
"""

import functools
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from signing.report import Check, Indication, Outcome

BLOCKS: Final = ("FC", "ISC", "VCI", "XCV", "CV", "SAV")
SPOILS: Final = ("intact", "cryptographically_valid", "trusted", "none")
LANGUAGES: Final = ("zh", "en")
FAILURES: Final = (Indication.TOTAL_FAILED, Indication.INDETERMINATE)
# EN 319 102-1 clause 5.1.3, table 5, and GENERIC for what it has no name for.
SUB_INDICATIONS: Final[Mapping[Indication, frozenset[str]]] = MappingProxyType(
    {
        Indication.TOTAL_FAILED: frozenset(
            "FORMAT_FAILURE HASH_FAILURE SIG_CRYPTO_FAILURE REVOKED EXPIRED NOT_YET_VALID".split()
        ),
        Indication.INDETERMINATE: frozenset(
            "SIG_CONSTRAINTS_FAILURE CHAIN_CONSTRAINTS_FAILURE CERTIFICATE_CHAIN_GENERAL_FAILURE "
            "CRYPTO_CONSTRAINTS_FAILURE POLICY_PROCESSING_ERROR SIGNATURE_POLICY_NOT_AVAILABLE "
            "TIMESTAMP_ORDER_FAILURE NO_SIGNING_CERTIFICATE_FOUND NO_CERTIFICATE_CHAIN_FOUND "
            "NO_CERTIFICATE_CHAIN_FOUND_NO_POE REVOKED_NO_POE REVOKED_CA_NO_POE OUT_OF_BOUNDS_NOT_REVOKED "
            "OUT_OF_BOUNDS_NO_POE REVOCATION_OUT_OF_BOUNDS_NO_POE CRYPTO_CONSTRAINTS_FAILURE_NO_POE NO_POE TRY_LATER "
            "SIGNED_DATA_NOT_FOUND GENERIC".split()
        ),
    }
)
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_KEYS: Final = frozenset("block indication sub_indication unchecked spoils clause fix".split()) | frozenset(Outcome)
# The facts that are slugs; all others (names, places, times) come from documents and are shown as they are.
_MEANT: Final = frozenset({"reason", "deviation", "profile", "verdict", "declared", "found"})
# Shown where a check carries no value for a fact that its words name.
_NO_FACT: Final = "—"


@dataclass(frozen=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str

    def told(self, facts: Mapping[str, str | int]) -> "Words":
        """Put the facts in; values are never read as templates."""
        filled = _Filled(facts)
        return Words(self.zh.format_map(filled), self.en.format_map(filled))


@dataclass(frozen=True)
class CheckCode:
    """The meaning of one code."""

    code: str
    block: str
    clause: str
    indication: Indication | None
    sub_indication: str | None
    unchecked: str | None
    spoils: str
    words: Mapping[Outcome, Words]
    fix: Words


class FaultyCheckCodes(ValueError):
    """The tables of check codes are not of the form that they must have; every fault is told."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Filled(dict[str, str | int]):
    def __missing__(self, key: str) -> str:
        return _NO_FACT


@functools.cache
def codes() -> Mapping[str, CheckCode]:
    """Give every code by its name, read once from the files of this folder. Raises `FaultyCheckCodes`."""
    files = sorted(
        (each for each in resources.files(__name__).iterdir() if each.name.endswith(".toml")),
        key=lambda each: each.name,
    )
    return load({each.name: each.read_text(encoding="utf-8") for each in files})


def told(check: Check) -> Words:
    """Say in both languages how a check ended. Raises `KeyError` for a code or outcome without words."""
    sentence = codes()[check.code].words[check.outcome]
    facts = {"subject": check.subject or _NO_FACT, **check.facts}
    slugs = {name: meant for name, value in facts.items() if (meant := fact_values().get(str(value))) is not None}
    return Words(
        sentence.told({**facts, **{name: words.zh for name, words in slugs.items() if name in _MEANT}}).zh,
        sentence.told({**facts, **{name: words.en for name, words in slugs.items() if name in _MEANT}}).en,
    )


@functools.cache
def fact_values() -> Mapping[str, Words]:
    """Give what the slugs among facts mean."""
    text = resources.files("signing").joinpath("fact_values.toml").read_text(encoding="utf-8")
    return MappingProxyType({slug: Words(**words) for slug, words in tomllib.loads(text).items()})


def load(files: Mapping[str, str]) -> Mapping[str, CheckCode]:
    """Read the text of every file. Raises `FaultyCheckCodes` with all faults of all files."""
    faults: list[str] = []
    laid: dict[str, CheckCode] = {}
    for name, text in files.items():
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{name}: not TOML: {error}")
            continue
        for code, table in tables.items():
            place = f"{name} [{code}]"
            if code in laid:
                faults.append(f"{place}: stands in another place too")
            found = list(_faults(code, table))
            faults.extend(f"{place}: {fault}" for fault in found)
            if not found:
                laid[code] = _read(code, table)
    if faults:
        raise FaultyCheckCodes(faults)
    return MappingProxyType(laid)


def _read(code: str, table: Mapping[str, Any]) -> CheckCode:
    indication = table.get("indication")
    return CheckCode(
        code,
        table["block"],
        table["clause"],
        None if indication is None else Indication(indication),
        table.get("sub_indication"),
        table.get("unchecked"),
        table["spoils"],
        MappingProxyType({outcome: Words(**table[outcome]) for outcome in Outcome if outcome in table}),
        Words(**table["fix"]),
    )


def _faults(code: str, table: Any) -> Iterator[str]:
    if not _CODE.fullmatch(code):
        yield "the code is not of capital words joined by _"
    if not isinstance(table, dict):
        yield "is no table"
        return
    for key in sorted(set(table) - _KEYS):
        yield f"{key} is not known"
    if table.get("block") not in BLOCKS:
        yield f"block is not one of {' '.join(BLOCKS)}"
    if table.get("spoils") not in SPOILS:
        yield f"spoils is not one of {' '.join(SPOILS)}"
    if not isinstance(table.get("clause"), str) or not table["clause"].strip():
        yield "clause is missing"
    yield from _faults_of_failure(table)
    for key in ("fix", *(outcome for outcome in Outcome if outcome in table)):
        yield from _faults_of_words(key, table.get(key))
    if not any(outcome in table for outcome in Outcome):
        yield "no outcome has words"


def _faults_of_failure(table: Mapping[str, Any]) -> Iterator[str]:
    indication, sub_indication = table.get("indication"), table.get("sub_indication")
    if Outcome.FAILED in table:
        if indication not in FAILURES:
            yield f"indication is not one of {' '.join(FAILURES)}"
        elif sub_indication not in SUB_INDICATIONS[Indication(indication)]:
            yield f"sub_indication does not belong to {indication}"
    elif indication is not None or sub_indication is not None:
        yield "a code that never fails has no indication"
    unchecked = table.get("unchecked")
    if unchecked is not None:
        if unchecked not in SUB_INDICATIONS[Indication.INDETERMINATE]:
            yield "unchecked does not belong to INDETERMINATE"
        if Outcome.NOT_CHECKED not in table:
            yield "unchecked stands without words for not_checked"


def _faults_of_words(key: str, words: Any) -> Iterator[str]:
    if not isinstance(words, dict) or set(words) != set(LANGUAGES):
        yield f"{key} must have zh and en"
        return
    for language, text in words.items():
        if not isinstance(text, str) or not text.strip():
            yield f"{key}.{language} is empty"
        elif _placeholders(text) is None:
            yield f"{key}.{language} has broken braces"
    if (
        isinstance(words["zh"], str)
        and isinstance(words["en"], str)
        and _placeholders(words["zh"]) != _placeholders(words["en"])
    ):
        yield f"{key} names other facts in zh than in en"


def _placeholders(text: str) -> frozenset[str] | None:
    """Give the names in braces, or None where they are not plain names."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    names = [name for _, name, spec, conversion in parts if name is not None]
    plain = all(name.isidentifier() for name in names) and not any(
        spec or conversion for _, _, spec, conversion in parts
    )
    return frozenset(names) if plain else None
