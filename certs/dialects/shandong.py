"""The Shandong city specification of sharing certificates (山东地市电子证照共享服务对接技术规范（试行）). Pure.

A request is {head: {accessId, accessToken}, data: {…}}, an answer {head: {status, message}, data}. What look-ups give
is encrypted under the caller's SM2 key as `data.certData`; links, comparisons and dictionaries are `data` itself; files
and refusals are clear. The ciphertext is hexadecimal, 04 ‖ x ‖ y ‖ C2 ‖ C3, the old order. Requests are not encrypted.

The specification has neither nonce nor time: whoever holds a token can call, and calls can be repeated. What counts
once here, counts once by the house's own rules: a code that a holder shows, and a link.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from base import strict_json
from base.strict_json import MalformedJson
from certs.copies.sheet import LONGEST
from certs.dialects import dialect
from certs.dialects.codes import Code, Codes
from certs.dialects.dialect import (
    JSON_HEADERS,
    Asked,
    Cause,
    Certificate,
    Compare,
    Compared,
    Copied,
    Copies,
    Copy,
    Delivery,
    Describe,
    Dialect,
    Examine,
    Fetch,
    Handed,
    Look,
    Looked,
    Named,
    Operation,
    Proof,
    Reading,
    Result,
    Scan,
    Types,
    Writing,
)
from certs.dialects.errors import DialectEncryptionKeyMissing, DialectParameterRefused
from certs.holder_codes import holder_codes
from exchange.dialects.dialect import Given, Outside, Refusal, Written, object_in, told_in_headers
from keys.algorithms import sm2
from keys.algorithms.sm2_ciphertext import Layout

NAME: Final = "shandong"
DOWNLOAD: Final = "zzgxpt/download"
# 事项调用: the category of a call for a matter.
FOR_A_MATTER: Final = "1"
# The specification bounds the cause by 200 characters; written as JSON it has five members of that.
LONGEST_CAUSE: Final = 1200
TYPE_CODE: Final = re.compile(r"[0-9A-Z]{18}[0-9A-Z]{3}\Z")
LINK: Final = re.compile(r"[0-9a-f]{32}\Z")
# What elements that every certificate has are called; the type's own fields keep their names.
ELEMENTS: Final[Mapping[str, str]] = {
    "holder_name": "name",
    "holder_code": "czztdm",
    "issuer": "zzbfjgdm",
    "issued_on": "zzbfrq",
    "valid_from": "zzyxqqsrq",
    "valid_until": "zzyxqjzrq",
    "region": "xzqhdm",
}
NEEDED: Final = "【必填项】"


# --- who calls, and for what --------------------------------------------------------------------------------------


def _proof(operation: str, outside: Outside) -> Proof:
    if operation == DOWNLOAD:
        return Proof(link=_link(outside))
    head = dialect.inner(object_in(outside), "head")
    secret = dialect.text(head, "accessToken", missing="missing")
    return Proof(account=dialect.text(head, "accessId"), secret=secret)


def _data(outside: Outside) -> dict[str, Any]:
    return dialect.inner(object_in(outside), "data")


def _cause(outside: Outside, data: Mapping[str, Any], name: str = "useCause") -> Cause:
    """Read the cause: a text, JSON written as text, or an object."""
    value = data.get(name)
    told = value if isinstance(value, dict) else _object(dialect.text(data, name, longest=LONGEST_CAUSE))
    if not isinstance(told, dict):
        if len(told) > dialect.LONGEST_TEXT:
            raise DialectParameterRefused(name, "wrong")
        return Cause(_joined(Given(reason=told), outside))
    reason = dialect.text(told, "certificateCopyCause", needed=False) or dialect.text(told, "certificateMatterName")
    given = Given(reason=reason, item_name=dialect.text(told, "certificateMatterName", needed=False))
    if dialect.text(told, "certificateCallCategory", needed=False) in {"", FOR_A_MATTER}:
        item = dialect.text(told, "certificateEventCode", needed=False)
        given = Given(item_code=item, item_name=given.item_name or item, reason=reason)
    return Cause(_joined(given, outside), dialect.text(told, "certificateSystemName", needed=False))


def _joined(given: Given, outside: Outside) -> Given:
    """Add what our own headers tell of the purpose: the case, the person who works, the region."""
    told = {name: value for name, value in vars(given).items() if value}
    return Given(**{**told_in_headers(outside), **told})


def _object(told: str) -> dict[str, Any] | str:
    if not told.startswith("{"):
        return told
    try:
        found = strict_json.parse(told)
    except MalformedJson as error:
        raise DialectParameterRefused("useCause", "wrong") from error
    return found if isinstance(found, dict) else told


# --- the operations' requests -------------------------------------------------------------------------------------


def _by_identifier(outside: Outside, _: Reading) -> Asked:
    data = _data(outside)
    return Asked(Look(identifier=_identifier(data)), _cause(outside, data))


def _by_holder(outside: Outside, _: Reading) -> Asked:
    data = _data(outside)
    return Asked(_held(data), _cause(outside, data))


def _by_square(outside: Outside, _: Reading) -> Asked:
    data = _data(outside)
    return Asked(Scan(dialect.text(data, "qrcode")), _cause(outside, data))


def _link_by_identifier(outside: Outside, reading: Reading) -> Asked:
    data = _data(outside)
    look = Look(identifier=_identifier(data))
    return Asked(Copies(look, Delivery.LINK, days=_days(data, "expiryTime", reading)), _cause(outside, data))


def _links_by_holder(outside: Outside, reading: Reading) -> Asked:
    data = _data(outside)
    days = _days(data, "expiryTime", reading)
    return Asked(Copies(_held(data), Delivery.LINK, days=days), _cause(outside, data))


def _file(outside: Outside, reading: Reading) -> Asked:
    data = _data(outside)
    kind = dialect.text(data, "fileType", needed=False).lower() or "ofd"
    if kind not in {"ofd", "png"}:
        raise DialectParameterRefused("fileType", "wrong")
    look = Look(identifier=_identifier(data, "certificateIdentifier"))
    days = _days(data, "certificateCopyExpiringTime", reading)
    pictured = kind == "png"
    wish = Copies(
        look, Delivery.PICTURES if pictured else Delivery.CONTENT, form="pdf" if pictured else "ofd", days=days
    )
    return Asked(wish, _cause(outside, data, "certificateCopyCause"))


def _download(outside: Outside, _: Reading) -> Asked:
    return Asked(Fetch(_link(outside), peek=outside.method == "HEAD"), Cause(Given()))


def _particulars(outside: Outside, _: Reading) -> Asked:
    data = _data(outside)
    told = dict(dialect.inner(data, "certData"))
    holder_code = dialect.code(told, "holderCode", missing="holder_code_missing")
    holder_name = dialect.text(told, "holder", missing="holder_missing")
    number = dialect.text(told, "certNo", missing="number_missing")
    rest = {name: dialect.text(told, name) for name in told if name not in {"holderCode", "holder", "certNo"}}
    wish = Compare(_type(data), Named(holder_code, name=holder_name), number, rest)
    return Asked(wish, _cause(outside, data))


def _document(outside: Outside, _: Reading) -> Asked:
    data = _data(outside)
    if dialect.text(data, "contentType") != "base64":
        raise DialectParameterRefused("contentType", "wrong")
    content = data.get("content")
    if not isinstance(content, str) or not content:
        raise DialectParameterRefused("content", "wrong" if content else "missing")
    try:
        document = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DialectParameterRefused("content", "wrong") from error
    return Asked(Examine(_type(data), document), _cause(outside, data))


def _dictionary(outside: Outside, _: Reading) -> Asked:
    return Asked(Describe(_type(_data(outside))), Cause(Given()))


def _identifier(data: Mapping[str, Any], name: str = "certIdentifier") -> str:
    return dialect.text(data, name, longest=dialect.LONGEST_IDENTIFIER)


def _type(data: Mapping[str, Any]) -> str:
    told = dialect.code(data, "certTypeCode")
    if not TYPE_CODE.match(told):
        raise DialectParameterRefused("certTypeCode", "type_code")
    return told


def _held(data: Mapping[str, Any]) -> Look:
    kind = dialect.text(data, "holderTypeCode")
    if kind not in holder_codes():
        raise DialectParameterRefused("holderTypeCode", "holder_type")
    # The name is an addition of ours: the specification asks by the code alone.
    holder = Named(dialect.code(data, "holderCode"), kind, dialect.text(data, "holder", needed=False))
    return Look(holder=holder, type=_type(data), number=dialect.text(data, "certNo", needed=False))


def _days(data: Mapping[str, Any], name: str, reading: Reading) -> int:
    return dialect.days_until(dialect.text(data, name, needed=False), name, reading.at, LONGEST.days)


def _link(outside: Outside) -> str:
    told = dict(outside.parameters).get("id", "")
    if not LINK.match(told):
        raise DialectParameterRefused("id", "wrong" if told else "missing")
    return told


# --- the operations' answers --------------------------------------------------------------------------------------


def _one(result: Result, writing: Writing) -> Written:
    """Write one certificate, or how it stands where it serves no more."""
    return _looked(result, writing, is_list=False)


def _many(result: Result, writing: Writing) -> Written:
    return _looked(result, writing, is_list=True)


def _looked(result: Result, writing: Writing, *, is_list: bool) -> Written:
    assert isinstance(result, Looked)  # noqa: S101 - the desk gives each wish its own result
    code = _code(result, writing.codes)
    if code != writing.codes.ok:
        return written(code, {})
    told: Any = [flat(each) for each in dialect.valid_ones(result)]
    if not is_list and len(told) == 1:
        told = told[0]
    return written(code, {"certData": encrypted(told, writing)})


def _code(result: Looked, codes: Codes) -> Code:
    """Choose the code: by holder, a certificate that serves no more is as good as none."""
    if dialect.valid_ones(result):
        return codes.ok
    if result.by_identifier and result.certificates:
        return codes.of_standing(result.certificates[0].status)
    if result.outcome == "found" or (result.reason == "frozen" and not result.by_identifier):
        return codes.of_outcome("not_found", "")
    return codes.of_outcome(result.outcome, result.reason)


def _links(result: Result, writing: Writing) -> Written:
    return _copied(result, writing, is_list=True)


def _link_alone(result: Result, writing: Writing) -> Written:
    return _copied(result, writing, is_list=False)


def _copied(result: Result, writing: Writing, *, is_list: bool) -> Written:
    assert isinstance(result, Copied)  # noqa: S101 - the desk gives each wish its own result
    if not result.copies:
        return written(_code_of_copies(result, writing.codes), {})
    told: Any = [
        {
            "contentType": "http",
            "certIdentifier": each.certificate.identifier,
            "content": f"{writing.links}/{DOWNLOAD}?id={each.link}",
        }
        for each in result.copies
    ]
    return written(writing.codes.ok, encrypted(told if is_list else told[0], writing))


def _code_of_copies(result: Copied, codes: Codes) -> Code:
    if result.outcome == "found":
        return codes.of_standing(result.status) if result.status else codes.of_outcome("not_found", "")
    return codes.of_outcome(result.outcome, result.reason)


def _content(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Copied)  # noqa: S101 - the desk gives each wish its own result
    if not result.copies:
        return written(_code_of_copies(result, writing.codes), {})
    copy = result.copies[0]
    return written(
        writing.codes.ok,
        {"contentType": "base64", "certIdentifier": copy.certificate.identifier, "content": _encoded(copy)},
    )


def _encoded(copy: Copy) -> str | list[str]:
    if copy.pictures:
        return [base64.b64encode(each).decode("ascii") for each in copy.pictures]
    return base64.b64encode(copy.content).decode("ascii")


def _result(result: Result, writing: Writing) -> Written:
    assert isinstance(result, Compared)  # noqa: S101 - the desk gives each wish its own result
    codes = writing.codes
    meaning = _meaning(result, codes)
    if not meaning:
        return written(codes.of_outcome(result.outcome, result.reason), {})
    told = codes.results[meaning]
    return written(codes.ok, encrypted({"result": told.code, "message": told.words}, writing))


def _meaning(result: Compared, codes: Codes) -> str:
    """Choose what is answered: nothing where it could not be asked, which the head says."""
    if "no" in result.results:
        return "differs"
    if result.reason == "frozen":
        return codes.result_of["frozen"]
    if result.outcome != "found":
        return "none" if result.outcome == "not_found" else ""
    if result.status != "valid":
        return codes.result_of[result.status]
    return "incomplete" if "unknown" in result.results else codes.result_of["valid"]


def _fields(result: Result, writing: Writing) -> Written:
    """Write what verifyCertInfo takes for a type, with each field's Chinese name."""
    assert isinstance(result, Types)  # noqa: S101 - the desk gives each wish its own result
    (type_,) = result.types
    told = {
        "holderCode": f"持证主体代码{NEEDED}",
        "holder": f"持证主体{NEEDED}",
        "certNo": f"证照编号{NEEDED}",
        **{each.name: each.zh for each in type_.fields},
    }
    return written(writing.codes.ok, encrypted({"certTypeCode": f"证照类型编码{NEEDED}", "certData": told}, writing))


def _handed(result: Result, _: Writing) -> Written:
    assert isinstance(result, Handed)  # noqa: S101 - the desk gives each wish its own result
    headers = {
        "Content-Type": result.media_type,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{result.name}"',
    }
    return Written(200, headers, result.content)


def flat(certificate: Certificate) -> dict[str, Any]:
    """Write a certificate as the flat map that callers read."""
    told: dict[str, Any] = {"cert_identifier": certificate.identifier}
    if certificate.number:
        told["certno"] = certificate.number
    own = certificate.type.by_name
    for name, value in certificate.data.items():
        told[name if name in own else ELEMENTS.get(name, name)] = value
    return told


def encrypted(told: Any, writing: Writing) -> str:
    """Encrypt to the caller. Raises `DialectEncryptionKeyMissing`, `UnusableValue` beyond 1 MiB."""
    if writing.key is None:
        raise DialectEncryptionKeyMissing
    plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return sm2.encrypt(writing.key, plain, Layout.C1C2C3).hex().upper()


def written(code: Code, data: Any) -> Written:
    """Write the envelope."""
    told = {"head": {"status": code.code, "message": code.words}, "data": data}
    return Written(200, JSON_HEADERS, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def _refuse(_operation: str, refusal: Refusal, codes: Codes) -> Written:
    return written(codes.of_refusal(refusal), {})


SHANDONG: Final = Dialect(
    NAME,
    {
        each.name: each
        for each in (
            Operation("queryCertInfo", _by_identifier, _one),
            Operation("queryCertInfoByHolderCode", _by_holder, _many),
            Operation("queryCertInfoByQRcode", _by_square, _one),
            Operation("downloadUrl", _link_by_identifier, _link_alone),
            Operation("downloadUrlsByHolderCode", _links_by_holder, _links),
            Operation("downloadFile", _file, _content),
            Operation(DOWNLOAD, _download, _handed, methods=("GET", "HEAD")),
            Operation("verifyCertInfo", _particulars, _result),
            Operation("verifyFile", _document, _result),
            Operation("getCertRemarkInfo", _dictionary, _fields),
        )
    },
    _proof,
    _refuse,
    encrypts=True,
)
