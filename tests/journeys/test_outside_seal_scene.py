"""The scene of another site's seal: a document of the sandbox, whose verdict follows what the seal system says."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock
from base.program import Sandbox
from catalog_sync.outside_seals import keeping, sample
from catalog_sync.outside_seals.word import Said, State
from signing.policy import DEFAULT
from signing.report import Report, Verdict
from signing.seal_standing import SealWords
from signing.verification import verify
from signing.wiring import Signing
from tests.certs.province import Province, province

__all__ = ["province"]

KEPT = timedelta(hours=24)


@pytest.fixture(scope="module")
def scene(province: Province) -> Any:
    """Make the scene; give the document, and a way to have it verified as the register has the seal."""
    folder, told = Path(province.told["documents"][0]).parent.parent, province.told
    sample.sample(province.running, Sandbox(folder, "", told))
    document = Path(told["outside_seal"]["document"]).read_bytes()

    def judged(*said: Said) -> Report:
        at = clock.now()
        with province.running.database.transaction() as session:
            keeping.keep(session, "national-seals", said, KEPT, at, is_direct=True)
            words: SealWords = keeping.words(session, "national-seals", [sample.CODE])
            trust = province.running.parts[Signing].trust_at(session, at)
        return verify(document, sample.FILE, trust, DEFAULT, at, words=words)

    return judged


def lines(report: Report) -> set[tuple[str, str]]:
    (signature,) = report.signatures
    return {(each.code, each.outcome) for each in signature.checks if each.code.startswith("SEAL_")}


def test_a_seal_of_nobody_here_is_good_but_its_standing_is_said_to_be_unknown(scene: Any):
    report = scene()
    assert report.verdict is Verdict.VALID
    assert ("SEAL_STANDING_UNKNOWN", "not_checked") in lines(report)


def test_a_seal_that_its_own_site_revoked_before_it_was_used_spoils_the_document(scene: Any):
    in_use = scene(Said(sample.CODE, State.ACTIVE))
    assert (in_use.verdict, ("SEAL_ENDED_BEFORE_SIGNING", "passed") in lines(in_use)) == (Verdict.VALID, True)
    revoked = scene(Said(sample.CODE, State.REVOKED, clock.now() - KEPT))
    assert (revoked.verdict, revoked.sub_indication) == (Verdict.INVALID, "REVOKED")
    assert ("SEAL_ENDED_BEFORE_SIGNING", "failed") in lines(revoked)
