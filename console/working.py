"""The frame of the pages for people at work: the desks that their roles open, forms that act once, and what came of it.

A page reads in a transaction of its own and shows what the rooms' verbs and schemas give. An act is a form that is
posted: `posted` does it in one transaction, once for each form that was given out, however often it is sent; then it
leads on to a page that says what was done. What was refused shows the form again with everything that was typed, the
refusal in words on top, and the refusal's status. Nothing is decided here.
"""

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import marshmallow as ma
from flask import Response, g, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from base import api, idempotency, problems, web
from base.db import Database
from base.errors import DomainError, Kind
from console import desks, layout, words
from console.login import form_token

# The hidden field by which a form that is sent twice acts once; it says nothing else, and is not a secret.
ONCE: Final = "once"
DONE: Final = "done"
DONE_WORDS: Final = "done."
# These lead elsewhere: to the login, or to the page that says that there is no such thing.
ELSEWHERE: Final = frozenset({Kind.UNAUTHENTICATED, Kind.MISSING})


def page(template: str, refusal: DomainError | None = None, here: str = "", **facts: Any) -> Response:
    """Render a page for people at work; `refusal` is what the form on it was refused for."""
    told = None if refusal is None else problems.problem(refusal, problems.language(), g.get("request_id", ""))
    response = layout.page(
        template,
        here=here,
        desks=desks.open_to(web.caller()),
        person=web.caller(),
        token=form_token(),
        once=secrets.token_urlsafe(16),
        refusal=told,
        faults={} if refusal is None else faults(refusal),
        done=_done(),
        **facts,
    )
    response.headers["Cache-Control"] = "no-store"
    if told is not None:
        response.status_code = told.status
    return response


def posted(act: Callable[[Session], Response], again: Callable[[DomainError], Response]) -> Response:
    """Do what a form asks for, once, in one transaction; show the form `again` where it is refused."""

    def answer(database: Database, held: idempotency.Claim | None) -> Response:
        with database.transaction() as session:
            response = act(session)
            return response if held is None else web.kept(session, held, response)

    return _answered(answer, again)


def transacted(act: Callable[[Database], Response], again: Callable[[DomainError], Response]) -> Response:
    """Do the same with an act that is put on record in one transaction and settled in another (`web.transacts`)."""

    def answer(database: Database, held: idempotency.Claim | None) -> Response:
        response = act(database)
        if held is None:
            return response
        with database.transaction() as session:
            return web.kept(session, held, response)

    return _answered(answer, again)


def _answered(
    answer: Callable[[Database, idempotency.Claim | None], Response], again: Callable[[DomainError], Response]
) -> Response:
    try:
        return make_response(web.once(request.form.get(ONCE), answer))
    except DomainError as refusal:
        if refusal.kind in ELSEWHERE:
            raise
        return again(refusal)


def leads(endpoint: str, done: str = "", **values: Any) -> Response:
    """Lead on after an act; `done` names the words that say what was done."""
    told: dict[str, Any] = {**values, **({DONE: done} if done else {})}
    return make_response(redirect(url_for(endpoint, **told), HTTPStatus.SEE_OTHER))


def loaded(schema: ma.Schema, told: Mapping[str, Any]) -> Any:
    """Read what was filled in by the schema of the API.

    Raises `InvalidInput`.
    """
    try:
        return schema.load(told)
    except ma.ValidationError as error:
        raise api.invalid({"json": error.messages}) from error


def filled(*names: str) -> dict[str, str]:
    """Give the named fields of the form that are not empty, without the blanks around them."""
    found = ((name, request.form.get(name, "").strip()) for name in names)
    return {name: value for name, value in found if value}


def faults(refusal: DomainError) -> dict[str, str]:
    """Tell which fields a refusal names, and what is wrong with each."""
    members: Mapping[str, Any] = getattr(refusal, "members", None) or {}
    named = ((each.get("pointer", "").removeprefix("#/"), each["detail"]) for each in members.get("errors", ()))
    return {name.replace("/", "."): detail for name, detail in named if name}


def _done() -> str:
    """Say what was done before this page came: one of our own sentences, whatever stands in the address."""
    key = DONE_WORDS + request.args.get(DONE, "")
    return str(words.say(problems.language(), key)) if key in words.table() else ""
