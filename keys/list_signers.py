"""Other keys of an authority that may sign its revocation lists: after a change of keys, or beside the issuing key.

RFC 5280 6.3.3 f accepts any certificate of the issuer's name under the same anchor. That lets one authority speak for
a sibling whose name it writes into a certificate. So only the nearest kin is taken: a certificate of the same name that
the issuing certificate itself signed, that signed it, or that the same authority above signed. It must hold at the
moment, be allowed to sign lists, and not be known as revoked by lists under the key that signed it.
"""

from datetime import datetime

from keys.budget import Spending
from keys.certificates import Certificate
from keys.extensions import Usage
from keys.revocation import Revoked, status
from keys.trust import Trust
from keys.trust_errors import SignatureUnsupported, UnusableCertificateKey


def others(
    issuer: Certificate, above: Certificate | None, trust: Trust, at: datetime, spending: Spending
) -> tuple[Certificate, ...]:
    """Give the other list signers of an issuer; `above` is the certificate that signed it, None at the anchor.

    Raises `BudgetExhausted`.
    """
    if not trust.lists_by_issuer.get(issuer.subject):
        return ()
    found = [above] if above is not None and above.subject == issuer.subject else []
    for each in trust.intermediates_by_name.get(issuer.subject, ()):
        if each.spki == issuer.spki or not _may_sign(each, at):
            continue
        signer = _signer(each, (issuer,) if above is None else (issuer, above), spending)
        if signer is not None and not isinstance(status(each, signer, trust, at, spending), Revoked):
            found.append(each)
    return tuple(found)


def _may_sign(certificate: Certificate, at: datetime) -> bool:
    said = certificate.extensions
    return (
        certificate.holds_at(at)
        and not said.unknown_critical
        and said.key_usage is not None
        and Usage.CRL_SIGN in said.key_usage
    )


def _signer(certificate: Certificate, kin: tuple[Certificate, ...], spending: Spending) -> Certificate | None:
    for each in kin:
        if each.subject != certificate.issuer:
            continue
        spending.look_at_branch()
        try:
            if spending.verify(each, certificate.tbs, certificate.signature, certificate.algorithm):
                return each
        except (SignatureUnsupported, UnusableCertificateKey):
            continue
    return None
