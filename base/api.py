"""The API's form: what comes in is parsed strictly, what may go out is documented, refusals included.

A thin layer over flask-smorest: its arguments and responses, our parser (unknown and repeated parameters refused,
strict JSON) and our problem documents in OpenAPI 3.1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import marshmallow as ma
from flask import Request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser

from base import callers, idempotency, problems, strict_json
from base.errors import DomainError, Kind
from base.paging import PAGE_DEFAULT, PAGE_LIMIT, PageAsked

SESSION_COOKIE = "__Host-yinxin"


@dataclass(eq=False)
class InvalidInput(DomainError):
    """The body or the parameters do not have the shape that is documented."""

    where: str
    code: ClassVar[str] = "invalid-input"
    kind: ClassVar[Kind] = Kind.MALFORMED

    def __post_init__(self) -> None:
        """Begin without faults; they are members of the answer and no facts that fill words."""
        self.members: Mapping[str, Any] = {}


@dataclass(eq=False)
class JsonExpected(DomainError):
    """The body is not declared as JSON."""

    found: str
    code: ClassVar[str] = "json-expected"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class MalformedRequest(DomainError):
    """The request cannot be read as HTTP means it."""

    reason: str
    code: ClassVar[str] = "malformed-request"
    kind: ClassVar[Kind] = Kind.MALFORMED


def page_of(schema: type[ma.Schema], name: str) -> type[ma.Schema]:
    """Make the schema of a page of things: its items, and the cursor of the next page."""
    members: dict[str, ma.fields.Field[Any]] = {
        "items": ma.fields.List(ma.fields.Nested(schema), required=True),
        "next_cursor": ma.fields.String(allow_none=True),
    }
    return ma.Schema.from_dict(members, name=name)


class StrictParser(FlaskParser):
    """Refuses unknown and repeated parameters and whatever is not strict JSON."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs reads it from the class
        "json": None,
        "query": ma.RAISE,
        "form": ma.RAISE,
        "files": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ARG002
        """Read the body; an empty one is an empty object, so that the schema names what is missing."""
        if not req.get_data():
            return {}
        if not req.is_json:
            raise JsonExpected(req.mimetype)
        return strict_json.parse(req.get_data())

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Read the query; a parameter that stands twice has no one meaning."""
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            raise MalformedRequest(f"the parameter {twice[0]} stands twice")
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> Any:
        """Turn marshmallow's messages into pointers.

        Raises `InvalidInput`.
        """
        raise invalid(error.messages) from error


class Blueprint(SmorestBlueprint):
    """A room's routes, documented with their guard, their idempotency and the problem documents they may answer."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_edges)

    def add_url_rule(self, rule: str, endpoint: Any = None, view_func: Any = None, **options: Any) -> None:
        """Keep the view's guard and transaction beside its documentation."""
        if view_func is not None:
            doc = dict(getattr(view_func, "_apidoc", {}))
            doc["edges"] = (getattr(view_func, "__guard__", None), hasattr(view_func, "__writes__"))
            view_func._apidoc = doc  # noqa: SLF001 - flask-smorest keeps its documentation there
        super().add_url_rule(rule, endpoint, view_func, **options)

    def route(self, rule: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view under an address below the API's prefix."""
        register: Callable[[Callable[..., Any]], Callable[..., Any]] = super().route(rule, **options)
        return register


class Api(SmorestApi):
    """OpenAPI 3.1 of all rooms; refusals are ours, not flask-smorest's."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `base.problems`."""


class ProblemSchema(ma.Schema):
    """A refusal as RFC 9457 writes it, with a stable code, a cause and a cure."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    cause = ma.fields.String(required=True)
    fix = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)
    retryable = ma.fields.Boolean(required=True)
    instance = ma.fields.String()
    errors = ma.fields.List(ma.fields.Dict())

    class Meta:
        """The facts of each refusal are extension members, as RFC 9457 3.2 allows."""

        unknown = ma.INCLUDE


class PageQuery(ma.Schema):
    """Which page of a list."""

    limit = ma.fields.Integer(load_default=PAGE_DEFAULT, validate=ma.validate.Range(1, PAGE_LIMIT))
    cursor = ma.fields.String(load_default=None, validate=ma.validate.Length(max=2000))

    @ma.post_load
    def asked(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Gather the two into one value under `page`."""
        page = PageAsked(data.pop("limit"), data.pop("cursor"))
        return {**data, "page": page}


def invalid(messages: Any) -> InvalidInput:
    """Make the refusal from marshmallow's messages: one entry a fault, each with a pointer or a parameter."""
    told = []
    where = next(iter(messages), "json")
    for path, text in _flat(messages[where], ()):
        place = {"pointer": "#/" + "/".join(map(_escaped, path))} if where == "json" else {"parameter": ".".join(path)}
        told.append({**place, "detail": text})
    refusal = InvalidInput(where)
    refusal.members = {"errors": told}
    return refusal


def _flat(messages: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(messages, dict):
        return [
            pair
            for key, below in messages.items()
            for pair in _flat(below, path if key == "_schema" else (*path, str(key)))
        ]
    if isinstance(messages, list):
        return [pair for below in messages for pair in _flat(below, path)]
    return [(path, str(messages))]


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _document_edges(doc: dict[str, Any], info: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Tell in OpenAPI what the edge adds to every operation."""
    guard, is_writing = info.get("edges", (None, False))
    if guard is not None and guard.signed_in:
        doc["security"] = [{"session": []}]
        doc["x-guard"] = {"signed_in": True}
        doc["description"] = "every person with a session"
    elif guard is not None and not guard.open_to_all:
        doc["security"] = [{"oauth2": [guard.scope] if guard.scope else []}, {"session": []}]
        told = f"scope `{guard.scope}`" if guard.scope else ""
        roles = ", ".join(f"`{role}`" for role in sorted(guard.roles))
        doc["x-guard"] = {"scope": guard.scope, "roles": sorted(guard.roles)}
        doc["description"] = " · ".join(part for part in (told, f"roles {roles}" if roles else "") if part)
    if is_writing:
        doc.setdefault("parameters", []).append("IdempotencyKey")
    doc.setdefault("responses", {})["default"] = "Problem"
    doc["responses"].pop(422, None)
    return doc


def document_components(api: Api) -> None:
    """Put what all operations share into the OpenAPI document."""
    components = api.spec.components
    components.schema("Problem", schema=ProblemSchema)
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components.response("Problem", {"description": "A refusal, told as RFC 9457 says.", "content": content})
    components.parameter(
        "IdempotencyKey",
        "header",
        {
            "name": "Idempotency-Key",
            "description": "Same key and body: same answer. Kept for 24 hours.",
            "schema": {"type": "string", "maxLength": idempotency.KEY_LENGTH_LIMIT},
        },
    )
    flows = {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict.fromkeys(sorted(callers.SCOPES), "")}}
    components.security_scheme("oauth2", {"type": "oauth2", "flows": flows})
    components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE})


DOCUMENTING = Blueprint("documenting", __name__)
