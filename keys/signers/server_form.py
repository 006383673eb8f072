"""How a signature server (签名验签服务器) is spoken to: names and forms as data, since products differ.

GM/T 0029 names the services; how the messages are spelt on the wire was not at hand when this was written, and was
tried against a simulator of ours only. A site writes what its product's manual says into a TOML file; nothing else
changes. What does not stand in the file has the value below; a name that is not known is refused.
"""

import tomllib
from dataclasses import dataclass, fields
from typing import Final

from base.settings import UnusableSetting

DER: Final = "der"
RAW: Final = "raw"
LARGEST: Final = 64 * 1024


@dataclass(frozen=True)
class ServerForm:
    """Paths, member names and encodings of one product; messages are JSON, binary values base64 in it."""

    sign_path: str = "/sign"
    public_path: str = "/public-key"
    decrypt_path: str = ""
    key_member: str = "keyName"
    data_member: str = "digest"
    algorithm_member: str = "signAlgorithm"
    sealed_member: str = "cipherText"
    plain_member: str = "plainText"
    public_member: str = "publicKey"
    signature_member: str = "signature"
    signature_form: str = DER
    status_member: str = "respCode"
    status_good: str = "0"
    secret_header: str = ""
    seconds: int = 10


def read(text: str, path: str) -> ServerForm:
    """Read a form from TOML; `path` names the setting for the message. Raises `UnusableSetting`."""
    types = {each.name: type(each.default) for each in fields(ServerForm)}
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableSetting(path, "TOML") from error
    for name, value in told.items():
        if name not in types or type(value) is not types[name]:
            raise UnusableSetting(f"{path}: {name}", types[name].__name__ if name in types else "no such name")
    form = ServerForm(**told)
    if form.signature_form not in {DER, RAW}:
        raise UnusableSetting(f"{path}: signature_form", f"{DER} | {RAW}")
    return form
