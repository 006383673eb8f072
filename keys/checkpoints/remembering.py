"""What is remembered of the ledger beside it, for a verification of the whole: kept heads, and those of witnesses."""

from sqlalchemy.orm import Session

from base.audit import Tree
from base.program import Remembered, Running
from keys.checkpoints import heads
from keys.checkpoints.alarms import FINDINGS
from keys.checkpoints.asking import SILENT, remembered
from keys.checkpoints.head import Head
from keys.checkpoints.wiring import Checkpoints


def remembering(running: Running, session: Session) -> Remembered:
    """Gather heads: of the present log as they are kept, and the newest of every witness; forged ones are faults."""
    parts, log = running.parts[Checkpoints], heads.present_log(session)
    origin = log.origin if log is not None else parts.origin
    trees, faults, silent = [], [], []
    for row in heads.thinned(session, origin):
        try:
            trees.append(_tree(heads.kept(session, row).signed.head))
        except FINDINGS as finding:
            faults.append(f"checkpoint {row.number}: {finding.code}")
    keys = heads.keys_of(session, origin)
    for witness in parts.witnesses:
        try:
            told = remembered(witness, origin, keys)
        except SILENT as refusal:
            silent.append(f"witness {witness.name}: {refusal.code}")
        except FINDINGS as finding:
            faults.append(f"witness {witness.name}: {finding.code}")
        else:
            if told.signed is not None:
                trees.append(_tree(told.signed.head))
    return Remembered(tuple(dict.fromkeys(trees)), tuple(faults), tuple(silent))


def _tree(head: Head) -> Tree:
    return Tree(head.size, head.root)
