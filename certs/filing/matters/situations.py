"""Which materials a matter asks for in a situation, and which of its questions are still open. Pure.

A situation answers questions by their keys. A question that is not answered has no answer: what hangs on it is not
asked for yet, and `still_open` tells that it should be put. An answer that the matter does not know, or to a question
that the other answers rule out, is a contradiction and refused: a wrong list would look as good as a right one.

Materials that may not be asked for (不应收取) are among those given, so that whoever shows the list can say that they
are spared; nothing here decides what stands in for a material.
"""

from collections.abc import Iterable, Mapping

from certs.filing.matter import Condition, Material, Matter, Question
from certs.filing.matters.errors import UnfitSituation

# What is told of a wrong key: it may be anything that somebody sent.
_SHOWN = 40


def asked(matter: Matter, situation: Mapping[str, str]) -> tuple[Material, ...]:
    """Give the materials whose conditions all hold, in the order of the matter. Raises `UnfitSituation`."""
    require_fit(matter, situation)
    return tuple(each for each in matter.materials if hold(each.when, situation))


def still_open(matter: Matter, situation: Mapping[str, str]) -> tuple[Question, ...]:
    """Give the questions that should be put in this situation and are not answered. Raises `UnfitSituation`."""
    require_fit(matter, situation)
    return tuple(each for each in matter.questions if each.key not in situation and hold(each.when, situation))


def require_fit(matter: Matter, situation: Mapping[str, str]) -> None:
    """Look at every answer. Raises `UnfitSituation` with the question and what is wrong."""
    questions = {each.key: each for each in matter.questions}
    for key, answer in situation.items():
        question = questions.get(key)
        if question is None:
            raise UnfitSituation(key[:_SHOWN], "unknown-question")
        if answer not in question.answers:
            raise UnfitSituation(key, "unknown-answer")
        if not hold(question.when, situation):
            raise UnfitSituation(key, "ruled-out")


def hold(conditions: Iterable[Condition], situation: Mapping[str, str]) -> bool:
    """Tell whether all conditions hold; none hold always."""
    return all(each.holds(situation) for each in conditions)
