"""Making seals on a machine of its own: a request goes out with what is to be signed, the made seal comes back.

The site that keeps the register knows the maker's certificate and not its key; the maker's machine knows its key and no
register. Between them travel two small files, so that the maker's machine needs no network at all:

- the request names the seal, says what it will say, and holds the very bytes to sign, which were put on record first;
- the made seal is the seal itself. It needs no other proof: it is signed by the maker, and the site takes it only if it
  is the drawn one in every part (`signing.making.take_in`) and its maker's signature is right.

The maker's machine does not sign bytes that it cannot read: it writes the seal anew from what the request says, shows
it, and signs only if that gives the same bytes.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base import strict_json
from base.clock import rfc3339
from base.errors import DomainError
from keys.algorithms.sm2 import SM2_SM3
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.signers.signer import signed
from signing import kinds, making, register, seals
from signing.errors import SealStepNotAllowed, UnfitMakingRequest
from signing.life import Step
from signing.making import PNG, VENDOR, KnownMaker, Maker
from signing.models import Seal
from signing.seals.seal import Picture, SealDraft, Version

FORM: Final = "yinxin-making-request/1"
# A picture of two megabytes and two certificates, in base64.
LARGEST_REQUEST: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class MakingRequest:
    """A seal that is to be made elsewhere: what it will say, and the bytes that this comes to."""

    draft: SealDraft
    standard: Version
    maker_sm3: str
    message: bytes = field(repr=False)


def request(session: Session, seal: Seal, maker: KnownMaker) -> bytes:
    """Write the request for the drawn edition. Raises `SealStepNotAllowed`."""
    edition = register.standing(session, seal, Step.MAKE)
    if edition.draft is None:
        raise SealStepNotAllowed(Step.MAKE.value, "not-drawn")
    draft = making.seal_draft(seal, edition)
    told: dict[str, Any] = {
        "form": FORM,
        "standard": maker.standard.value,
        "maker_certificate_sm3": SM3.of(maker.certificate.der).hex(),
        "seal": draft.id,
        "type": draft.type,
        "name": draft.name,
        "created_at": rfc3339(draft.created_at),
        "valid_from": rfc3339(draft.valid_from),
        "valid_until": rfc3339(draft.valid_until),
        "certificate": _text(draft.signer_certificates[0]),
        "picture": _text(draft.picture.data),
        "width_mm": draft.picture.width_mm,
        "height_mm": draft.picture.height_mm,
        "to_sign": _text(edition.draft),
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def read(content: bytes) -> MakingRequest:
    """Read a request. Raises `UnfitMakingRequest`, whatever the bytes are."""
    if len(content) > LARGEST_REQUEST:
        raise UnfitMakingRequest("too-large")
    try:
        told = strict_json.parse(content)
        if not isinstance(told, dict) or told.get("form") != FORM:
            raise UnfitMakingRequest("other-form")
        return _request(told)
    except (DomainError, KeyError, TypeError, ValueError, binascii.Error) as error:
        raise error if isinstance(error, UnfitMakingRequest) else UnfitMakingRequest("malformed") from error


def made(asked: MakingRequest, maker: Maker) -> bytes:
    """Make the seal, if the bytes to sign are what the request says.

    Raises `UnfitMakingRequest`, and what the key raises.
    """
    if asked.maker_sm3 != SM3.of(maker.certificate.der).hex():
        raise UnfitMakingRequest("other-maker")
    unsigned = seals.WRITABLE[asked.standard].prepare_seal(asked.draft, maker.certificate.der)
    if unsigned.message != asked.message:
        raise UnfitMakingRequest("says-another-seal")
    return unsigned.finish(signed(maker.signer, SM2_SM3, unsigned.message))


def _request(told: Mapping[str, Any]) -> MakingRequest:
    picture = Picture(PNG, _bytes(told["picture"]), int(told["width_mm"]), int(told["height_mm"]))
    created, since, until = (datetime.fromisoformat(told[name]) for name in ("created_at", "valid_from", "valid_until"))
    certificate = Certificate.of(_bytes(told["certificate"])).der
    if int(told["type"]) not in {each.type for each in kinds.kinds().values()}:
        raise UnfitMakingRequest("type")
    said = (str(told["seal"]), int(told["type"]), str(told["name"]))
    draft = SealDraft(VENDOR, *said, created, since, until, (certificate,), picture)
    standard = Version(told["standard"])
    if standard not in seals.WRITABLE:
        raise UnfitMakingRequest("standard")
    return MakingRequest(draft, standard, str(told["maker_certificate_sm3"]), _bytes(told["to_sign"]))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
