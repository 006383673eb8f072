"""Everything that is said of a document or a signature, line by line, and the golden files of what has to be said.

A golden file holds the whole answer to each hostile case: every check in its order with its facts, every part left out,
every place; so a word that goes missing, a check that is skipped or another order shows. What differs from run to run
(bytes of keys and times) is not part of it. `make vectors` makes the files again; their difference is what to review.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from signing.errors import UnreadableDocument
from signing.formats.format import FoundDocument, FoundSignature
from signing.report import Check, Coverage, Place, Report, SignatureReport

FOLDER = Path(__file__).parents[1] / "vectors" / "answers"
# Places in a file move with the lengths of signatures made with fresh chance, and with what packs a stream.
PLACE = re.compile(r"\b[0-9]{3,}\b")
Answer = list[str]


@functools.cache
def golden(family: str) -> dict[str, Answer]:
    found: dict[str, Answer] = json.loads((FOLDER / f"{family}.json").read_text(encoding="utf-8"))
    return found


def keep(family: str, answers: dict[str, Answer]) -> None:
    text = json.dumps(answers, ensure_ascii=False, indent=1)
    (FOLDER / f"{family}.json").write_text(f"{text}\n", encoding="utf-8")


def together(whole: bytes, spoilt: Iterable[tuple[str, bytes]], answer: Callable[[bytes], Answer]) -> Answer:
    """Tell how each spoilt form is answered otherwise than the whole one, each answer once with all that it answers."""
    usual = answer(whole)
    found: dict[str, list[str]] = {}
    for what, data in spoilt:
        told = answer(data)
        more = [f"+ {line}" for line in told if line not in usual]
        less = [f"- {line}" for line in usual if line not in told]
        found.setdefault(" ".join((*less, *more)), []).append(what)
    return [f"{', '.join(whats)}: {told}" for told, whats in found.items()]


def of_document(read: Callable[[], FoundDocument]) -> Answer:
    """Tell what a reader found, or why it refused."""
    try:
        found = read()
    except UnreadableDocument as refusal:
        return [f"unreadable {refusal.format} {refusal.reason} {refusal.subject}".rstrip()]
    lines = [line for each in found.signatures for line in _of_signature(each)]
    return [*lines, *_of_checks("document", found.warnings)]


def of_whole(report: Report) -> Answer:
    """Tell the verdict over a document and each of its signatures."""
    lines = [f"{report.verdict.value} {report.sub_indication} {report.indication.value}"]
    for each in report.signatures:
        facts = (each.intact, each.cryptographically_valid, each.trusted)
        lines.append(f"{each.id} {each.kind} {each.standard} {each.verdict.value} {each.sub_indication} {facts}")
    return [*lines, *_of_checks("document", report.warnings)]


def of_report(report: SignatureReport) -> Answer:
    """Tell how a signature was judged."""
    facts = (report.intact, report.cryptographically_valid, report.trusted)
    words = [report.verdict.value, report.sub_indication, *facts, report.kind, report.standard]
    lines = [" ".join(str(each) for each in words)]
    if report.seal is not None:
        lines.append(f"seal {report.seal.id} {report.seal.name} {report.seal.type} {report.seal.picture_media_type}")
    return [*lines, *_of_checks("", report.checks)]


def _of_signature(found: FoundSignature) -> Iterator[str]:
    told = (found.declared_kind, found.declared_method, found.claimed_time, found.base, found.name_for_value)
    yield f"{found.id} {told} message {len(found.message)} value {found.value is not None}"
    if found.is_document_timestamp or found.seal_file is not None:
        yield f"{found.id} stamp {found.is_document_timestamp} seal {len(found.seal_file or b'')}"
    material = [len(each) for each in (found.certificates, found.lists, found.answers)]
    if any(material):
        yield f"{found.id} brings {material}"
    yield from _of_checks(found.id, found.checks)
    yield from _of_coverage(found.id, found.coverage)
    yield from (_of_place(found.id, place) for place in found.places)


def _of_checks(subject: str, checks: Iterable[Check]) -> Iterator[str]:
    for each in checks:
        facts = " ".join(f"{name}={_shown(name, value)}" for name, value in sorted(each.facts.items()))
        yield " ".join(word for word in (subject, each.outcome.value, each.code, each.subject, facts) if word)


def _of_coverage(subject: str, coverage: Coverage) -> Iterator[str]:
    parts = (("visible", coverage.uncovered_visible), ("invisible", coverage.uncovered_invisible))
    yield f"{subject} covers {coverage.kind.value}"
    for word, names in (*parts, ("later", coverage.later_changes)):
        if names:
            # Ten tell which; the number tells the rest.
            yield f"{subject} {word} {len(names)}: {', '.join(_shown('', name) for name in names[:10])}"


def _of_place(subject: str, place: Place) -> str:
    return f"{subject} page {place.page} at {place.x_mm} {place.y_mm} of {place.width_mm} by {place.height_mm}"


def _shown(name: str, value: str | int) -> str:
    """Put a sign in the place of what moves: offsets, and sizes that go with them."""
    moves = name in {"offset", "end", "count"} or str(value).startswith("bytes ")
    return PLACE.sub("…", str(value)) if moves else str(value)


def main() -> None:
    """Make every golden file again."""
    from tests.signing import test_every_part_of_values as value_parts
    from tests.signing import test_hostile_documents as whole
    from tests.signing import test_judging_words as judgements
    from tests.signing.formats.ofd import test_answers as ofd
    from tests.signing.formats.ofd import test_every_part as ofd_parts
    from tests.signing.formats.pdf import test_answers as pdf
    from tests.signing.formats.pdf import test_every_part as pdf_parts
    from tests.signing.seals import test_answers as seals

    FOLDER.mkdir(parents=True, exist_ok=True)
    keep("documents", {each.name: whole.answer(each) for each in whole.HOSTILE})
    parts = (("ofd_parts", ofd_parts), ("pdf_parts", pdf_parts), ("value_parts", value_parts))
    for family, module in (("ofd", ofd), ("pdf", pdf), ("seals", seals), ("judgements", judgements), *parts):
        keep(family, {name: module.answer(case) for name, case in module.CASES.items()})


if __name__ == "__main__":
    main()
