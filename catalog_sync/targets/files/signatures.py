"""`fileSignature`: the SM3 digest of a file and an SM2 signature over it. Pure.

    SM3:<64 hexadecimal digits>;SM2:<base64 of the DER signature over "SM3:<digits>">

The column's form stands in no source: this one is assumed, and written here alone.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from keys.algorithms.algorithm import PublicKey
from keys.algorithms.sm2 import SM2_SM3
from keys.signers.signer import Signer, signed

WRITTEN: Final = re.compile(r"SM3:([0-9a-f]{64});SM2:([A-Za-z0-9+/]{80,120}={0,2})")


def sm3(content: bytes) -> str:
    """Give the digest, in hex."""
    return hashlib.new("sm3", content).hexdigest()


def written(signer: Signer, content: bytes) -> str:
    """Sign a file. Raises what the signer refuses."""
    digest = f"SM3:{sm3(content)}"
    return f"{digest};SM2:{base64.b64encode(signed(signer, SM2_SM3, digest.encode())).decode()}"


def fault(publics: Iterable[PublicKey], content: bytes, text: str) -> str:
    """Tell what is wrong with a signature; empty where one of the keys made it over this file."""
    found = WRITTEN.fullmatch(text)
    if found is None:
        return "signature-form"
    if found[1] != sm3(content):
        return "digest"
    try:
        signature = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return "signature-form"
    message = f"SM3:{found[1]}".encode()
    return "" if any(SM2_SM3.verify(each, signature, message) for each in publics) else "signature"
