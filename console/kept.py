"""What was typed when the session ended in the middle of a form: carried through the login, offered again after it.

Nothing is kept here: the browser carries it, in hidden fields of the login form and of the page after it. Only a form
of this site is carried, told by the word of the session that has ended or by the browser itself, so that no other site
has somebody send what they never wrote. Chosen files are not carried: a browser gives none back.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from flask import request

from base.web import FORMS
from keys.parties import sessions
from keys.parties.login_web import former_cookie, own_path

PREFIX: Final = "kept."
ACTION: Final = "kept_action"
TOKEN: Final = "csrf_token"  # noqa: S105 - the name of a field
# Pages at work, and those of holders.
PLACES: Final = ("/console/", "/my/")
# A long form of the desks; what is longer is not carried, and the login says nothing of it.
MOST_BYTES: Final = 128 * 1024


@dataclass(frozen=True)
class Kept:
    """A form that was not taken: where it leads, and what it says."""

    action: str
    fields: tuple[tuple[str, str], ...]


def of_form() -> Kept | None:
    """Take what was just typed, where it is a form of ours and not too long."""
    if request.mimetype not in FORMS or not request.path.startswith(PLACES) or not _is_ours():
        return None
    fields = tuple((name, value) for name, value in request.form.items(multi=True) if name != TOKEN)
    return _bounded(Kept(request.full_path.rstrip("?"), fields))


def carried() -> Kept | None:
    """Take what the login form carries, if it carries anything."""
    action = own_path(request.form.get(ACTION), "")
    if not action.startswith(PLACES):
        return None
    told = ((name, value) for name, value in request.form.items(multi=True) if name.startswith(PREFIX))
    return _bounded(Kept(action, tuple((name.removeprefix(PREFIX), value) for name, value in told)))


def _is_ours() -> bool:
    """Tell whether a page of this site sent it: by the word of the session that ended, or as the browser says."""
    cookie, token = former_cookie(), request.form.get(TOKEN, "")
    if cookie is not None and hmac.compare_digest(sessions.csrf_token(cookie).encode(), token.encode()):
        return True
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _bounded(kept: Kept) -> Kept | None:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in kept.fields)
    return kept if size <= MOST_BYTES else None
