"""Help with signed requests, in the sandbox only: where a caller's canonical string differs from ours."""

from dataclasses import asdict
from typing import Any

from base.api import Blueprint
from base.web import gives, open_to_all, parts, takes
from keys.parties import request_signing, signature_headers
from keys.parties.errors import OnlyInSandbox
from keys.parties.request_signing import DIGESTS, Message
from keys.parties.schemas import SignatureDebugAnswerSchema, SignatureDebugSchema
from keys.parties.signature_differences import differences
from keys.parties.wiring import Parties

signatures = Blueprint("signatures", __name__, description="请求签名 · signed requests")


@signatures.route("/signature-debug", methods=["POST"])
@open_to_all
@takes(SignatureDebugSchema)
@gives(SignatureDebugAnswerSchema)
def debug(asked: dict[str, Any]) -> dict[str, Any]:
    """Say where two canonical strings differ, line by line; only the sandbox answers."""
    if not parts(Parties).demo:
        raise OnlyInSandbox
    told = asked["request"]
    message = Message.of_url(told["method"], told["url"], told["headers"], told["body"])
    read, _ = signature_headers.read(message.headers)
    ours = request_signing.canonical(message, read.components, read.parameters)
    found = differences(asked["canonical"], ours)
    digests = {name: request_signing.content_digest(message.body, name) for name in DIGESTS}
    return {
        "same": not found,
        "canonical": ours,
        "digests": digests,
        "differences": [asdict(each) for each in found],
    }
