"""W5: seals a second on OFD and PDF, small and large, and how much of the time is SM2 itself.

*seal* is what signing takes: the draft, the signature (verified by its maker, as always), the signature in its place.
*whole* is what `signing.sealing` does besides: the draft is verified before, the sealed document after, by the code
that serves the public. The register and the ledger are not in it (W_ledger measures those).
"""

from collections.abc import Callable
from functools import partial

from bench import signing_documents
from bench.runner import say
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from tests.builders import seals
from tests.builders.pki import AT

NAME = "W5"
# Asked of one core: OFD and PDF of the usual size, sealed.
GOAL = 300
PEERS = {"ofdrw": 30, "pyHanko": 22}


def run(*, short: bool) -> dict[str, object]:
    """Measure every document."""
    seconds = 0.5 if short else 3.0
    floors = signing_documents.floors(seconds)
    found: dict[str, dict[str, object]] = {}
    for name, (form, document) in signing_documents.unsigned().items():
        say(f"  {name}")
        act = partial(signing_documents.sealed, form, document)
        found[name] = {
            "bytes": len(document),
            "seal": _told(act, seconds),
            "whole": _told(_whole(form, document), seconds),
        }
    usual = {name: found[name]["seal"] for name in ("ofd_small", "pdf_60kb")}
    return {
        "unit": "documents a second of CPU time of one thread",
        "figure": {name: each["rate"] for name, each in usual.items()},  # type: ignore[index]
        "documents": found,
        "floors": floors,
        "peers": PEERS,
        "ratio": {name: round(each["rate"] / floors["sm2_sign"], 2) for name, each in usual.items()},  # type: ignore[index]
        "note": f"ratio: seals to SM2 signatures of the same run; asked for: {GOAL} a second each; sm2_share: part of "
        "the time inside SM2; peers as their papers and our runs have them, on other machines",
        "passed": all(each["rate"] >= GOAL for each in usual.values()),  # type: ignore[index]
    }


def _told(act: Callable[[], object], seconds: float) -> dict[str, float]:
    rate, share, spent, done = signing_documents.rate(act, seconds)
    return {
        "rate": round(rate, 1),
        "sm2_share": round(share, 3),
        "sm2_operations": round((spent.signatures + spent.verifications) / max(done, 1), 1),
    }


def _whole(form: str, document: bytes) -> Callable[[], object]:
    trust = seals.usual().trust()

    def act() -> None:
        verify(document, "draft", trust, DEFAULT, AT)
        report = verify(signing_documents.sealed(form, document), "sealed", trust, DEFAULT, AT)
        if report.verdict is not Verdict.VALID:
            raise ValueError(report.sub_indication)

    return act
