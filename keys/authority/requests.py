"""Certificate signing requests (PKCS#10, RFC 2986): read strictly, and believed only when the key signed them.

A request proves one thing: that its maker holds the private key. The name that it asks for is a wish, and so are the
extensions: they are read to be refused where they ask for an authority, alternative names are handed on, and the rest
is the template's to say. A challenge password is a secret that was sent to the wrong place: it is passed over, and a
request is not kept.
"""

from dataclasses import dataclass
from typing import Final

from keys import extensions
from keys.algorithms import asymmetric, der, pem
from keys.algorithms.algorithm import DEFAULT_DISTID, PublicKey
from keys.authority.errors import MalformedSigningRequest, SigningRequestNotProven
from keys.authority.subjects import Subject
from keys.authority.writing import set_of
from keys.errors import KeyDoesNotFit, MalformedDer, MalformedPem
from keys.extensions import Extensions
from keys.names import SET, GeneralName, Name

# A request for an RSA-4096 key with a dozen names has 2 KiB.
SIZE_LIMIT: Final = 1 << 15
ATTRIBUTES_LIMIT: Final = 8
VALUES_LIMIT: Final = 4
EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
PEM_LABELS: Final = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_ATTRIBUTES: Final = 0xA0


@dataclass(frozen=True)
class SigningRequest:
    """A request whose maker holds the key; only `read` makes one."""

    name: Name
    public: PublicKey
    asked: Extensions

    @property
    def subject(self) -> Subject:
        """Give the name as one that is written here. Raises `UnfitSubject`."""
        return Subject.of(self.name)

    @property
    def alternative(self) -> tuple[GeneralName, ...]:
        """Give the alternative names that are wished for."""
        return self.asked.alternative_names


def read(data: bytes) -> SigningRequest:
    """Read a request, PEM or DER, and see that its key signed it.

    Raises `MalformedSigningRequest`, `SigningRequestNotProven`, `UnusableKey`, `UnknownAlgorithm`.
    """
    if len(data) > SIZE_LIMIT:
        raise MalformedSigningRequest("too-large", 0)
    try:
        found = _unwrapped(data)
        der.require_der(found)
        return _read(found)
    except MalformedDer as error:
        raise MalformedSigningRequest(error.reason, error.offset) from error
    except MalformedPem as error:
        raise MalformedSigningRequest(error.reason, 0) from error


def unsigned(subject: Subject, public: PublicKey, alternative: tuple[bytes, ...] = ()) -> bytes:
    """Write what a request's signature goes over; `drafts.assembled` makes the request of it."""
    attributes = []
    if alternative:
        names = der.sequence(der.oid(extensions.ALTERNATIVE_NAME), der.octets(der.sequence(*alternative)))
        attributes.append(der.sequence(der.oid(EXTENSION_REQUEST), set_of(SET, [der.sequence(names)])))
    return der.sequence(der.integer(0), subject.der, public.spki, set_of(_ATTRIBUTES, attributes))


def _unwrapped(data: bytes) -> bytes:
    if data[:1] == bytes((der.SEQUENCE,)):
        return data
    label, block = pem.only(data)
    if label not in PEM_LABELS:
        raise MalformedPem("not-a-signing-request")
    return block


def _read(data: bytes) -> SigningRequest:
    """Read CertificationRequest (RFC 2986 4.2)."""
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    info = inner.whole()
    identifier = inner.whole()
    signature = inner.bits()
    inner.end()
    reader = der.Reader(info).inside()
    if reader.integer() != 0:
        raise reader.refused("unknown-version")
    name = Name.take(reader)
    key = reader.whole()
    asked = _asked(reader)
    reader.end()
    public = asymmetric.public_key(key)
    algorithm = asymmetric.signature_of(identifier)
    try:
        right = algorithm.verify(public, signature, info, distid=DEFAULT_DISTID)
    except KeyDoesNotFit as error:
        raise SigningRequestNotProven from error
    if not right:
        raise SigningRequestNotProven
    if asked.basic is not None and asked.basic.authority:
        raise reader.refused("asks-to-be-an-authority")
    return SigningRequest(name, public, asked)


def _asked(reader: der.Reader) -> Extensions:
    """Read the attributes, each once, and give what extensions are asked for."""
    found = Extensions()
    if reader.ended:
        return found
    attributes = reader.inside(_ATTRIBUTES)
    seen: set[str] = set()
    while not attributes.ended:
        if len(seen) == ATTRIBUTES_LIMIT:
            raise attributes.refused("too-many-attributes")
        inner = attributes.inside()
        oid = inner.oid()
        values = inner.inside(SET)
        inner.end()
        if oid in seen:
            raise attributes.refused("attribute-twice")
        seen.add(oid)
        if oid == EXTENSION_REQUEST:
            found = extensions.read(extensions.take_all(values))
            values.end()
        else:
            _pass_over(values)
    return found


def _pass_over(values: der.Reader) -> None:
    for _ in range(VALUES_LIMIT):
        if values.ended:
            return
        values.whole()
    if not values.ended:
        raise values.refused("too-many-values")
