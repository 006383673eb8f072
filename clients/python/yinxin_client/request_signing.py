"""Signs a request after RFC 9421 with Content-Digest (RFC 9530), in the narrow form that the service asks for.

Covered are `@method`, `@path`, `@query`, `content-digest` where there is a body, and `yinxin-basis` (the case number)
where the request carries one. `@path` is percent-encoded in the one form that the service knows: every character
outside RFC 3986's `pchar` and `/`, in upper case, and no other; `@query` is the query as sent.
"""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from yinxin_client.errors import UnsignableRequest
from yinxin_client.signers import Signer

BASIS_HEADER = "yinxin-basis"
LABEL = "yinxin"
# RFC 3986 3.3: pchar without the percent sign, and the slash between segments.
PATH_SAFE = "/-._~!$&'()*+,;=:@"
# A case number may hold Chinese characters; a header may not.
_ASCII = "".join(map(chr, range(0x20, 0x7F)))
# What may stand in a quoted string without an escape; key ids and nonces hold nothing else.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True)
class Unsigned:
    """A request as it will be sent: the path with its query, the body's bytes, the case number if there is one."""

    method: str
    target: str
    body: bytes
    basis: str = ""


def signed(request: Unsigned, signer: Signer, nonce: str, created: int) -> dict[str, str]:
    """Give the headers that sign a request.

    Raises `UnsignableRequest`.
    """
    path, _, query = request.target.partition("?")
    lines = {"@method": request.method, "@path": quote(unquote_to_bytes(path), safe=PATH_SAFE), "@query": f"?{query}"}
    added = {}
    if request.body:
        digest = base64.b64encode(signer.algorithm.digest_of(request.body)).decode()
        added["content-digest"] = f"{signer.algorithm.digest}=:{digest}:"
    if request.basis:
        added[BASIS_HEADER] = quote(request.basis.strip(), safe=_ASCII)
    lines |= added
    if not _PLAIN.fullmatch(signer.kid) or not _PLAIN.fullmatch(nonce):
        raise UnsignableRequest("the key id or the nonce holds other characters than A-Z a-z 0-9 . _ ~ -")
    covered = " ".join(f'"{name}"' for name in lines)
    told = f'({covered});created={created};nonce="{nonce}";keyid="{signer.kid}";alg="{signer.algorithm.http}"'
    canonical = "\n".join(f'"{name}": {value}' for name, value in {**lines, "@signature-params": told}.items())
    value = base64.b64encode(signer.sign(canonical.encode("ascii"))).decode()
    return {**added, "signature-input": f"{LABEL}={told}", "signature": f"{LABEL}=:{value}:"}
