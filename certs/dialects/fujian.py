"""Fujian's certificateShare: one address, `interfaceName` says what is asked, a grant code by whose leave. Pure.

Two kinds of grant codes are taken. The one that was issued to a system, which its requests bring every time, proves the
caller. The one that a holder shows, ten digits that are good for minutes and once, proves that the holder is there; the
system then proves itself by `accessToken`, which is the code that was issued to it. A certificate of high level is
given only to who tells its proposer and the cause.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from base.identifiers import certificate_parts
from certs.dialects import dialect
from certs.dialects.codes import Code, Codes
from certs.dialects.dialect import (
    JSON_HEADERS,
    Asked,
    Cause,
    Certificate,
    Copied,
    Copies,
    Delivery,
    Dialect,
    Look,
    Looked,
    Named,
    Operation,
    Proof,
    Reading,
    Result,
    Scan,
    Writing,
)
from certs.dialects.errors import DialectOperationUnknown, DialectParameterRefused
from certs.holder_codes import holder_codes
from exchange.dialects.dialect import Given, Outside, Refusal, Written, object_in, told_in_headers

NAME: Final = "fujian"
SERVICES: Final = frozenset({"certificateShare", "getShare"})
SHOWN: Final = re.compile(r"[0-9]{10}\Z")
PERSON, CREDIT_CODE = "111", "001"
# Who asks for a certificate of high level, and why; the number of the certificate is told too.
PROPOSER: Final = ("proposerName", "proposerCodeTypeCode", "proposerCode", "queryCause")


# --- who calls, and for what --------------------------------------------------------------------------------------


def _proof(_operation: str, outside: Outside) -> Proof:
    members = object_in(outside)
    if dialect.text(members, "servicecode") not in SERVICES:
        raise DialectOperationUnknown
    issued = dialect.text(members, "accessToken", needed=False)
    return Proof(secret=issued or dialect.text(members, "grantcode"))


def _cause(outside: Outside, members: Mapping[str, Any]) -> Cause:
    told = {name: dialect.text(members, name, needed=False) for name in ("taskCode", "taskName", "projectNo")}
    cause, resume = (dialect.text(members, name, needed=False) for name in ("queryCause", "queryResume"))
    given = Given(
        item_code=told["taskCode"],
        item_name=told["taskName"] or told["taskCode"],
        basis=told["projectNo"],
        operator=dialect.text(members, "operName", needed=False),
        unit=dialect.text(members, "deptName", needed=False),
        region=dialect.text(members, "areaCode", needed=False),
        reason="；".join(each for each in (cause, resume, _proposer(members)) if each),
    )
    added = {**told_in_headers(outside), **{name: value for name, value in asdict(given).items() if value}}
    return Cause(Given(**added), dialect.text(members, "systemName", needed=False))


def _proposer(members: Mapping[str, Any]) -> str:
    """Name the proposer in the reason; the code of a person stands in no reason."""
    name = dialect.text(members, "proposerName", needed=False)
    return f"申请人：{name}" if name else ""


# --- the requests -------------------------------------------------------------------------------------------------


def _share(outside: Outside, reading: Reading) -> Asked:
    members = object_in(outside)
    read = INTERFACES.get(dialect.text(members, "interfaceName"))
    if read is None:
        raise DialectOperationUnknown
    return Asked(read(members, reading), _cause(outside, members))


def _of_person(members: Mapping[str, Any], reading: Reading) -> Look | Scan:
    return _held(members, reading, Named(_code(members), PERSON, _name(members)))


def _of_organisation(members: Mapping[str, Any], reading: Reading) -> Look | Scan:
    name = dialect.text(members, "certificateHolderName", needed=False)
    return _held(members, reading, Named(_code(members), CREDIT_CODE, name))


def _of_named(members: Mapping[str, Any], reading: Reading) -> Look | Scan:
    """Read a look-up by name alone: only the holder's own code can answer it, since names are not unique."""
    name = _name(members)
    code = dialect.code(members, "certificateHolderCode", needed=bool(not _shown(members)))
    return _held(members, reading, Named(code, CREDIT_CODE, name))


def _held(members: Mapping[str, Any], reading: Reading, holder: Named) -> Look | Scan:
    wanted = dialect.text(members, "certificateTypeName", needed=False)
    number = dialect.text(members, "certificateNumber", needed=False)
    if wanted and reading.is_high(wanted):
        _require_proposer(members, reading)
    shown = _shown(members)
    return Scan(shown, holder, wanted) if shown else Look(holder=holder, type=wanted, number=number)


def _file(members: Mapping[str, Any], reading: Reading) -> Copies:
    identifier = dialect.text(members, "certificateIdentifier", longest=dialect.LONGEST_IDENTIFIER)
    parts = certificate_parts(identifier)
    if parts is not None and reading.is_high(parts.type_code):
        _require_proposer(members, reading)
    return Copies(Look(identifier=identifier), Delivery.CONTENT)


INTERFACES: Final = {
    "getPersonListByHolder": _of_person,
    "getLegalPersonListByHolderCode": _of_organisation,
    "getLegalPersonListByHolderName": _of_named,
    "getCertificateFileContentByIdentifier": _file,
}


def _require_proposer(members: Mapping[str, Any], reading: Reading) -> None:
    for name in PROPOSER:
        dialect.text(members, name, missing="proposer")
    kind = holder_codes().get(str(members["proposerCodeTypeCode"]))
    if kind is None or kind.fault(str(members["proposerCode"]).strip().upper(), reading.at):
        raise DialectParameterRefused("proposerCode", "proposer")


def _shown(members: Mapping[str, Any]) -> str:
    told = dialect.text(members, "grantcode", needed=False)
    return told if SHOWN.match(told) else ""


def _code(members: Mapping[str, Any]) -> str:
    return dialect.code(members, "certificateHolderCode")


def _name(members: Mapping[str, Any]) -> str:
    return dialect.text(members, "certificateHolderName")


# --- the answers --------------------------------------------------------------------------------------------------


def _answer(result: Result, writing: Writing) -> Written:
    if isinstance(result, Copied):
        return _content(result, writing)
    assert isinstance(result, Looked)  # noqa: S101 - the desk gives each wish its own result
    code = _code_of(result, writing.codes)
    rows = [row(each) for each in dialect.valid_ones(result)] if code == writing.codes.ok else []
    return written(code, {"dataList": rows})


def _code_of(result: Looked, codes: Codes) -> Code:
    if dialect.valid_ones(result):
        return codes.ok
    if result.certificates:
        return codes.of_standing(result.certificates[0].status)
    # Found, and nothing of it has the number that was told: that is as good as none.
    outcome = "not_found" if result.outcome == "found" else result.outcome
    return codes.of_outcome(outcome, result.reason)


def row(certificate: Certificate) -> dict[str, Any]:
    """Write a certificate as the clients of this dialect read it, with what else is granted in `extendInfo`."""
    own = certificate.type.by_name
    return {
        "certificateIdentifier": certificate.identifier,
        "certificateName": certificate.type.name,
        "certificateTypeName": certificate.type.name,
        "certificateTypeCode": certificate.type.code,
        "certificateNumber": certificate.number,
        "certificateHolderName": certificate.text("holder_name"),
        "certificateHolderCode": certificate.text("holder_code"),
        "certificateIssuedDate": certificate.text("issued_on"),
        "certificateIssuingAuthorityName": certificate.issuer_name,
        "certificateIssuingAuthorityCode": certificate.issuer,
        "certificateEffectiveDate": certificate.text("valid_from"),
        "certificateExpiringDate": certificate.text("valid_until"),
        "extendInfo": {own[name].zh: value for name, value in certificate.data.items() if name in own},
    }


def _content(result: Copied, writing: Writing) -> Written:
    codes = writing.codes
    if not result.copies:
        ended = result.outcome == "found" and result.status
        return written(
            codes.of_standing(result.status) if ended else codes.of_outcome(result.outcome, result.reason), {}
        )
    copy = result.copies[0]
    content = base64.b64encode(copy.content).decode("ascii")
    told = {"certificateIdentifier": copy.certificate.identifier, "fileType": copy.form, "content": content}
    return written(codes.ok, told)


def written(code: Code, data: Any) -> Written:
    """Write the envelope."""
    told = {"head": {"status": code.code, "message": code.words}, "data": data}
    return Written(200, JSON_HEADERS, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def _refuse(_operation: str, refusal: Refusal, codes: Codes) -> Written:
    return written(codes.of_refusal(refusal), {})


# Callers know one address, and say the service in the body; it may stand in the address too.
PATHS: Final = ("", *sorted(SERVICES))
FUJIAN: Final = Dialect(NAME, {each: Operation("certificateShare", _share, _answer) for each in PATHS}, _proof, _refuse)
