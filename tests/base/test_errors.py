"""A refusal is a class with a code, a kind and facts; it travels between processes and never carries a sentence."""

import pickle
from dataclasses import dataclass
from typing import ClassVar

import pytest

from base import problems
from base.callers import ANONYMOUS, Caller, NotAllowed, NotAuthenticated, require
from base.errors import DomainError, Kind
from base.settings import UnusableSetting


def test_a_refusal_tells_its_facts():
    refusal = UnusableSetting("web.port", "int")
    assert refusal.facts == {"path": "web.port", "expected": "int"}
    assert str(refusal) == (
        "unusable-setting: A setting's value cannot be read as what it should be (path='web.port', expected='int')"
    )


def test_a_refusal_survives_the_way_between_processes():
    refusal = pickle.loads(pickle.dumps(UnusableSetting("web.port", "int")))
    assert (refusal.path, refusal.expected) == ("web.port", "int")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_status(kind: Kind):
    assert 400 <= problems.STATUS_OF_KIND[kind] < 600


def test_the_words_are_filled_in_the_readers_language():
    told = problems.problem(UnusableSetting("web.port", "int"), "zh", "r")
    assert told.status == 422
    assert "web.port" in told.detail
    assert told.document()["path"] == "web.port"
    assert problems.problem(UnusableSetting("web.port", "int"), "en", "r").detail == (
        "The value of web.port cannot be read as int."
    )


def test_a_terminal_gets_one_line():
    assert problems.sentence(UnusableSetting("web.port", "int"), "en") == (
        "The value of web.port cannot be read as int. Give a value of type int and start again."
    )


def test_facts_never_become_placeholders():
    """A hostile fact that looks like another placeholder is printed, not filled again into something else."""
    told = problems.problem(UnusableSetting("{code}", "int"), "en", "r")
    assert "{code}" in told.detail


@pytest.mark.parametrize(
    ("caller", "passes"),
    [
        (Caller("system", scopes=frozenset({"ledger:read"})), True),
        (Caller("system", scopes=frozenset({"cert:read"})), False),
        (Caller("system", roles=frozenset({"auditor"})), False),
        (Caller("person", roles=frozenset({"auditor"})), True),
        (Caller("person", roles=frozenset({"window"})), False),
        (Caller("person", scopes=frozenset({"ledger:read"})), False),
    ],
)
def test_systems_pass_by_scope_and_people_by_role(caller: Caller, passes: bool):
    if passes:
        require(caller, scope="ledger:read", roles=frozenset({"auditor"}))
    else:
        with pytest.raises(NotAllowed):
            require(caller, scope="ledger:read", roles=frozenset({"auditor"}))


def test_nobody_never_passes():
    with pytest.raises(NotAuthenticated):
        require(ANONYMOUS, scope="ledger:read")


def test_a_code_without_words_cannot_be_told():
    @dataclass(eq=False)
    class Unworded(DomainError):
        """A refusal that nobody wrote words for."""

        code: ClassVar[str] = "tests-unworded"
        kind: ClassVar[Kind] = Kind.CONFLICT

    with pytest.raises(KeyError):
        problems.problem(Unworded(), "en", "r")
