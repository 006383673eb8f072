"""What logging in can be told, and the parts that are built from it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from base.fetch import Fetch
from base.settings import Settings, setting
from keys.parties import levels
from keys.parties.attempts import Limits
from keys.parties.identity_provider import IdentityProvider, Terms
from keys.parties.login_errors import UnusableLoginSetting
from keys.parties.login_ports import PasswordHasher, SecretBox
from keys.parties.passwords import Argon2id, Hasher, Method, Pbkdf2Sm3
from keys.parties.provider_keys import ALGORITHMS
from keys.parties.sessions import Lifetimes
from keys.parties.wiring import PartiesSettings
from keys.parties.wiring import built as built_parties

ARGON2: Final = "argon2id"
PBKDF2: Final = "pbkdf2-sm3"
# OWASP's least for argon2id, and where more only turns people away.
LEAST_MEMORY_KIB, MOST_MEMORY_KIB = 19 * 1024, 1024 * 1024
LEAST_PBKDF2_ROUNDS: Final = 210_000
LONGEST_IDLE_MINUTES: Final = 120
LONGEST_SESSION_HOURS: Final = 24
CALLBACK_PATH: Final = "/login/oidc/callback"
_WORDS: Final = tuple(f"{word}={level}" for level, name in levels.NAMES.items() for word in (str(level), name))


@dataclass(frozen=True)
class LoginSettings:
    """What logging in can be told."""

    SECTION: ClassVar[str] = "login"
    password_hash: str = setting(ARGON2, "argon2id | pbkdf2-sm3: how passwords are kept.")
    # RFC 9106 4, second recommendation.
    argon2_memory_kib: int = setting(64 * 1024, "Memory that one password takes to check with argon2id, in KiB.")
    argon2_passes: int = setting(3, "Passes of argon2id over its memory.")
    argon2_lanes: int = setting(4, "Lanes of argon2id; a person waits the less, the more cores there are.")
    pbkdf2_rounds: int = setting(600_000, "Rounds of PBKDF2 with HMAC-SM3.")
    hashing_at_once: int = setting(2, "Passwords that one process checks at once; each takes the memory above.")
    password_days: int = setting(180, "After how many days a password must be changed; 0: never.")
    one_time_hours: int = setting(72, "How long a one-time password is good.")
    failures_per_account: int = setting(5, "Failed logins of an account name before it is locked.")
    failures_per_address: int = setting(20, "Failed logins from an address; 0 where a proxy hides addresses.")
    lock_minutes: int = setting(15, "How long the lock holds, and within how long failures are counted.")
    idle_minutes: int = setting(30, "After how long a silence a session ends.")
    session_hours: int = setting(8, "After how long a session ends in any case.")
    second_factor_needed: bool = setting(True, "Whether everyone must set a second factor up before anything else.")
    local_level: int = setting(3, "Real-name level of a login with a password: the site saw whom it gave an account.")
    second_factor_level: int = setting(4, "Real-name level that a second factor raises a session to.")
    service: str = setting("印信 Yinxin", "The service's name in authenticator apps.")
    oidc_issuer: str = setting("", "The identity provider's issuer address; empty: none.")
    oidc_name: str = setting("统一身份认证", "What the login page calls the identity provider.")
    oidc_client_id: str = setting("", "By what name the identity provider knows this service.")
    oidc_client_secret: str = setting("", "The secret with which this service proves itself there.", secret=True)
    oidc_algorithm: str = setting("RS256", "RS256 | ES256 | SM2SM3: the one algorithm of its ID tokens.")
    oidc_scope: str = setting("openid profile", "What is asked for at the identity provider.")
    oidc_hosts: tuple[str, ...] = setting((), "Other origins at which its addresses may stand, as https://host.")
    oidc_intranet: bool = setting(False, "Whether it stands in a network that fetch.intranet_networks opens.")
    oidc_person_claim: str = setting("sub", "The claim that names a person; accounts are linked by it.")
    oidc_level_claim: str = setting("", "The claim that tells the real-name level; empty: everyone has the lowest.")
    oidc_levels: tuple[str, ...] = setting(_WORDS, "Which word of that claim means which level, as word=level.")
    oidc_second_factors: tuple[str, ...] = setting(
        ("mfa", "otp", "hwk", "sc"), "Words of the claim amr (RFC 8176) that tell of a second factor."
    )


@dataclass(frozen=True)
class Rules:
    """The numbers by which people log in."""

    limits: Limits
    lifetimes: Lifetimes
    password_lives: timedelta | None
    one_time_lives: timedelta
    second_factor_needed: bool
    local_level: int
    second_factor_level: int


@dataclass(frozen=True)
class Login:
    """What people log in with."""

    rules: Rules
    hasher: PasswordHasher = field(repr=False)
    box: SecretBox = field(repr=False)
    service: str
    provider: IdentityProvider | None = None


def built(read: Settings, box: SecretBox, fetch: Fetch) -> Login:
    """Build the parts; nothing is asked of the identity provider yet.

    Raises `UnusableLoginSetting`, `UnusablePartiesSetting`.
    """
    told = read[LoginSettings]
    return Login(rules_of(told), _hasher(told), box, told.service, _provider(read, told, fetch))


def rules_of(told: LoginSettings) -> Rules:
    """Read the numbers.

    Raises `UnusableLoginSetting`.
    """
    _require("failures_per_account", told.failures_per_account, 1, 100)
    _require("failures_per_address", told.failures_per_address, 0, 100_000)
    _require("lock_minutes", told.lock_minutes, 1, 24 * 60)
    _require("idle_minutes", told.idle_minutes, 1, LONGEST_IDLE_MINUTES)
    _require("session_hours", told.session_hours, 1, LONGEST_SESSION_HOURS)
    _require("password_days", told.password_days, 0, 3650)
    _require("one_time_hours", told.one_time_hours, 1, 14 * 24)
    _require("local_level", told.local_level, levels.LOWEST, levels.HIGHEST)
    _require("second_factor_level", told.second_factor_level, told.local_level, levels.HIGHEST)
    return Rules(
        Limits(told.failures_per_account, told.failures_per_address, timedelta(minutes=told.lock_minutes)),
        Lifetimes(timedelta(minutes=told.idle_minutes), timedelta(hours=told.session_hours)),
        timedelta(days=told.password_days) if told.password_days else None,
        timedelta(hours=told.one_time_hours),
        told.second_factor_needed,
        told.local_level,
        told.second_factor_level,
    )


def _hasher(told: LoginSettings) -> Hasher:
    _require("argon2_memory_kib", told.argon2_memory_kib, LEAST_MEMORY_KIB, MOST_MEMORY_KIB)
    _require("argon2_passes", told.argon2_passes, 1, 20)
    _require("argon2_lanes", told.argon2_lanes, 1, 16)
    _require("pbkdf2_rounds", told.pbkdf2_rounds, LEAST_PBKDF2_ROUNDS, 10_000_000)
    _require("hashing_at_once", told.hashing_at_once, 1, 64)
    methods: dict[str, Method] = {
        ARGON2: Argon2id(told.argon2_memory_kib, told.argon2_passes, told.argon2_lanes),
        PBKDF2: Pbkdf2Sm3(told.pbkdf2_rounds),
    }
    if told.password_hash not in methods:
        raise UnusableLoginSetting("login.password_hash", " | ".join(methods))
    return Hasher(methods.pop(told.password_hash), tuple(methods.values()), told.hashing_at_once)


def _provider(read: Settings, told: LoginSettings, fetch: Fetch) -> IdentityProvider | None:
    if not told.oidc_issuer:
        return None
    parties = built_parties(read)
    if told.oidc_algorithm not in ALGORITHMS:
        raise UnusableLoginSetting("login.oidc_algorithm", " | ".join(ALGORITHMS))
    if not told.oidc_client_id:
        raise UnusableLoginSetting("login.oidc_client_id", "…")
    if "openid" not in told.oidc_scope.split():
        raise UnusableLoginSetting("login.oidc_scope", "openid …")
    for name, address in [("oidc_issuer", told.oidc_issuer), *(("oidc_hosts", each) for each in told.oidc_hosts)]:
        if not address.startswith("https://") and not (parties.demo and address.startswith("http://")):
            raise UnusableLoginSetting(f"login.{name}", "https://…")
    issuer = read[PartiesSettings].issuer or parties.issuer
    terms = Terms(
        issuer=told.oidc_issuer,
        name=told.oidc_name,
        client_id=told.oidc_client_id,
        client_secret=told.oidc_client_secret,
        redirect=issuer + CALLBACK_PATH,
        algorithm=told.oidc_algorithm,
        scope=told.oidc_scope,
        hosts=told.oidc_hosts,
        intranet=told.oidc_intranet,
        person_claim=told.oidc_person_claim,
        level_claim=told.oidc_level_claim,
        levels=levels.read_map(told.oidc_levels),
        second_factors=frozenset(told.oidc_second_factors),
    )
    return IdentityProvider(terms, fetch)


def _require(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UnusableLoginSetting(f"login.{name}", f"{least} … {most}")
