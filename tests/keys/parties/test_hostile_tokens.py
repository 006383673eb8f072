"""Tokens and assertions made to deceive: none is believed, none brings the service down.

Each case is a small story: how an honest token of the system `gm` (or `intl`) is bent. The same list is sent as
a client assertion to the token endpoint and, bent in the same way from an access token, as a bearer to the API.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from base import clock
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.algorithms.sm2_curve import CURVE
from keys.parties import jwk, systems
from keys.parties.key_signatures import ES256, SM2SM3
from keys.parties.systems import system_of
from tests.keys.parties import builders
from tests.keys.parties.builders import ISSUER, MAKER, Site, b64, forged

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass
class Honest:
    """An honest token's key, header and claims, to be bent."""

    key: PrivateKey
    header: dict[str, Any]
    claims: dict[str, Any]
    stranger: PrivateKey

    def made(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        told = {name: value for name, value in {**self.claims, **claims}.items() if value is not ...}
        return forged(self.key, {**self.header, **(header or {})}, told)

    def signed_as(self, signing: Callable[[bytes], bytes], **header: Any) -> str:
        return forged(self.key, {**self.header, **header}, self.claims, signing)

    @property
    def other(self) -> str:
        return "intl" if self.claims["sub"] == "gm" else "gm"

    @property
    def public_jwk(self) -> dict[str, str]:
        return jwk.written(self.stranger.public)


Bend = Callable[[Honest], str]


def mac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(secret, message, hashlib.sha256)


def pair(r: int, s: int) -> Callable[[bytes], bytes]:
    return lambda _message: r.to_bytes(32) + s.to_bytes(32)


def der(honest: Honest) -> str:
    return honest.signed_as(lambda message: honest_way(honest).der(honest_way(honest).sign(honest.key, message)))


def honest_way(honest: Honest):
    return SM2SM3 if honest.key.kind is KeyKind.SM2 else ES256


def order(honest: Honest) -> int:
    return CURVE.n if honest.key.kind is KeyKind.SM2 else P256_ORDER


def parts(honest: Honest) -> list[str]:
    return honest.made().split(".")


def raw_header(honest: Honest, header: str) -> str:
    _, claims, _ = parts(honest)
    message = f"{b64(header.encode())}.{claims}"
    return f"{message}.{b64(honest_way(honest).sign(honest.key, message.encode()))}"


def raw_claims(honest: Honest, claims: bytes) -> str:
    return forged(honest.key, honest.header, claims)


def duplicated(honest: Honest, name: str, value: Any) -> str:
    told = json.dumps(honest.claims)
    return raw_claims(honest, f'{told[:-1]}, "{name}": {json.dumps(value)}}}'.encode())


def other_alg(honest: Honest) -> str:
    return "ES256" if honest.key.kind is KeyKind.SM2 else "SM2SM3"


def cut(honest: Honest, place: int) -> str:
    pieces = parts(honest)
    pieces[place] = pieces[place][:-4]
    return ".".join(pieces)


def flipped(honest: Honest) -> str:
    pieces = parts(honest)
    signature = bytearray(base64.urlsafe_b64decode(pieces[2] + "=="))
    signature[10] ^= 1
    return ".".join([*pieces[:2], b64(bytes(signature))])


def loose_base64(honest: Honest) -> str:
    """The last character of 64 bytes in base64 has four spare bits; set, they decode the same in a lax reader."""
    pieces = parts(honest)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(pieces[2][-1]) + 1]
    return ".".join([*pieces[:2], pieces[2][:-1] + last])


CASES: dict[str, Bend] = {
    # --- the algorithm
    "alg none, empty signature": lambda h: h.signed_as(lambda _m: b"", alg="none"),
    "alg none, old signature": lambda h: h.made({"alg": "none"}),
    "alg None": lambda h: h.made({"alg": "None"}),
    "alg nOnE": lambda h: h.made({"alg": "nOnE"}),
    "alg empty": lambda h: h.made({"alg": ""}),
    "alg absent": lambda h: h.made({"alg": None}),
    "alg a number": lambda h: h.made({"alg": 256}),
    "alg a list": lambda h: h.made({"alg": ["ES256", "SM2SM3"]}),
    "alg in lower case": lambda h: h.made({"alg": "es256"}),
    "HS256 with the public key's SPKI": lambda h: h.signed_as(mac(h.key.public.spki), alg="HS256"),
    "HS256 with the public key's PEM": lambda h: h.signed_as(mac(asymmetric.public_key_pem(h.key.public)), alg="HS256"),
    "HS256 with an empty secret": lambda h: h.signed_as(mac(b""), alg="HS256"),
    "RS256": lambda h: h.signed_as(lambda _m: b"\1" * 256, alg="RS256"),
    "ES384": lambda h: h.made({"alg": "ES384"}),
    "ES256K": lambda h: h.made({"alg": "ES256K"}),
    "EdDSA": lambda h: h.made({"alg": "EdDSA"}),
    "the other algorithm in the header": lambda h: h.made({"alg": other_alg(h)}),
    "a stranger's signature of the other kind under the other name": lambda h: h.signed_as(
        lambda m: (ES256 if h.stranger.kind is KeyKind.P256 else SM2SM3).sign(h.stranger, m), alg=other_alg(h)
    ),
    "ECDH-ES+A128KW": lambda h: h.made({"alg": "ECDH-ES+A128KW", "enc": "A128GCM"}),
    # --- the signature
    "empty signature": lambda h: h.signed_as(lambda _m: b""),
    "r = s = 0": lambda h: h.signed_as(pair(0, 0)),
    "r = 0": lambda h: h.signed_as(pair(0, 1)),
    "s = 0": lambda h: h.signed_as(pair(1, 0)),
    "r = s = 1": lambda h: h.signed_as(pair(1, 1)),
    "r = s = n": lambda h: h.signed_as(pair(order(h), order(h))),
    "r + s = n": lambda h: h.signed_as(pair(1, order(h) - 1)),
    "all ones": lambda h: h.signed_as(pair(2**256 - 1, 2**256 - 1)),
    "DER instead of r and s": der,
    "one byte short": lambda h: h.signed_as(lambda m: honest_way(h).sign(h.key, m)[:-1]),
    "one byte long": lambda h: h.signed_as(lambda m: honest_way(h).sign(h.key, m) + b"\0"),
    "a leading zero": lambda h: h.signed_as(lambda m: b"\0" + honest_way(h).sign(h.key, m)),
    "one bit flipped": flipped,
    "of another message": lambda h: h.signed_as(lambda _m: honest_way(h).sign(h.key, b"another")),
    "of a stranger's key": lambda h: forged(h.stranger, {**h.header, "alg": honest_way(h).jose}, h.claims),
    "spare bits of base64 set": loose_base64,
    # --- the key
    "kid absent": lambda h: h.made({"kid": None}),
    "kid empty": lambda h: h.made({"kid": ""}),
    "kid of nobody": lambda h: h.made({"kid": "nobody"}),
    "kid of another's": lambda h: h.made({"kid": jwk.thumbprint(h.stranger.public)}),
    "kid with SQL": lambda h: h.made({"kid": "' or '1'='1"}),
    "kid with a path": lambda h: h.made({"kid": "../../../../dev/null"}),
    "kid with a NUL": lambda h: h.made({"kid": "a\0b"}),
    "kid a number": lambda h: h.made({"kid": 1}),
    "kid an object": lambda h: h.made({"kid": {"$gt": ""}}),
    "kid of 10,000 letters": lambda h: h.made({"kid": "k" * 10_000}),
    "jwk in the header": lambda h: forged(h.stranger, {**h.header, "jwk": h.public_jwk}, h.claims),
    "jku in the header": lambda h: h.made({"jku": "http://127.0.0.1:1/keys"}),
    "x5u in the header": lambda h: h.made({"x5u": "http://127.0.0.1:1/chain"}),
    "x5c in the header": lambda h: h.made({"x5c": ["MIIB"]}),
    "x5t in the header": lambda h: h.made({"x5t": "AAAA"}),
    "crit in the header": lambda h: h.made({"crit": ["exp"], "exp": 1}),
    "b64 false": lambda h: h.made({"b64": False, "crit": ["b64"]}),
    "zip in the header": lambda h: h.made({"zip": "DEF"}),
    "cty in the header": lambda h: h.made({"cty": "JWT"}),
    "a member of our own in the header": lambda h: h.made({"scope": "admin"}),
    # --- the writing
    "nothing": lambda _h: "",
    "one part": lambda _h: "abc",
    "two parts": lambda h: ".".join(parts(h)[:2]),
    "four parts": lambda h: h.made() + ".abc",
    "five parts, as JWE": lambda h: ".".join([*parts(h), "a", "b"]),
    "dots": lambda _h: "..",
    "padded base64": lambda h: ".".join(part + "=" for part in parts(h)),
    "plain base64": lambda h: h.made().replace("-", "+").replace("_", "/") + "+/",
    "white space inside": lambda h: h.made().replace(".", " .", 1),
    "a line end behind": lambda h: h.made() + "\n.",
    "not ASCII": lambda h: h.made() + "é",
    "the header cut": lambda h: cut(h, 0),
    "the claims cut": lambda h: cut(h, 1),
    "the signature cut": lambda h: cut(h, 2),
    "the header no object": lambda h: raw_header(h, '"alg"'),
    "the header a list": lambda h: raw_header(h, '["alg", "kid"]'),
    "alg twice in the header": lambda h: raw_header(
        h, json.dumps({**h.header, "alg": "none"})[:-1] + f', "alg": "{honest_way(h).jose}"}}'
    ),
    "the header deep": lambda h: raw_header(h, '{"alg":' + "[" * 100 + "]" * 100 + "}"),
    "the header not UTF-8": lambda h: ".".join([b64(b'{"alg":"\xff"}'), *parts(h)[1:]]),
    "the claims no JSON": lambda h: raw_claims(h, b"not json"),
    "the claims a list": lambda h: raw_claims(h, b"[]"),
    "the claims null": lambda h: raw_claims(h, b"null"),
    "the claims deep": lambda h: raw_claims(h, b'{"a":' + b"[" * 1500 + b"]" * 1500 + b"}"),
    "the claims huge": lambda h: h.made(filler="x" * 200_000),
    "a claim NaN": lambda h: raw_claims(h, json.dumps({**h.claims, "exp": float("nan")}).encode()),
    "sub twice": lambda h: duplicated(h, "sub", h.other),
    "exp twice": lambda h: duplicated(h, "exp", h.claims["exp"] + 60),
    # --- the claims
    "typ of the other kind": lambda h: h.made({"typ": "at+jwt" if h.header["typ"] == "JWT" else "JWT"}),
    "typ unknown": lambda h: h.made({"typ": "secevent+jwt"}),
    "typ a number": lambda h: h.made({"typ": 1}),
    "aud of another service": lambda h: h.made(aud="https://elsewhere.example"),
    "aud absent": lambda h: h.made(aud=...),
    "aud empty": lambda h: h.made(aud=""),
    "aud two": lambda h: h.made(aud=[h.claims["aud"], "https://elsewhere.example"]),
    "aud with a slash more": lambda h: h.made(aud=f"{ISSUER}/"),
    "aud an object": lambda h: h.made(aud={h.claims["aud"]: True}),
    "iss of another": lambda h: h.made(iss=h.other),
    "iss absent": lambda h: h.made(iss=...),
    "iss a list": lambda h: h.made(iss=[h.claims["iss"]]),
    "sub of another": lambda h: h.made(sub=h.other),
    "sub absent": lambda h: h.made(sub=...),
    "exp absent": lambda h: h.made(exp=...),
    "exp past": lambda h: h.made(exp=h.claims["exp"] - 100_000),
    "exp far in the future": lambda h: h.made(exp=h.claims["exp"] + 100_000),
    "exp beyond any number": lambda h: h.made(exp=10**39),
    "exp beyond all numbers": lambda h: raw_claims(
        h, json.dumps({**h.claims, "exp": 1}).replace('"exp": 1', '"exp": 1' + "0" * 500).encode()
    ),
    "exp negative": lambda h: h.made(exp=-1),
    "exp a text": lambda h: h.made(exp=str(h.claims["exp"])),
    "exp a fraction": lambda h: h.made(exp=h.claims["exp"] + 0.5),
    "exp true": lambda h: h.made(exp=True),
    "exp null": lambda h: h.made(exp=None),
    "iat in the future": lambda h: h.made(iat=h.claims["iat"] + 5000, exp=h.claims["iat"] + 5100),
    "iat a text": lambda h: h.made(iat="now"),
    "nbf in the future": lambda h: h.made(nbf=h.claims["iat"] + 5000),
    "nbf a text": lambda h: h.made(nbf="now"),
    "jti absent": lambda h: h.made(jti=...),
    "jti a number": lambda h: h.made(jti=7),
}
ONLY_ASSERTIONS: dict[str, Bend] = {
    "jti empty": lambda h: h.made(jti=""),
    "jti of 10,000 letters": lambda h: h.made(jti="j" * 4_000),
    "a system that is not known": lambda h: h.made(iss="nobody", sub="nobody"),
    "a system that cannot be": lambda h: h.made(iss="n" * 5_000, sub="n" * 5_000),
    "signed by another system as itself": lambda h: forged(
        h.stranger, {"kid": jwk.thumbprint(h.stranger.public), "typ": "JWT"}, h.claims
    ),
}
ONLY_TOKENS: dict[str, Bend] = {
    "signed by the system itself": lambda h: forged(
        h.stranger, {"kid": jwk.thumbprint(h.stranger.public), "typ": "at+jwt"}, h.claims
    ),
    "scope more than held": lambda h: forged(h.stranger, h.header, {**h.claims, "scope": "admin"}),
    "gen absent": lambda h: h.made(gen=...),
    "gen of before": lambda h: h.made(gen=h.claims["gen"] - 1),
    "gen of the future": lambda h: h.made(gen=h.claims["gen"] + 1),
    "scope a list": lambda h: h.made(scope=["admin"]),
    "client_id of another": lambda h: h.made(client_id=h.other),
    "both of another that is not known": lambda h: h.made(client_id="nobody", sub="nobody"),
}
HONEST = {"nothing bent": lambda h: h.made()}


def assertion_of(site: Site, system: str) -> Honest:
    key = site.keys[system]
    stranger = site.keys["intl" if system == "gm" else "gm"]
    return Honest(key, {"kid": jwk.thumbprint(key.public), "typ": "JWT"}, builders.claims_of(system), stranger)


def access_token_of(site: Site) -> Honest:
    """Take a real token apart; the service's own key signs the bent one, so that only the bend is wrong."""
    with site.database.transaction() as session:
        systems.grant_scopes(session, system_of(session, "gm", locked=True), ["admin"], MAKER, clock.now())
    pieces = site.token("gm").split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in pieces[:2])
    del header["alg"]
    return Honest(site.parties.token_key.private, header, claims, site.keys["intl"])


def test_there_are_enough_cases():
    assert len(CASES) >= 100


@pytest.mark.parametrize("system", ["gm", "intl"])
def test_no_hostile_assertion_is_believed(site: Site, system: str):
    """120 assertions, one after the other, at one token endpoint; after them the honest one still works."""
    for name, bend in {**CASES, **ONLY_ASSERTIONS}.items():
        answer = site.ask(system, bend(assertion_of(site, system)) or " ")
        assert answer.status_code in {400, 401, 413}, f"{name}: {answer.status_code} {answer.text[:300]}"
        assert "access_token" not in answer.text, name
    assert site.ask(system, HONEST["nothing bent"](assertion_of(site, system))).status_code == 200


@pytest.mark.parametrize("algorithm", ["sm2", "es256"])
def test_no_hostile_token_is_believed(site: Site, database_settings, database, tmp_path, algorithm: str):
    """The same bends on access tokens, signed by the service's own key wherever the bend leaves the signature alone."""
    read = builders.read_settings(
        database_settings, token_algorithm=algorithm, token_key=str(tmp_path / f"{algorithm}.key")
    )
    other = builders.build(read, database)
    other.keys = site.keys
    honest = access_token_of(other)
    for name, bend in {**CASES, **ONLY_TOKENS}.items():
        headers = {"Authorization": b"Bearer " + bend(honest).replace("\n", " ").encode("latin-1")}
        answer = other.client.get("/api/v1/organisations", headers=headers)
        assert answer.status_code == 401, f"{name}: {answer.status_code} {answer.text[:300]}"
    honestly = {"Authorization": f"Bearer {honest.made()}"}
    assert other.client.get("/api/v1/organisations", headers=honestly).status_code == 200


def test_an_access_token_is_no_assertion_and_an_assertion_no_token(site: Site):
    assert site.ask("gm", site.token("gm")).status_code == 401
    headers = {"Authorization": f"Bearer {site.assertion('gm')}"}
    assert site.client.get("/api/v1/organisations", headers=headers).status_code == 401
