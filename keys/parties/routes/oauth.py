"""The addresses of OAuth 2.0, outside `/api`: tokens, their revocation, the keys that verify them, and the metadata.

The forms are RFC 6749 3.2 and 5.2, RFC 7009, RFC 7517 5 and RFC 8414 3; a refusal carries OAuth's `error` beside the
members of our problem documents.
"""

import binascii
from base64 import b64decode
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

import structlog
from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from base import clock, problems
from base.callers import SCOPES
from base.db import Database
from base.web import limited, open_to_all, parts
from keys.algorithms.algorithm import PublicKey
from keys.parties import client_proof, jwk, token_keys, tokens
from keys.parties.client_proof import Assertion, ClientProof, Proven, Secret
from keys.parties.errors import (
    ClientNotProven,
    GrantNotSupported,
    MalformedTokenRequest,
    OAuthRefusal,
    ScopeNotGranted,
)
from keys.parties.key_signatures import BY_JOSE_NAME, KEY_SIGNATURES
from keys.parties.models import System
from keys.parties.wiring import JWKS_PATH, REVOCATION_PATH, TOKEN_PATH, Parties

oauth = Blueprint("oauth", __name__)
log = structlog.get_logger()

# A form with an assertion of 8 KiB and all scopes.
FORM_LIMIT = 16 * 1024
FORM_TYPE = "application/x-www-form-urlencoded"
GRANT = "client_credentials"
# Verifiers may keep the keys for as long as a new one can wait for its first token to be believed.
KEYS_KEPT_SECONDS = 300

Form = dict[str, str]


@oauth.post(TOKEN_PATH)
@open_to_all
@limited(FORM_LIMIT)
def token() -> ResponseReturnValue:
    """Give a proven system an access token."""
    parties, at, form = parts(Parties), clock.now(), _form()
    if form.get("grant_type") != GRANT:
        raise GrantNotSupported(form.get("grant_type", "")[:80]) if "grant_type" in form else _missing("grant_type")
    proven = _proven(parties, form, at)
    drafted = tokens.draft(parties, proven.system, _scopes(form, proven.system), at)
    with parts(Database).transaction() as session:
        client_proof.spend(session, proven)
        tokens.issue(session, parties, drafted, at)
    told = {
        "access_token": drafted.token,
        "token_type": "Bearer",
        "expires_in": drafted.seconds,
        "scope": " ".join(drafted.scopes),
    }
    return _uncached(jsonify(told))


@oauth.post(REVOCATION_PATH)
@open_to_all
@limited(FORM_LIMIT)
def revoke() -> ResponseReturnValue:
    """End a token of the caller's own; whether there was one to end is not told."""
    parties, at, form = parts(Parties), clock.now(), _form()
    if "token" not in form:
        raise _missing("token")
    proven = _proven(parties, form, at)
    with parts(Database).transaction() as session:
        client_proof.spend(session, proven)
        tokens.revoke(session, parties, form["token"], proven.system, at)
    return _uncached(Response(status=HTTPStatus.OK))


@oauth.get(JWKS_PATH)
@open_to_all
def jwks() -> ResponseReturnValue:
    """Publish the keys that this service's tokens are verified with."""
    with parts(Database).reading() as session:
        keys = token_keys.trusted_keys(session, clock.now())
    response = jsonify({"keys": [_published(kid, key) for kid, key in keys.items()]})
    response.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    return response


@oauth.get("/.well-known/oauth-authorization-server")
@open_to_all
def metadata() -> ResponseReturnValue:
    """Tell what this authorization server offers (RFC 8414)."""
    parties = parts(Parties)
    methods = ["private_key_jwt", *(["client_secret_basic", "client_secret_post"] if parties.demo else [])]
    algorithms = sorted(BY_JOSE_NAME)
    told: dict[str, Any] = {
        "issuer": parties.issuer,
        "token_endpoint": parties.token_endpoint,
        "jwks_uri": parties.issuer + JWKS_PATH,
        "revocation_endpoint": parties.issuer + REVOCATION_PATH,
        "scopes_supported": sorted(SCOPES),
        "response_types_supported": [],
        "grant_types_supported": [GRANT],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "service_documentation": parties.issuer + "/docs",
    }
    return jsonify(told)


@oauth.errorhandler(OAuthRefusal)
def refused(refusal: OAuthRefusal) -> Response:
    """Write a refusal as RFC 6749 5.2 has it, with our members besides."""
    log.info("token_request_refused", code=refusal.code)
    status = HTTPStatus.UNAUTHORIZED if refusal.error == "invalid_client" else HTTPStatus.BAD_REQUEST
    problem = replace(
        problems.problem(refusal, problems.language(), g.get("request_id", "")),
        status=int(status),
    )
    # RFC 6749 5.2 allows printable ASCII only here; the words for people are the problem's.
    described = _printable(f"{refusal.code} {refusal.facts.get('reason', '')}".strip())
    response = jsonify({"error": refusal.error, "error_description": described, **problem.document()})
    response.status_code = status
    response.headers["Content-Language"] = problem.language
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="yinxin"' if _basic() else 'Bearer realm="yinxin"'
    return _uncached(response)


def _form() -> Form:
    """Read the form; a parameter that stands twice has no one meaning, an empty one counts as left out (RFC 6749 3.2).

    Raises `MalformedTokenRequest`.
    """
    if request.mimetype != FORM_TYPE:
        raise MalformedTokenRequest(f"the body is not {FORM_TYPE}")
    if request.args:
        raise MalformedTokenRequest("parameters belong into the body")
    for name, values in request.form.lists():
        if len(values) > 1:
            raise MalformedTokenRequest(f"{name[:40]} stands twice")
        if any("\0" in text or "\ufffd" in text for text in (name, *values)):
            raise MalformedTokenRequest("a NUL or broken UTF-8")
    return {name: value for name, value in request.form.items() if value}


def _proven(parties: Parties, form: Form, at: datetime) -> Proven:
    """Judge who asks without holding the database for writing: what a stranger sends costs no one else anything.

    A right that is taken away in the moment between is gone from the token all the same, since it names the system's
    generation and its scopes are held against the present ones at each use.
    """
    with parts(Database).reading() as session:
        return client_proof.judged(session, parties, _proof(form), at)


def _proof(form: Form) -> ClientProof:
    """Find the one way in which the client proves itself (RFC 6749 2.3: not more than one).

    Raises `MalformedTokenRequest`, `ClientNotProven`.
    """
    basic = _basic()
    ways = ("client_assertion" in form) + ("client_secret" in form) + (basic is not None)
    if ways > 1:
        raise MalformedTokenRequest("more than one way of client authentication")
    if "client_assertion" in form:
        if form.get("client_assertion_type") != client_proof.ASSERTION_TYPE:
            raise MalformedTokenRequest("client_assertion_type")
        return Assertion(form["client_assertion"], form.get("client_id"))
    if basic is not None:
        return _of_basic(basic)
    if "client_secret" in form and "client_id" in form:
        return Secret(form["client_id"], form["client_secret"])
    raise ClientNotProven("no-client-authentication")


def _basic() -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "basic" else None


def _of_basic(value: str) -> Secret:
    """Read id and secret, each form-encoded before they were joined (RFC 6749 2.3.1)."""
    try:
        client, colon, secret = b64decode(value, validate=True).decode("utf-8").partition(":")
        read = Secret(unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict"))
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise ClientNotProven("basic") from error
    if not colon or "\0" in read.client_id:
        raise ClientNotProven("basic")
    return read


def _scopes(form: Form, system: System) -> frozenset[str]:
    """Give what is asked for, or all that the system holds; nothing is narrowed in silence.

    Raises `ScopeNotGranted`.
    """
    held = system.scope_set
    asked = frozenset(form["scope"].split(" ")) - {""} if "scope" in form else held
    for scope in sorted(asked - held):
        raise ScopeNotGranted(scope[:80])
    if not asked:
        raise ScopeNotGranted("")
    return asked


def _published(kid: str, key: PublicKey) -> dict[str, str]:
    return {**jwk.written(key), "kid": kid, "use": "sig", "alg": KEY_SIGNATURES[key.kind].jose}


def _printable(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" and sign not in '"\\' else "?" for sign in text)


def _missing(name: str) -> MalformedTokenRequest:
    return MalformedTokenRequest(f"{name} is missing")


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
