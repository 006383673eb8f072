"""Certificate types below `/api/v1`: which there are, and what each asks for."""

from typing import Any

from base.api import Blueprint
from base.web import gives, open_to_all, parts
from certs import types
from certs.schemas import CertificateTypePage, CertificateTypeSchema
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs

certificate_types = Blueprint("certificate-types", __name__, description="证照类型 · certificate types")


@certificate_types.route("/certificate-types", methods=["GET"])
@open_to_all
@gives(CertificateTypePage)
def listed() -> dict[str, Any]:
    """List every type that this site knows; there are some hundreds at most."""
    known = parts(Certs).types
    return {"items": [_shown(known[code]) for code in sorted(known)], "next_cursor": None}


@certificate_types.route("/certificate-types/<string:code>", methods=["GET"])
@open_to_all
@gives(CertificateTypeSchema)
def one(code: str) -> dict[str, Any]:
    """Give one type."""
    return _shown(types.type_of(parts(Certs).types, code))


def _shown(type_: CertificateType) -> dict[str, Any]:
    return {
        "code": type_.code,
        "name": type_.name,
        "name_en": type_.name_en,
        "defined_by": type_.defined_by.name,
        "holding": type_.holding,
        "level": type_.level,
        "holder_types": type_.holders.types,
        "least_holders": type_.holders.least,
        "most_holders": type_.holders.most,
        "roles": type_.holders.roles,
        "fields_": type_.fields,
        "confidence": type_.confidence,
    }
