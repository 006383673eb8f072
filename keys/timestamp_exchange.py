"""What passes between an asker and a time-stamping authority (RFC 3161 2.4): the question written, the answer read."""

from typing import Final

from keys.algorithms import der
from keys.errors import MalformedDer
from keys.timestamp_errors import MalformedTimeStamp, TimeStampNotGranted
from keys.timestamp_tokens import SIZE_LIMIT, VERSION_OF_INFO, token
from keys.timestamp_values import Imprint, TimeStampToken

GRANTED: Final = frozenset({0, 1})
FAILURES: Final = {
    0: "bad-algorithm",
    2: "bad-request",
    5: "bad-data-format",
    14: "time-not-available",
    15: "unaccepted-policy",
    16: "unaccepted-extension",
    17: "additional-information-not-available",
    25: "system-failure",
}


def response(data: bytes) -> TimeStampToken:
    """Read a TimeStampResp and give its token. Raises `MalformedTimeStamp`, and `TimeStampNotGranted` for a refusal."""
    if len(data) > SIZE_LIMIT:
        raise MalformedTimeStamp("too-large", 0)
    try:
        der.require_der(data)
        outer = der.Reader(data)
        inner = outer.inside()
        outer.end()
        _require_granted(inner.inside())
        whole = inner.whole()
        inner.end()
    except MalformedDer as error:
        raise MalformedTimeStamp(error.reason, error.offset) from error
    return token(whole)


def question(
    imprint: Imprint, nonce: int | None = None, policy: str | None = None, *, certificate: bool = True
) -> bytes:
    """Write a TimeStampReq; with `certificate` the authority is asked to send its own along."""
    return der.sequence(
        der.integer(VERSION_OF_INFO),
        imprint.der,
        b"" if policy is None else der.oid(policy),
        b"" if nonce is None else der.integer(nonce),
        der.element(0x01, b"\xff") if certificate else b"",
    )


def _require_granted(reader: der.Reader) -> None:
    """Read PKIStatusInfo (RFC 3161 2.4.2). Raises `TimeStampNotGranted`."""
    status = reader.natural()
    if reader.next_tag == der.SEQUENCE:
        reader.whole()  # words for a reader, of whom nobody knows who wrote them
    bits = reader.content(der.BIT_STRING) if reader.next_tag == der.BIT_STRING else b""
    reader.end()
    if status in GRANTED:
        return
    told = [
        FAILURES.get(8 * at + bit, "unknown-failure")
        for at, byte in enumerate(bits[1:])
        for bit in range(8)
        if byte & (0x80 >> bit)
    ]
    raise TimeStampNotGranted(status, told[0] if told else "none-told")
