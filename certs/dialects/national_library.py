"""The operations of the national library of certificates (国办电子证照库), as cities' gateways pass them on. Pure.

A session is asked for with account and password; every operation then brings it, with what the use is for (UseFor) and
the five elements: which organisation, who, which matter, its code, which case. One real caller leaves the elements
empty: whether that is taken is said by the account, and such a use never counts as statutory.

The plain operation names of the library itself (`/elssp/v1/Get…`) are read alike. Types go by their Chinese names.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from base.canonical import canonical
from certs.dialects import dialect
from certs.dialects.codes import Code, Codes
from certs.dialects.dialect import (
    JSON_HEADERS,
    PERSON_WORD,
    Asked,
    Cause,
    Certificate,
    Copied,
    Copies,
    Delivery,
    Dialect,
    Fetch,
    Handed,
    ListTypes,
    Look,
    Looked,
    Named,
    Operation,
    Proof,
    Reading,
    Result,
    SignIn,
    Swap,
    Types,
    Word,
    Writing,
)
from certs.dialects.errors import DialectParameterRefused
from certs.holder_codes import holder_codes
from certs.types.certificate_type import FieldKind
from exchange.dialects.dialect import Given, Outside, Refusal, Written, object_in, told_in_headers

NAME: Final = "national_library"
LOGIN: Final = "cert/usage/login.do"
GATEWAY: Final = "cert/usage/gb"
PLAIN: Final = "elssp/v1"
FILES: Final = "/files/"
LINK: Final = re.compile(r"[0-9a-f]{32}\Z")
# A session or a person's word is sealed here and opened here; its length is ours.
LONGEST_WORD: Final = 1000
DAY: Final = re.compile(r"[0-9]{8}\Z")
ELEMENTS: Final = ("orgName", "username", "itemName", "itemCode", "businessCode")
# Elements that every certificate has → what callers read.
COMMON: Final[Mapping[str, str]] = {
    "certificateHolder": "holder_name",
    "certificateHolderCode": "holder_code",
    "issueDate": "issued_on",
    "certificateValidateStart": "valid_from",
    "certificateValidateEnd": "valid_until",
    "certificateAreaCode": "region",
}


# --- who calls, and for what --------------------------------------------------------------------------------------


def _proof(operation: str, outside: Outside) -> Proof:
    members = object_in(outside)
    if operation == LOGIN:
        return Proof(account=dialect.text(members, "account"), secret=dialect.text(members, "password"))
    return Proof(session=dialect.text(members, "sessionId", longest=LONGEST_WORD))


def _cause(outside: Outside, members: Mapping[str, Any], reading: Reading, *, use_needed: bool = True) -> Cause:
    told = {name: dialect.text(members, name, needed=False) for name in ELEMENTS}
    missing = [name for name, value in told.items() if not value]
    if missing and reading.elements_required:
        raise DialectParameterRefused(missing[0], "elements")
    given = Given(
        item_code=told["itemCode"],
        item_name=told["itemName"],
        basis=told["businessCode"],
        operator=told["username"],
        unit=told["orgName"],
        reason=dialect.text(members, "UseFor", needed=use_needed),
    )
    added = {**told_in_headers(outside), **{name: value for name, value in asdict(given).items() if value}}
    return Cause(Given(**added), whole=not missing)


# --- the operations' requests -------------------------------------------------------------------------------------


def _login(_outside: Outside, _: Reading) -> Asked:
    return Asked(SignIn(), Cause(Given()))


def _types(outside: Outside, reading: Reading) -> Asked:
    return Asked(ListTypes(), _cause(outside, object_in(outside), reading, use_needed=False))


def _retrieval(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(_held(members, type_needed=False), _cause(outside, members, reading))


def _data_by_identifier(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(_identified(members), _cause(outside, members, reading))


def _data_by_holder(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(_held(members), _cause(outside, members, reading))


def _file_by_identifier(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(Copies(_identified(members), Delivery.LINK), _cause(outside, members, reading))


def _file_by_holder(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(Copies(_held(members), Delivery.LINK), _cause(outside, members, reading))


def _file(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    if dialect.text(members, "fileFormat", needed=False).lower() not in {"", "ofd"}:
        raise DialectParameterRefused("fileFormat", "wrong")
    return Asked(Fetch(_link(members)), _cause(outside, members, reading, use_needed=False))


def _thumbnail(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    return Asked(Fetch(_link(members), pictured=True), _cause(outside, members, reading, use_needed=False))


def _thumbnails(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    wish = Fetch(_link(members), pictured=True, in_json=True)
    return Asked(wish, _cause(outside, members, reading, use_needed=False))


def _identity(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    days = [dialect.text(members, name) for name in ("startDay", "endDay")]
    code = dialect.code(members, "id")
    if not all(DAY.match(each) for each in days) or days[0] >= days[1]:
        raise DialectParameterRefused("startDay", "wrong")
    if holder_codes()["111"].fault(code, reading.at):
        raise DialectParameterRefused("id", "wrong")
    return Asked(Swap(dialect.text(members, "name"), code), _cause(outside, members, reading, use_needed=False))


def _identified(members: Mapping[str, Any]) -> Look:
    return Look(identifier=dialect.text(members, "CertificateID", longest=dialect.LONGEST_IDENTIFIER))


def _held(members: Mapping[str, Any], *, type_needed: bool = True) -> Look:
    told = dialect.text(members, "CertificateHolderCode", longest=LONGEST_WORD)
    code = told if told.startswith(PERSON_WORD) else told.upper()
    holder = Named(code, name=dialect.text(members, "CertificateHolder", needed=False))
    number = dialect.text(members, "CertificateNumber", needed=False)
    return Look(holder=holder, type=dialect.text(members, "CertificateType", needed=type_needed), number=number)


def _link(members: Mapping[str, Any]) -> str:
    told = dialect.text(members, "url").rpartition(FILES)[2]
    if not LINK.match(told):
        raise DialectParameterRefused("url", "wrong")
    return told


# --- the operations' answers --------------------------------------------------------------------------------------


def _session(result: Result, _: Writing) -> Written:
    assert isinstance(result, Word)  # noqa: S101 - the desk gives each wish its own result
    return _json({"sessionId": result.word})


def _swapped(result: Result, _: Writing) -> Written:
    assert isinstance(result, Word)  # noqa: S101 - the desk gives each wish its own result
    return _json({"idCard": PERSON_WORD + result.word})


def _all_types(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Types)  # noqa: S101 - the desk gives each wish its own result
    rows = [{"certificateType": each.name, "certificateTypeCode": each.code} for each in result.types]
    return written(writing.codes.ok, rows)


def _found(result: Result, writing: Writing) -> Written:
    """Write the list of what a holder has; one caller reads `data` as text."""
    assert isinstance(result, Looked)  # noqa: S101 - the desk gives each wish its own result
    code = _code(result, writing.codes)
    rows = [_row(each) for each in dialect.valid_ones(result)] if code == writing.codes.ok else []
    inside = json.dumps({"data": {"total": len(rows), "dataList": rows}}, ensure_ascii=False)
    return _json({"head": _head(code), "data": inside})


def _row(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificateIdentifier": certificate.identifier,
        "certificateType": certificate.type.name,
        "certificateNumber": certificate.number,
        "certificateAreaCode": certificate.text("region"),
    }


def _data(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Looked)  # noqa: S101 - the desk gives each wish its own result
    code = _code(result, writing.codes)
    rows = [face(each) for each in dialect.valid_ones(result)] if code == writing.codes.ok else []
    return written(code, rows)


def _code(result: Looked, codes: Codes) -> Code:
    if dialect.valid_ones(result):
        return codes.ok
    if result.certificates:
        return codes.of_standing(result.certificates[0].status)
    # Found, and nothing of it has the number that was told: that is as good as none.
    outcome = "not_found" if result.outcome == "found" else result.outcome
    return codes.of_outcome(outcome, result.reason)


def face(certificate: Certificate) -> dict[str, Any]:
    """Write what stands on a certificate, as callers of several vendors read it."""
    return {**unsigned_face(certificate), "digitalSign": certificate.signature}


def unsigned_face(certificate: Certificate) -> dict[str, Any]:
    """Write what the signature is over."""
    own = certificate.type.by_name
    rows = [
        {"name": own[name].zh, "value": _value(value), "valueType": _kind(own[name].kind), "columnName": name}
        for name, value in certificate.data.items()
        if name in own
    ]
    return {
        "certificateIdentifier": certificate.identifier,
        "certificateType": certificate.type.name,
        "certificateName": certificate.type.name,
        "certificateNumber": certificate.number,
        **{name: certificate.text(element) for name, element in COMMON.items()},
        "issueDept": certificate.issuer_name,
        "issueDeptCode": certificate.issuer,
        "surface": rows,
        "detail": [],
    }


def signed_bytes(certificate: Certificate) -> bytes:
    """Give the bytes that `digitalSign` is over: the face without it, canonically (RFC 8785)."""
    return canonical(unsigned_face(certificate))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _kind(kind: FieldKind) -> str:
    return {FieldKind.DATE: "date", FieldKind.PICTURE: "image"}.get(kind, "string")


def _links(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Copied)  # noqa: S101 - the desk gives each wish its own result
    if not result.copies:
        codes = writing.codes
        ended = result.outcome == "found" and result.status
        return written(
            codes.of_standing(result.status) if ended else codes.of_outcome(result.outcome, result.reason), []
        )
    rows = [
        {
            "certificateType": each.certificate.type.name,
            "issueDept": each.certificate.issuer_name,
            "certificateNumber": each.certificate.number,
            "issueDate": each.certificate.text("issued_on"),
            "fileFormat": each.form,
            "fileUrl": f"{FILES}{each.link}",
        }
        for each in result.copies
    ]
    return written(writing.codes.ok, rows)


def _handed(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Handed)  # noqa: S101 - the desk gives each wish its own result
    if result.in_json:
        picture = base64.b64encode(result.content).decode("ascii")
        return written(writing.codes.ok, [{"fileFormat": "png", "content": picture}])
    headers = {"Content-Type": result.media_type, "Cache-Control": "private, no-store"}
    return Written(200, headers, result.content)


def written(code: Code, rows: list[dict[str, Any]]) -> Written:
    """Write the envelope."""
    return _json({"head": _head(code), "data": {"total": len(rows), "dataList": rows}})


def _head(code: Code) -> dict[str, Any]:
    return {"status": code.code, "message": code.words}


def _json(told: Any) -> Written:
    return Written(200, JSON_HEADERS, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def _refuse(operation: str, refusal: Refusal, codes: Codes) -> Written:
    code = codes.of_refusal(refusal)
    if operation in {LOGIN, "cert/usage/checkIDCard.do"}:
        word = "sessionId" if operation == LOGIN else "idCard"
        return _json({"head": _head(code), word: ""})
    return written(code, [])


def _both(name: str, *rest: Any) -> tuple[tuple[str, Operation], ...]:
    """Serve an operation under the gateway's name and under the library's own."""
    plain = name.removeprefix("sec")
    operation = Operation(name, *rest)
    return (f"{GATEWAY}/{name}.do", operation), (f"{PLAIN}/{plain[0].upper()}{plain[1:]}", operation)


NATIONAL_LIBRARY: Final = Dialect(
    NAME,
    dict(
        (
            (LOGIN, Operation("login", _login, _session)),
            ("cert/usage/checkIDCard.do", Operation("checkIDCard", _identity, _swapped)),
            *_both("getCertificateType", _types, _all_types),
            *_both("secRetrieval", _retrieval, _found),
            *_both("getCertificateDataByCertificateID", _data_by_identifier, _data),
            *_both("secGetCertificateDataByHolder", _data_by_holder, _data),
            *_both("getCertificateFileByCertificateID", _file_by_identifier, _links),
            *_both("secGetCertificateFileByHolder", _file_by_holder, _links),
            *_both("getCertFile", _file, _handed),
            *_both("getThumbnail", _thumbnail, _handed),
            *_both("getThumbnails", _thumbnails, _handed),
        )
    ),
    _proof,
    _refuse,
    signed=signed_bytes,
)
