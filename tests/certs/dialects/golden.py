"""Whole conversations in each dialect, request by request: `python -m tests.certs.dialects.golden` writes them anew.

They are held through HTTP with a house of their own. What is random in an answer stands as a name in angle brackets,
and what is encrypted is opened with the example key and stands beside it; all else is compared byte for byte.
"""

import json
import re
import tempfile
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

from base import clock
from base.db import Base, DatabaseSettings, connect
from certs.life import Step
from keys.algorithms import sm2
from keys.algorithms.sm2_ciphertext import Layout
from tests import conftest
from tests.certs.dialects import dialect_house
from tests.certs.dialects.dialect_house import CAUSE, ELEMENTS, NAME, TASK, VECTORS, DialectHouse
from tests.certs.papers import HYGIENE, TYPES, firm, person

Case = tuple[str, str, str, Any]
# A conversation: what is asked next may depend on what was answered.
Talk = Generator[Case, Any, None]
UNKNOWN_TYPE = "11100000YNX000000X999"
HIGH = next(each for each in TYPES.values() if each.level.value == "high")
# What differs from one conversation to the next.
RANDOM = (
    (re.compile(r'"(certData|data)":"04[0-9A-F]{190,}"'), r'"\1":"<SM2 C1C2C3>"'),
    (re.compile(r'"content":"UEsDB[^"]*"'), '"content":"<base64 of an OFD>"'),
    (re.compile(r'"iVBOR[^"]*"'), '"<base64 of a PNG>"'),
    (re.compile(r"(id=|/files/)[0-9a-f]{32}"), r"\1<id>"),
    (re.compile(r'"digitalSign":"[^"]+"'), '"digitalSign":"<SM2 signature>"'),
    (re.compile(r'"sessionId":"[^"]+"'), '"sessionId":"<session>"'),
    (re.compile(r'"idCard":"tok-[^"]+"'), '"idCard":"tok-<word>"'),
)


def shandong(partner: DialectHouse) -> Talk:
    """All operations, then every refusal that the specification has a number for."""
    identifier, old, ended, frozen = (partner.issue(number) for number in (1, 2, 3, 4))
    one = {"certIdentifier": identifier, "useCause": CAUSE}
    yield "a certificate by its identifier", "POST", "queryCertInfo", _asked(partner, one)
    text = {**one, "useCause": json.dumps(CAUSE, ensure_ascii=False)}
    yield "the cause as JSON text", "POST", "queryCertInfo", _asked(partner, text)
    yield "by its holder", "POST", "queryCertInfoByHolderCode", _asked(partner, partner.held())
    by_code = {"qrcode": partner.show(identifier), "useCause": CAUSE}
    yield "by the code that its holder shows", "POST", "queryCertInfoByQRcode", _asked(partner, by_code)
    yield "the same code again", "POST", "queryCertInfoByQRcode", _asked(partner, by_code)
    link = yield "the address of its file", "POST", "downloadUrl", _asked(partner, {**one, "expiryTime": ""})
    taken = "zzgxpt/download?" + partner.plain(link)["content"].partition("?")[2]
    yield "its file, from there", "GET", taken, None
    yield "the same address again", "GET", taken, None
    yield "the addresses of a holder's files", "POST", "downloadUrlsByHolderCode", _asked(partner, partner.held())
    file = {"certificateIdentifier": identifier, "fileType": "ofd", "certificateCopyCause": CAUSE}
    yield "its file", "POST", "downloadFile", _asked(partner, file)
    yield "pictures of its pages", "POST", "downloadFile", _asked(partner, {**file, "fileType": "png"})
    facts = {"holderCode": firm(1), "holder": NAME, "certNo": partner.number, "address": "演示"}
    compared = {"certTypeCode": HYGIENE.code, "certData": facts, "useCause": CAUSE}
    yield "particulars that are right", "POST", "verifyCertInfo", _asked(partner, compared)
    for name, value, what in (("address", "演示别处", "wrong"), ("certNo", "演卫公证字第0号", "another number")):
        asked = {**compared, "certData": {**facts, name: value}}
        yield f"particulars, {what}", "POST", "verifyCertInfo", _asked(partner, asked)
    nobody = {**compared, "certData": {**facts, "holder": "演示别家有限公司"}}
    yield "particulars of somebody else", "POST", "verifyCertInfo", _asked(partner, nobody)
    for name in ("certNo", "holderCode", "holder"):
        asked = {**compared, "certData": {**facts, name: ""}}
        yield f"particulars without {name}", "POST", "verifyCertInfo", _asked(partner, asked)
    document = {"certTypeCode": HYGIENE.code, "contentType": "base64", "useCause": CAUSE}
    copy = dialect_house.base64_of(b"no document at all")
    yield "a file that is no document", "POST", "verifyFile", _asked(partner, {**document, "content": copy})
    words = {"certName": HYGIENE.name, "certTypeCode": HYGIENE.code}
    yield "the words of a type", "POST", "getCertRemarkInfo", _asked(partner, words)
    yield "not known here", "POST", "queryCertInfo", {"head": {"accessId": "x", "accessToken": "y"}, "data": one}
    yield "without a token", "POST", "queryCertInfo", {"head": {"accessId": "shandong"}, "data": one}
    yield "without a cause", "POST", "queryCertInfo", _asked(partner, {"certIdentifier": identifier})
    text = {"certIdentifier": identifier, "useCause": "办理演示事项"}
    yield "for no matter that is granted", "POST", "queryCertInfo", _asked(partner, text)
    wrong = {**one, "certIdentifier": "1.2.3"}
    yield "no identifier", "POST", "queryCertInfo", _asked(partner, wrong)
    for held, what in (
        (partner.held(holderTypeCode="777"), "a kind of code that there is not"),
        (partner.held(holderCode=firm(1)[:-1] + "0"), "a code with wrong check digits"),
        (partner.held(holderCode=firm(9)), "a holder who has none"),
        (partner.held(certTypeCode=UNKNOWN_TYPE), "a type that nobody published"),
        (partner.held(certTypeCode="食品"), "no code of a type"),
        (partner.held(certTypeCode=HIGH.code, holderTypeCode="111", holderCode=person(1)), "a type not granted"),
        (partner.held(certNo="演卫公证字第0号"), "another number"),
    ):
        yield what, "POST", "queryCertInfoByHolderCode", _asked(partner, held)
    partner.take(ended, Step.REVOKE)
    partner.take(frozen, Step.SUSPEND)
    for each, what in ((ended, "revoked"), (frozen, "suspended")):
        yield what, "POST", "queryCertInfo", _asked(partner, {**one, "certIdentifier": each})
    yield "revoked, by holder", "POST", "queryCertInfoByHolderCode", _asked(partner, partner.held(holderCode=firm(3)))
    yield "no such operation", "POST", "queryEverything", _asked(partner, one)
    yield "another method", "GET", "queryCertInfo", None
    yield "a link that is none", "GET", "zzgxpt/download?id=" + "0" * 32, None
    partner.house.office.at += timedelta(days=1500)
    yield "expired", "POST", "queryCertInfo", _asked(partner, {**one, "certIdentifier": old})


def national_library(partner: DialectHouse) -> Talk:
    """All operations under the gateway's names, two under the library's own, and its refusals."""
    identifier, ended = partner.issue(1), partner.issue(2)
    session, loose = partner.session(), partner.session("loose")
    proof = {"account": "national", "password": partner.secrets["national"]}
    yield "a session", "POST", "cert/usage/login.do", proof
    yield "no session", "POST", "cert/usage/login.do", {**proof, "password": "x"}
    gateway, plain = "cert/usage/gb", "elssp/v1"
    base = {"sessionId": session, **ELEMENTS}
    held = {**base, "CertificateType": HYGIENE.name, "CertificateHolderCode": firm(1), "CertificateNumber": ""}
    one = {**base, "CertificateID": identifier}
    yield "what a holder has", "POST", f"{gateway}/secRetrieval.do", held
    yield "data by identifier", "POST", f"{gateway}/getCertificateDataByCertificateID.do", one
    yield "the same under its plain name", "POST", f"{plain}/GetCertificateDataByCertificateID", one
    yield "data by holder", "POST", f"{gateway}/secGetCertificateDataByHolder.do", held
    yield "the same under its plain name", "POST", f"{plain}/GetCertificateDataByHolder", held
    link = yield "a file by identifier", "POST", f"{gateway}/getCertificateFileByCertificateID.do", one
    url = link.json["data"]["dataList"][0]["fileUrl"]
    taken = {**base, "url": url, "fileFormat": "ofd"}
    yield "the file", "POST", f"{gateway}/getCertFile.do", taken
    yield "the file again", "POST", f"{gateway}/getCertFile.do", taken
    link = yield "a file by holder", "POST", f"{gateway}/secGetCertificateFileByHolder.do", held
    picture = {**base, "url": link.json["data"]["dataList"][0]["fileUrl"], "fileFormat": "ofd", "watermark": ""}
    yield "its first page", "POST", f"{gateway}/getThumbnails.do", picture
    swap = {**base, "name": "演示人1", "id": person(1), "startDay": "20200101", "endDay": "20400101"}
    yield "a word for a person", "POST", "cert/usage/checkIDCard.do", swap
    yield "no ID number", "POST", "cert/usage/checkIDCard.do", {**swap, "id": person(1)[:-1] + "A"}
    yield "a session that is none", "POST", f"{gateway}/secRetrieval.do", {**held, "sessionId": "0f0e"}
    yield "without the elements", "POST", f"{gateway}/secRetrieval.do", {**held, "orgName": ""}
    without = {**held, "sessionId": loose, **dict.fromkeys(("orgName", "username", "itemName"), "")}
    yield "without the elements, where that is taken", "POST", f"{gateway}/secRetrieval.do", without
    yield "without a use", "POST", f"{gateway}/secRetrieval.do", {**held, "UseFor": ""}
    yield "a type that there is not", "POST", f"{gateway}/secRetrieval.do", {**held, "CertificateType": "无此证照"}
    yield "nobody", "POST", f"{gateway}/secRetrieval.do", {**held, "CertificateHolderCode": firm(9)}
    yield "no link", "POST", f"{gateway}/getCertFile.do", {**base, "url": "/files/x", "fileFormat": "ofd"}
    yield "a link that is over", "POST", f"{gateway}/getCertFile.do", {**base, "url": "/files/" + "0" * 32}
    partner.take(ended, Step.REVOKE)
    yield "revoked", "POST", f"{gateway}/getCertificateDataByCertificateID.do", {**one, "CertificateID": ended}
    yield "no such operation", "POST", f"{gateway}/getEverything.do", base


def fujian(partner: DialectHouse) -> Talk:
    """The interfaces, by the code issued to the system and by one that the holder shows, and their refusals."""
    identifier = partner.issue(1)
    asked = {
        **TASK,
        "grantcode": partner.secrets["fujian"],
        "interfaceName": "getLegalPersonListByHolderCode",
        "certificateHolderCode": firm(1),
        "certificateTypeName": HYGIENE.name,
    }
    path = "certificateShare"
    yield "an organisation's, by its code", "POST", path, asked
    yield "the service in the body alone", "POST", "", asked
    person_asked = {**asked, "interfaceName": "getPersonListByHolder", "certificateHolderName": "演示人1"}
    yield "a person's", "POST", path, {**person_asked, "certificateHolderCode": person(1)}
    shown = {**asked, "accessToken": partner.secrets["fujian"], "grantcode": partner.show(identifier)}
    named = {**shown, "interfaceName": "getLegalPersonListByHolderName", "certificateHolderName": NAME}
    del named["certificateHolderCode"]
    yield "by the code that its holder shows, and the name alone", "POST", path, named
    yield "the same code again", "POST", path, named
    by_name = {**asked, "interfaceName": "getLegalPersonListByHolderName", "certificateHolderName": NAME}
    del by_name["certificateHolderCode"]
    yield "by a name alone", "POST", path, by_name
    content = {**asked, "interfaceName": "getCertificateFileContentByIdentifier", "certificateIdentifier": identifier}
    yield "a file", "POST", path, content
    high = {**person_asked, "certificateHolderCode": person(1), "certificateTypeName": HIGH.name}
    yield "a high one, by nobody", "POST", path, high
    proposer = {"proposerName": "演示人2", "proposerCodeTypeCode": "111", "proposerCode": person(2)}
    yield "a high one, not granted", "POST", path, {**high, **proposer, "queryCause": "演示", "queryResume": "演示"}
    yield "a grant code that is none", "POST", path, {**asked, "grantcode": "0" * 32}
    yield "a task that is no matter here", "POST", path, {**asked, "taskCode": "11350000YNX00001XQJGF000007"}
    yield "no such interface", "POST", path, {**asked, "interfaceName": "getEverything"}
    yield "another service", "POST", path, {**asked, "servicecode": "getEfileShare"}
    yield "nobody", "POST", path, {**asked, "certificateHolderCode": firm(9)}
    yield "a type that there is not", "POST", path, {**asked, "certificateTypeName": "无此证照"}


DIALECTS = {"shandong": shandong, "national_library": national_library, "fujian": fujian}


def held(partner: DialectHouse, name: str) -> list[dict[str, Any]]:
    """Hold the conversation, and give what was said."""
    prefix = getattr(partner.settings, name)
    said: list[dict[str, Any]] = []
    talk, answer = DIALECTS[name](partner), None
    while True:
        try:
            case, method, path, body = talk.send(answer)
        except StopIteration:
            return said
        data = None if body is None else json.dumps(body, ensure_ascii=False)
        answer = partner.open(method, f"{prefix}/{path}".rstrip("/"), data=data)
        text = answer.text if answer.mimetype == "application/json" else f"<{answer.mimetype}>"
        asked = {"method": method, "path": _fixed(path), "body": _without_secrets(partner, data)}
        told = {"name": case, "request": asked}
        told |= {"status": answer.status_code, "answer": _fixed(text)}
        if (plain := _plain(partner, text)) is not None:
            told["plaintext"] = _fixed(plain)
        if answer.headers.get("Yinxin-Problem"):
            told["problem"] = answer.headers["Yinxin-Problem"]
        said.append(told)


def written(said: list[dict[str, Any]], name: str) -> str:
    """Write a conversation as a file."""
    key = dialect_house.SCALAR.hex().upper() if name == "shandong" else None
    told = {"dialect": name, **({"sm2_private_key_of_the_example": key} if key else {}), "conversation": said}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path = VECTORS) -> None:
    """Hold every conversation on SQLite, and write the files."""
    for name in DIALECTS:
        with tempfile.TemporaryDirectory() as place:
            from app import LAST_ACTS

            database = connect(DatabaseSettings(url=f"sqlite:///{place}/yinxin.db"), LAST_ACTS)
            Base.metadata.create_all(database.engine)
            partner = dialect_house.opened(database, Path(place), conftest.AT)
            clock.now = lambda partner=partner: partner.house.office.at  # type: ignore[misc]
            with dialect_house.working(partner):
                (folder / f"{name}.json").write_text(written(held(partner, name), name), encoding="utf-8")
            database.close()


def _asked(partner: DialectHouse, data: Any) -> dict[str, Any]:
    return {"head": {"accessId": "shandong", "accessToken": partner.secrets["shandong"]}, "data": data}


def _plain(partner: DialectHouse, text: str) -> str | None:
    found = re.search(r'"(?:certData|data)":"(04[0-9A-F]{190,})"', text)
    return found and sm2.decrypt(partner.key, bytes.fromhex(found[1]), Layout.C1C2C3).decode()


def _fixed(text: str) -> str:
    for pattern, name in RANDOM:
        text = pattern.sub(name, text)
    return text


def _without_secrets(partner: DialectHouse, text: str | None) -> Any:
    """Give the request with names in place of what is secret or different each time."""
    if text is None:
        return None
    for name, secret in partner.secrets.items():
        text = text.replace(secret, f"<secret of {name}>")
    text = re.sub(r'"sessionId": "[^"]{40,}"', '"sessionId": "<session>"', text)
    text = re.sub(r"/files/[0-9a-f]{32}", "/files/<id>", text)
    text = re.sub(r'"(qrcode|grantcode)": "[0-9]{10}"', r'"\1": "<ten digits>"', text)
    return json.loads(text)


if __name__ == "__main__":
    write()
