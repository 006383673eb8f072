"""What the parties can be told, and the parts that are built from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import make_url

from base.db import DatabaseSettings
from base.errors import DomainError, Kind
from base.settings import Settings, setting
from base.web import WebSettings
from keys.algorithms.algorithm import KeyKind
from keys.parties.token_keys import FileTokenKey, TokenKey
from keys.signers import secret_files

# The environments of `base.web` in which the sandbox's comforts exist.
DEMO: Final = "demo"
ALGORITHMS: Final = {"sm2": KeyKind.SM2, "es256": KeyKind.P256}
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
REVOCATION_PATH: Final = "/oauth/revoke"
JWKS_PATH: Final = "/oauth/jwks"
LONGEST_TOKEN_SECONDS: Final = 3600


@dataclass(frozen=True)
class PartiesSettings:
    """What the parties can be told."""

    SECTION: ClassVar[str] = "parties"
    issuer: str = setting("", "This service's address as tokens name it, without a slash at the end; empty: of [web].")
    token_algorithm: str = setting("sm2", "sm2 | es256: what the service signs its tokens with.")
    token_key: str = setting("", "File of the token key, made when missing; empty: token.key beside the SQLite file.")
    token_password_file: str = setting(
        "", "File with the password of the token key's file, made when missing; empty: custody.password beside it."
    )
    token_seconds: int = setting(600, "How long an access token is good; at most 3600.")


@dataclass(eq=False)
class UnusablePartiesSetting(DomainError):
    """A setting of the parties cannot be worked with."""

    path: str
    expected: str
    code: ClassVar[str] = "unusable-parties-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class Parties:
    """What tokens and signatures are made and judged with."""

    issuer: str
    token_key: TokenKey
    token_seconds: int
    demo: bool

    @property
    def token_endpoint(self) -> str:
        """Give the address at which tokens are asked for."""
        return self.issuer + TOKEN_PATH

    @property
    def audiences(self) -> frozenset[str]:
        """Give what a client may write as the audience of its assertion (RFC 7523 3, item 3)."""
        return frozenset({self.issuer, self.token_endpoint})


def built(read: Settings) -> Parties:
    """Build the parts; no file is touched yet.

    Raises `UnusablePartiesSetting`.
    """
    told, web = read[PartiesSettings], read[WebSettings]
    if told.token_algorithm not in ALGORITHMS:
        raise UnusablePartiesSetting("parties.token_algorithm", " | ".join(ALGORITHMS))
    if not 1 <= told.token_seconds <= LONGEST_TOKEN_SECONDS:
        raise UnusablePartiesSetting("parties.token_seconds", f"1 … {LONGEST_TOKEN_SECONDS}")
    if told.issuer and (told.issuer.endswith("/") or not told.issuer.startswith(("https://", "http://"))):
        raise UnusablePartiesSetting("parties.issuer", "https://…")
    key = _token_key(told, read[DatabaseSettings])
    return Parties(told.issuer or _address(web), key, told.token_seconds, web.environment == DEMO)


def _address(web: WebSettings) -> str:
    host = f"[{web.host}]" if ":" in web.host else web.host
    return f"http://{host}:{web.port}"


def _token_key(told: PartiesSettings, database: DatabaseSettings) -> FileTokenKey:
    """Name the token key; its file is encrypted under the password that keys in custody have too."""
    file = _token_key_file(told, database)
    password = Path(told.token_password_file) if told.token_password_file else file.with_name("custody.password")
    return FileTokenKey(file, ALGORITHMS[told.token_algorithm], lambda: secret_files.line_made_once(password))


def _token_key_file(told: PartiesSettings, database: DatabaseSettings) -> Path:
    if told.token_key:
        return Path(told.token_key)
    url = make_url(database.url)
    beside = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else Path("yinxin.db")
    return beside.absolute().with_name("token.key")
