"""Situations (情形) told in words, made into questions: what each text means, by a list or by one plain rule. Pure.

The rule, for a matter whose texts nobody has turned into questions yet: a text is cut at the middle dot. Its first part
says what is applied for, and all first parts together are the answers of one question, 办理情形; a stroke in it means
that either will do. Each further part is a question of its own, answered by yes or no, and put only where the first
part holds. An empty text and 全部 hold always.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import Condition, Question

DOT: Final = "·"
EITHER: Final = "/"
ALWAYS: Final = frozenset({"", "全部", "all"})
KIND: Final = "kind"
_YES_OR_NO: Final = {"yes": ("是", "Yes"), "no": ("否", "No")}


@dataclass(frozen=True)
class Understood:
    """The questions of a matter, and the conditions that each text means."""

    questions: tuple[Question, ...]
    conditions: Mapping[str, tuple[Condition, ...]]


def understood(texts: Iterable[str]) -> Understood:
    """Make questions of texts by the rule; the same texts in the same order give the same keys."""
    told = [each for each in dict.fromkeys(texts) if each not in ALWAYS]
    kinds = list(dict.fromkeys(kind for each in told for kind in _kinds(each)))
    kind_keys = {word: f"{KIND}-{place}" for place, word in enumerate(kinds, 1)}
    further = list(dict.fromkeys(part for each in told for part in _further(each)))
    further_keys = {part: f"q{place}" for place, part in enumerate(further, 1)}
    questions = []
    if kinds:
        answers = {key: (word, word) for word, key in kind_keys.items()}
        questions.append(Question(KIND, "办理情形", "What is applied for", answers))
    for part, key in further_keys.items():
        under = frozenset(kind_keys[kind] for each in told if part in _further(each) for kind in _kinds(each))
        when = (Condition(KIND, under),)
        questions.append(Question(key, f"是否{part}", part, dict(_YES_OR_NO), when))
    conditions = {each: _conditions(each, kind_keys, further_keys) for each in told}
    return Understood(tuple(questions), {**dict.fromkeys(ALWAYS, ()), **conditions})


def conditions(told: Mapping[str, Iterable[str]]) -> tuple[Condition, ...]:
    """Read conditions as a list writes them: a question and the answers that will do."""
    return tuple(Condition(question, frozenset(answers)) for question, answers in told.items())


def _conditions(text: str, kinds: Mapping[str, str], further: Mapping[str, str]) -> tuple[Condition, ...]:
    of_kind = Condition(KIND, frozenset(kinds[each] for each in _kinds(text)))
    return (of_kind, *(Condition(further[each], frozenset({"yes"})) for each in _further(text)))


def _kinds(text: str) -> list[str]:
    return [each.strip() for each in text.split(DOT, maxsplit=1)[0].split(EITHER) if each.strip()] or [text]


def _further(text: str) -> list[str]:
    return [each.strip() for each in text.split(DOT)[1:] if each.strip()]
