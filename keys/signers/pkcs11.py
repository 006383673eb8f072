"""Keys on PKCS#11 tokens, by `python-pkcs11` (extra `pkcs11`): ECDSA, RSA, and opening what was encrypted to RSA.

Which modules may be loaded, and the PIN, are the settings' to say. A token is logged in to once a process, and a module
is used by one thread at a time: the library initialises it without locks (threads beside each other crash SoftHSM), so
more signatures at a time take more processes. A PIN that was refused is not tried again until its file changes, and
none is tried when the token says that one try is left, so that no restart loop locks a token. What the token signs is
verified here before anyone sees it.

SM2 is not in PKCS#11's own numbers, and the library takes no vendor's: tokens with SM2 are reached through `sdf:`.
"""

import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives import serialization

from base import clock
from base.errors import DomainError
from keys.algorithms import asymmetric, der, international
from keys.algorithms import digest as find_digest
from keys.algorithms.algorithm import KeyEncryption, KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.algorithms.international import InternationalPrivateKey
from keys.errors import CiphertextAltered, FaultySignature, KeyDoesNotFit, UnusableKey, UnusableValue
from keys.signers import key_transport, uris
from keys.signers.device import Place
from keys.signers.errors import (
    BeyondDevice,
    DeviceAnswerUnusable,
    DeviceDown,
    DeviceLibraryMissing,
    DeviceNotSetUp,
    KeyAlreadyThere,
    KeyNotThere,
    PinRefused,
    UnusableKeyUri,
)
from keys.signers.pool import WAIT_SECONDS
from keys.signers.signer import checked, require_kind
from keys.signers.uris import KeyUri

DEVICE: Final = "pkcs11"
EXTRA: Final = "pkcs11"
ID_BYTES: Final = 16
# Beginning anew ends the sessions of every token of the module, so it must not follow each request to a missing one.
BEGUN_ANEW_SECONDS: Final = 30.0

T = TypeVar("T")
Found = dict[str, Any]

_CURVES: Final = MappingProxyType({KeyKind.P256: "secp256r1", KeyKind.P384: "secp384r1"})
_PIN: Final = frozenset("PinIncorrect PinInvalid PinLenRange PinLocked PinExpired UserPinNotInitialized".split())
_BEYOND: Final = frozenset(
    "MechanismInvalid MechanismParamInvalid FunctionNotSupported KeyTypeInconsistent KeyFunctionNotPermitted "
    "AttributeValueInvalid TemplateInconsistent TemplateIncomplete DomainParamsInvalid ArgumentsBad "
    "TokenWriteProtected SessionReadOnly".split()
)
_ALTERED: Final = frozenset("EncryptedDataInvalid EncryptedDataLenRange DataInvalid DataLenRange".split())


class Tokens:
    """The device behind `pkcs11:` addresses: every token of the modules that the settings allow."""

    def __init__(self, place: Place) -> None:
        if not place.pkcs11_modules:
            raise DeviceNotSetUp(DEVICE, "custody.pkcs11_modules")
        if place.pin is None:
            raise DeviceNotSetUp(DEVICE, "custody.pin_folder")
        self._pkcs11 = _library()
        self._modules = place.pkcs11_modules
        self._pin = place.pin
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str | None, ...], _Token] = {}
        self._publics: dict[str, PublicKey] = {}

    def address(self, name: str, within: str) -> KeyUri:
        """Give the address of a new key on the token of that label. Raises `UnusableKeyUri`."""
        if not within:
            raise UnusableKeyUri("no-token-named")
        return uris.of_token({"token": within, "object": name, "id": os.urandom(ID_BYTES).hex()})

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:
        """Make a key inside the token; it can never leave it. Raises `KeyAlreadyThere`, `BeyondDevice`."""
        if kind is not KeyKind.RSA and kind not in _CURVES:
            raise BeyondDevice(DEVICE, f"generate {kind}")
        return self._token(uri).changed(lambda session: _generated(self._pkcs11, session, uri, kind))

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:
        """Carry a key into the token, from where it can never leave. Raises `KeyAlreadyThere`, `BeyondDevice`."""
        if not isinstance(private, InternationalPrivateKey) or private.kind is KeyKind.ED25519:
            raise BeyondDevice(DEVICE, f"take in {private.kind}")
        return self._token(uri).changed(lambda session: _taken_in(self._pkcs11, session, uri, private))

    def signer(self, uri: KeyUri) -> "TokenSigner":
        """Find the key on its token, reading its public half once. Raises `KeyNotThere`, `DeviceDown`, `PinRefused`."""
        token = self._token(uri)
        with self._lock:
            known = self._publics.get(uri.text)
        public = known or token.used(lambda lent: lent.public(uri))
        with self._lock:
            self._publics[uri.text] = public
        return TokenSigner(token, uri, public)

    def _token(self, uri: KeyUri) -> "_Token":
        module = uri.value("module-path") or self._modules[0]
        if module not in self._modules:
            raise DeviceNotSetUp(DEVICE, "custody.pkcs11_modules")
        name = (module, *(uri.value(each) for each in uris.TOKEN_NAMES))
        with self._lock:
            if name not in self._tokens:
                wanted = {each: value for each in uris.TOKEN_NAMES if (value := uri.value(each)) is not None}
                self._tokens[name] = _Token(self._pkcs11, module, wanted, self._pin)
            return self._tokens[name]


@dataclass(frozen=True)
class TokenSigner:
    """A key that stays on its token."""

    token: "_Token" = field(repr=False)
    uri: KeyUri
    public: PublicKey = field(repr=False)

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Have the token sign. Raises `KeyDoesNotFit`, `BeyondDevice`, `DeviceDown`, `FaultySignature`."""
        require_kind(self.public, algorithm)
        signature = self.token.used(lambda lent: lent.signed(self.uri, algorithm, prepared))
        try:
            if algorithm.name.startswith("ecdsa"):
                signature = international.der_ecdsa(signature, self.public.kind)
        except UnusableValue as error:
            raise FaultySignature(algorithm.name) from error
        return checked(self.public, algorithm, signature, prepared)

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Have the token open. Raises `KeyDoesNotFit`, `BeyondDevice`, `DeviceDown`, `CiphertextAltered`."""
        require_kind(self.public, algorithm)
        if algorithm.name != key_transport.NAME:
            raise BeyondDevice(DEVICE, algorithm.name)
        return self.token.used(lambda lent: lent.opened(self.uri, sealed))


class _Module:
    """A loaded module: one thread at a time, since the library initialises it for no more (PKCS#11 3.1, 5.4)."""

    def __init__(self, path: str, *, inherited: bool) -> None:
        self.generation = 0
        self._path = path
        self._inherited = inherited
        self._begun_at = -math.inf
        self._lock = threading.RLock()

    @contextmanager
    def held(self, library: Any) -> Iterator[Any]:
        """Have the module for oneself. Raises `DeviceDown`, also for what the module raises."""
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise DeviceDown(DEVICE, "busy")
        try:
            yield self._loaded(library)
        except library.PKCS11Error as error:
            raise _refusal(type(error).__name__) from error
        finally:
            self._lock.release()

    def _loaded(self, library: Any) -> Any:
        try:
            loaded = library.lib(self._path)
        except (RuntimeError, OSError) as error:  # PKCS11Error is a RuntimeError
            raise DeviceDown(DEVICE, "module cannot be loaded") from error
        if self._inherited:
            self._inherited = False
            loaded.reinitialize()  # a child process begins anew with C_Initialize
        return loaded

    def begin_anew(self, loaded: Any) -> bool:
        """Initialise the module again, now and then: some see a token that came back only so. Every session ends."""
        if clock.stopwatch() < self._begun_at + BEGUN_ANEW_SECONDS:
            return False
        self._begun_at = clock.stopwatch()
        self.generation += 1
        loaded.reinitialize()
        return True


class _Process:
    """The modules of this process; a module has one state a process, whoever uses it."""

    def __init__(self) -> None:
        self._modules: dict[tuple[int, str], _Module] = {}

    def module(self, path: str) -> _Module:
        """Give the module of that path; a process that was forked gets one of its own."""
        name = (os.getpid(), path)
        found = self._modules.get(name)
        if found is None:
            inherited = any(each == path for _, each in list(self._modules))
            found = self._modules.setdefault(name, _Module(path, inherited=inherited))
        return found


_PROCESS: Final = _Process()


class _Token:
    """One token: its login, the one session with it, and the handles of keys that were found."""

    def __init__(self, library: Any, module: str, wanted: dict[str, str], pin: Callable[[str], bytes]) -> None:
        self._pkcs11 = library
        self._module = module
        self._wanted = wanted
        self._pin = pin
        self._state = (os.getpid(), 0)
        self._token: Any = None
        self._session: Any = None
        self._keys: dict[str, Any] = {}
        self._refused: bytes | None = None

    def used(self, act: Callable[["_Token"], T]) -> T:
        """Carry out an act that changes nothing; once more when the session had ended meanwhile."""
        try:
            return self._tried(act)
        except DeviceDown:
            return self._tried(act)

    def changed(self, act: Callable[[Any], T]) -> T:
        """Carry out an act that writes to the token, once."""
        with self._ready():
            session = self._token.open(rw=True)
            try:
                return act(session)
            finally:
                session.close()

    def public(self, uri: KeyUri) -> PublicKey:
        """Read the public half of a key."""
        return _public_half(self._pkcs11, self._session, self._key(uri))

    def signed(self, uri: KeyUri, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Have the token sign; what comes is not believed yet."""
        data, told = _asked(self._pkcs11, algorithm, prepared)
        return bytes(self._key(uri).sign(data, **told))

    def opened(self, uri: KeyUri, sealed: bytes) -> bytes:
        """Open OAEP on the token, or where it knows the bare step only, by that step and our unpadding."""
        key, known = self._key(uri), self._pkcs11
        parameters = (known.Mechanism.SHA256, known.MGF.SHA256, None)
        try:
            return bytes(key.decrypt(sealed, mechanism=known.Mechanism.RSA_PKCS_OAEP, mechanism_param=parameters))
        except known.PKCS11Error as error:
            if type(error).__name__ not in _BEYOND:
                raise
        block = bytes(key.decrypt(sealed, mechanism=known.Mechanism.RSA_X_509))
        return key_transport.oaep_opened(block.rjust(len(sealed), b"\0"))

    def _tried(self, act: Callable[["_Token"], T]) -> T:
        with self._ready():
            return act(self)

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """Have the module, logged in; whatever fails, the next begins anew."""
        module = _PROCESS.module(self._module)
        with module.held(self._pkcs11) as loaded:
            self._follow(module)
            try:
                self._require_login(module, loaded)
                yield
            except (self._pkcs11.PKCS11Error, DeviceDown):
                self._forget()
                raise

    def _follow(self, module: _Module) -> None:
        """Leave sessions of another process, or of before the module began anew, alone: their numbers mean nothing."""
        state = (os.getpid(), module.generation)
        if self._state != state:
            self._state, self._session, self._keys = state, None, {}

    def _forget(self) -> None:
        session, self._session, self._keys = self._session, None, {}
        if session is not None:
            with suppress(self._pkcs11.PKCS11Error):  # it may have ended already
                session.close()

    def _require_login(self, module: _Module, loaded: Any) -> None:
        if self._session is not None:
            return
        self._token = self._found(loaded)
        if self._token is None and module.begin_anew(loaded):
            self._follow(module)
            self._token = self._found(loaded)
        if self._token is None:
            raise DeviceDown(DEVICE, "token not present")
        pin = self._pin(self._token.label)
        self._require_tries(pin)
        try:
            self._session = self._token.open(user_pin=pin.decode("utf-8", "surrogateescape"))
        except self._pkcs11.UserAlreadyLoggedIn:
            self._session = self._token.open()
        except self._pkcs11.PKCS11Error as error:
            if type(error).__name__ in _PIN:
                self._refused = pin
            raise
        self._refused = None

    def _require_tries(self, pin: bytes) -> None:
        """Raises `PinRefused` rather than spend a try that cannot succeed or is the last."""
        flags = self._token.flags
        if pin == self._refused:
            raise PinRefused(DEVICE, "refused before")
        if flags & self._pkcs11.TokenFlag.USER_PIN_LOCKED:
            raise PinRefused(DEVICE, "locked")
        if flags & self._pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
            raise PinRefused(DEVICE, "one try left")

    def _found(self, loaded: Any) -> Any:
        slot, serial = self._wanted.get("slot-id"), self._wanted.get("serial")
        found = []
        for place in loaded.get_slots(token_present=True):
            with suppress(self._pkcs11.PKCS11Error):  # one broken token must not hide the others
                token = place.get_token()
                told = token.serial.decode("ascii", "replace").strip()
                fits = slot is None or place.slot_id == int(slot), serial is None or told == serial
                if all(fits) and self._wanted.get("token") in {None, token.label}:
                    found.append(token)
        if len(found) > 1:
            raise DeviceDown(DEVICE, "several tokens of that name")
        return found[0] if found else None

    def _key(self, uri: KeyUri) -> Any:
        if uri.text not in self._keys:
            found = _matching(self._pkcs11, self._session, uri, self._pkcs11.ObjectClass.PRIVATE_KEY)
            if len(found) != 1:
                raise KeyNotThere(DEVICE, len(found))
            self._keys[uri.text] = found[0]
        return self._keys[uri.text]


def _library() -> Any:
    try:
        import pkcs11
    except ImportError as error:
        raise DeviceLibraryMissing(DEVICE, EXTRA) from error
    return pkcs11


def _refusal(name: str) -> DomainError:
    """Tell which refusal an error of the library is, by its name."""
    if name in _PIN:
        return PinRefused(DEVICE, name)
    if name in _BEYOND:
        return BeyondDevice(DEVICE, name)
    if name in _ALTERED:
        return CiphertextAltered(key_transport.NAME)
    return DeviceDown(DEVICE, name)


def _matching(library: Any, session: Any, uri: KeyUri, kind: Any) -> list[Any]:
    wanted: dict[Any, Any] = {library.Attribute.CLASS: kind}
    if (label := uri.value("object")) is not None:
        wanted[library.Attribute.LABEL] = label
    if (identifier := uri.value("id")) is not None:
        wanted[library.Attribute.ID] = bytes.fromhex(identifier)
    return list(session.get_objects(wanted))


def _named(library: Any, uri: KeyUri) -> dict[Any, Any]:
    identifier = uri.value("id")
    return {
        library.Attribute.LABEL: uri.value("object") or "",
        library.Attribute.ID: bytes.fromhex(identifier) if identifier else b"",
    }


def _require_free(library: Any, session: Any, uri: KeyUri) -> None:
    for kind in (library.ObjectClass.PRIVATE_KEY, library.ObjectClass.PUBLIC_KEY):
        if _matching(library, session, uri, kind):
            raise KeyAlreadyThere(DEVICE)


def _generated(library: Any, session: Any, uri: KeyUri, kind: KeyKind) -> PublicKey:
    _require_free(library, session, uri)
    hidden = {library.Attribute.SENSITIVE: True, library.Attribute.EXTRACTABLE: False}
    told = {"store": True, "public_template": _named(library, uri), "private_template": _named(library, uri) | hidden}
    if kind is KeyKind.RSA:
        _, private = session.generate_keypair(library.KeyType.RSA, international.RSA_NEW_BITS, **told)
    else:
        curve = library.util.ec.encode_named_curve_parameters(_CURVES[kind])
        domain = session.create_domain_parameters(library.KeyType.EC, {library.Attribute.EC_PARAMS: curve}, local=True)
        _, private = domain.generate_keypair(**told)
    return _public_half(library, session, private)


def _taken_in(library: Any, session: Any, uri: KeyUri, private: InternationalPrivateKey) -> PublicKey:
    _require_free(library, session, uri)
    plain = private.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    attribute, common = library.Attribute, {**_named(library, uri), library.Attribute.TOKEN: True}
    if private.kind is KeyKind.RSA:
        secret = library.util.rsa.decode_rsa_private_key(plain)
        shown = {
            attribute.CLASS: library.ObjectClass.PUBLIC_KEY,
            attribute.KEY_TYPE: library.KeyType.RSA,
            attribute.MODULUS: secret[attribute.MODULUS],
            attribute.PUBLIC_EXPONENT: secret[attribute.PUBLIC_EXPONENT],
        }
        uses = {attribute.SIGN: True, attribute.DECRYPT: True}
    else:
        secret = library.util.ec.decode_ec_private_key(plain)
        shown = library.util.ec.decode_ec_public_key(private.public.spki)
        uses = {attribute.SIGN: True}
    hidden = {attribute.PRIVATE: True, attribute.SENSITIVE: True, attribute.EXTRACTABLE: False}
    session.create_object({**secret, **common, **hidden, **uses})
    session.create_object({**shown, **common, attribute.VERIFY: True})
    return private.public


def _public_half(library: Any, session: Any, private: Any) -> PublicKey:
    """Read the public half beside a private key. Raises `DeviceAnswerUnusable`, `BeyondDevice`."""
    attribute = library.Attribute
    source = private if private.key_type == library.KeyType.RSA else _beside(library, session, private)
    try:
        if private.key_type == library.KeyType.RSA:
            modulus, exponent = source[attribute.MODULUS], source[attribute.PUBLIC_EXPONENT]
            numbers = der.sequence(*(der.integer(int.from_bytes(each)) for each in (modulus, exponent)))
            identifier = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
            return asymmetric.public_key(der.sequence(identifier, der.bits(numbers)))
        point = der.Reader(source[attribute.EC_POINT]).octets()
        identifier = der.sequence(der.oid("1.2.840.10045.2.1"), source[attribute.EC_PARAMS])
        return asymmetric.public_key(der.sequence(identifier, der.bits(point)))
    except (UnusableKey, DomainError) as error:
        raise DeviceAnswerUnusable(DEVICE, "public key") from error


def _beside(library: Any, session: Any, private: Any) -> Any:
    attribute = library.Attribute
    wanted = {attribute.CLASS: library.ObjectClass.PUBLIC_KEY, attribute.LABEL: private.label}
    if private.id:
        wanted[attribute.ID] = private.id
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise KeyNotThere(DEVICE, len(found))
    return found[0]


def _asked(library: Any, algorithm: SignatureAlgorithm, prepared: bytes) -> tuple[bytes, Found]:
    """Say in PKCS#11's words what is to be signed: mechanisms that take a digest that was made outside."""
    known, name = library.Mechanism, algorithm.name
    if name.startswith("ecdsa"):
        return prepared, {"mechanism": known.ECDSA}
    digest = algorithm.digest or ""
    if name.startswith("rsa-pkcs1"):
        # RFC 8017 9.2: DigestInfo in front of the digest.
        identifier = der.sequence(der.oid(find_digest(digest).oids[0]), der.null())
        return der.sequence(identifier, der.octets(prepared)), {"mechanism": known.RSA_PKCS}
    if name.startswith("rsa-pss"):
        short = digest.replace("-", "").upper()
        parameters = (known[short], library.MGF[short], len(prepared))
        return prepared, {"mechanism": known.RSA_PKCS_PSS, "mechanism_param": parameters}
    raise KeyDoesNotFit(name, DEVICE)
