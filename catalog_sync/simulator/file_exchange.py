"""The other side of an exchange of files: takes what the control tables tell of, answers there, sends files down.

A file goes so: 1. its description is read; 2. path, size, digest, signature, count and rows are judged; 3. what it
brought about is on record here, once; 4. its description says *taken*, or *failed* with the reason. Who dies between 3
and 4 answers later what is on record. Which record a row belongs to is read from the sender's note (`yinxin_rows`).

What comes down is written here without the sender's own writer: a file of invented rows, signed, published and
described; the faults of the kit make it one that must not be taken.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Engine, String, Table, insert, select, update
from sqlalchemy.orm import Session

from base.workdays import SHANGHAI
from catalog_sync.simulator import faults as known_faults
from catalog_sync.simulator import store
from catalog_sync.simulator.faults import Stage
from catalog_sync.simulator.store import METADATA, Store
from catalog_sync.simulator.switches import Switches
from catalog_sync.targets.files import control, data_file, folder, signatures
from catalog_sync.targets.files.data_file import UnreadableFile
from catalog_sync.targets.files.folder import PathRefused
from catalog_sync.targets.front import ddl
from keys.algorithms import sm2
from keys.algorithms.algorithm import PublicKey
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner

CHANNEL: Final = "file-exchange"
DOWN: Final = "演示回流"
TABLE: Final = "dn_enterprise"
# Invented; the codes have right check characters.
ENTERPRISES: Final = (
    ("91320900YNE000015P", "演示盐城纺织有限公司", "320902"),
    ("91320900YNE000023J", "演示盐城机械有限公司", "320903"),
    ("91320900YNE000031D", "演示东台食品有限公司", "320981"),
)
COLUMNS: Final = (("uscc", 18, True), ("name", 200, False), ("region", 12, False))
VARCHAR: Final = "12"

JUDGED: Final = Table(
    "files_judged",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("state", String(2), nullable=False),
    Column("words", String(500), nullable=False),
)


@dataclass
class FileRound:
    """What one look did."""

    taken: int = 0
    refused: int = 0
    later: int = 0
    sent_down: int = 0


class _Refused(Exception):
    """A file is not taken; the reason."""


class FilePlatform:
    """The other side of one exchange; each `look` is one round of its work. `trusted` are the senders' public keys."""

    def __init__(self, engine: Engine, place: Path, kept: Store, signer: Signer, trusted: Sequence[PublicKey]) -> None:
        """Open it; tables that are missing are made."""
        self._engine, self._folder, self._store = engine, place, kept
        self._signer, self._trusted = signer, trusted
        self._switches = Switches()
        METADATA.create_all(kept.database.engine)
        self._tables = control.tables()
        self._tables.create_all(engine)
        ddl.OURS.create_all(engine)
        place.mkdir(parents=True, exist_ok=True)

    def look(self, at: datetime) -> FileRound:
        """Take what waits, and send down what was not sent."""
        done = FileRound()
        with self._store.reading() as session:
            self._switches.faults = known_faults.read(store.setting(session, store.FAULTS))
        for described in self._waiting():
            self._one(described, at, done)
        self.send_down(ENTERPRISES, at, done)
        return done

    # --- what came up ---------------------------------------------------------------------------------------------

    def _waiting(self) -> list[Mapping[str, Any]]:
        desc, mng = self._tables.tables[control.DESC_UP], self._tables.tables[control.MNG_UP]
        query = select(desc, mng.c.dataSchema.label("schema")).join(mng, mng.c.id == desc.c.mngId, isouter=True)
        query = query.where(desc.c.operatStat == control.code("waiting")).order_by(desc.c.createTime, desc.c.id)
        with self._engine.connect() as connection:
            return [dict(each) for each in connection.execute(query).mappings()]

    def _one(self, described: Mapping[str, Any], at: datetime, done: FileRound) -> None:
        # The same rows are told of again under the same id when they are sent anew.
        name = f"{described['id']}:{described['createTime']:%Y%m%d%H%M%S}"
        with self._store.writing() as session:
            judged = session.execute(select(JUDGED).where(JUDGED.c.id == name)).one_or_none()
            if judged is not None:
                state, words = judged.state, judged.words
            elif self._switches.strike(session, (Stage.RULE,), f"file:{described['id']}:{at}", only="busy"):
                done.later += 1
                return
            else:
                state, words = self._judged(session, described, at)
                session.execute(insert(JUDGED).values(id=name, state=state, words=words))
        self._answer(str(described["id"]), state, words, at)
        done.taken, done.refused = done.taken + (not words), done.refused + bool(words)

    def _judged(self, session: Session, described: Mapping[str, Any], at: datetime) -> tuple[str, str]:
        failed, forged = control.code("failed")[:2]
        try:
            rows = self._rows(described)
        except (_Refused, PathRefused, UnreadableFile) as refusal:
            return forged, f"文件不可用：{refusal}"
        except OSError:
            return forged, "文件不可用：no-file"
        rule = self._switches.on(session, "reject")
        if rule is not None and rule.argument and any(rule.argument in str(each) for each in rows):
            store.strike(session, "reject")
            return failed, f"演示规则退回：含有{rule.argument}"
        if self._switches.strike(session, (Stage.REVIEW,), f"file:{described['id']}", only="review-refused"):
            return failed, "演示退回：审核未通过"
        for note in self._notes(str(described["id"])):
            self._effect(session, note, at)
        return control.code("taken")[0], ""

    def _rows(self, described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Open a file that was told of, and read its rows."""
        content = folder.get(self._folder, str(described["filePath"]), data_file.LARGEST)
        if len(content) != described["fileSize"]:
            raise _Refused("size")
        if fault := signatures.fault(self._trusted, content, str(described["fileSignature"])):
            raise _Refused(fault)
        told = data_file.opened(content, compressed=described["compress"] == "1")
        _, known = data_file.fields(str(described["schema"] or ""))
        read = list(data_file.rows(told, known))
        if len(read) != described["dataCount"]:
            raise _Refused("count")
        faulty = next((each for each in read if each.fault), None)
        if faulty is not None:
            raise _Refused(f"{faulty.fault} {faulty.column}")
        return [each.values for each in read]

    def _notes(self, file: str) -> list[Any]:
        """Give the records of which the first row lies in a file."""
        rows, sent = ddl.ROWS, ddl.SENT
        query = select(sent).join(rows, rows.c.record_key == sent.c.record_key)
        query = query.where(rows.c.row_guid == file, rows.c.place == 0)
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(sent.c.record_key)).all())

    def _effect(self, session: Session, note: Any, at: datetime) -> None:
        store.added(
            session,
            store.EFFECTS,
            channel=CHANNEL,
            guid=hashlib.new("sm3", f"{note.kind}\n{note.subject}".encode()).hexdigest(),
            kind=note.kind,
            own=note.subject,
            operation=note.operation,
            version=note.version,
            record_key=note.record_key,
            digest=note.content_sm3,
            content={},
            at=at.timestamp(),
        )

    def _answer(self, file: str, state: str, words: str, at: datetime) -> None:
        desc = self._tables.tables[control.DESC_UP]
        told = {"operatStat": state, "reserved1": words, "lastReadTime": _stamp(at)}
        with self._engine.begin() as connection:
            connection.execute(update(desc).where(desc.c.id == file).values(told))

    # --- what goes down -------------------------------------------------------------------------------------------

    def send_down(self, rows: Sequence[tuple[str, ...]], at: datetime, done: FileRound) -> None:
        """Publish and describe a file of rows, unless it was."""
        content = gzip.compress("".join(f"{_line(each)}\n" for each in rows).encode(), mtime=0)
        id_ = signatures.sm3(content)[:32]
        desc, mng = self._tables.tables[control.DESC_DOWN], self._tables.tables[control.MNG_DOWN]
        with self._engine.connect() as connection:
            if connection.execute(select(desc.c.id).where(desc.c.id == id_)).first() is not None:
                return
        struck = self._struck(id_)
        path = f"down/{TABLE}-{id_}.json.gz"
        folder.put(self._folder, path, content[:-4] if struck == "file-short" else content)
        signer = SoftwareSigner(sm2.PrivateKey.generated()) if struck == "file-forged" else self._signer
        told = {
            "id": id_,
            "mngId": f"mng-{TABLE}",
            "type": control.code("table"),
            "fileSize": len(content),
            "dataCount": len(rows) + (struck == "file-miscounted"),
            "filePath": "../platform.db" if struck == "file-elsewhere" else path,
            "fileSignature": signatures.written(signer, content),
            "compress": "1",
            "operatStat": control.code("waiting"),
            "targetCode": DOWN,
            "createTime": _stamp(at),
            "expiryDate": "30",
        }
        with self._engine.begin() as connection:
            if connection.execute(select(mng.c.id).where(mng.c.id == told["mngId"])).first() is None:
                named = {"id": told["mngId"], "pubId": TABLE, "pubName": DOWN, "dataSchema": _schema()}
                connection.execute(insert(mng).values(named))
            connection.execute(insert(desc).values(told))
        done.sent_down += 1

    def _struck(self, file: str) -> str:
        with self._store.writing() as session:
            found = self._switches.strike(session, (Stage.FILE,), f"down:{file}")
            return found.fault.name if found is not None else ""


def _schema() -> str:
    fields = [
        {"name": name, "type": VARCHAR, "typelen": str(length), "primarykey": "1" if key else "0", "nullable": "0"}
        for name, length, key in COLUMNS
    ]
    return json.dumps({"Table": {"name": TABLE, "type_name": "TABLE", "FieldList": fields}})


def _line(row: Sequence[str]) -> str:
    cells = [
        {"name": name, "dbType": VARCHAR, "pkcolumn": "1" if key else "0", "value": value}
        for (name, _, key), value in zip(COLUMNS, row, strict=True)
    ]
    return json.dumps({"opType": "insert", "columns": cells}, ensure_ascii=False)


def _stamp(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
