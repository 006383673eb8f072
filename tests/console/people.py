"""The pages over a room's database, for people who are known by the name in their cookie; forms are sent as written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from lxml import html

from base import metrics, problems, settings, web
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Database, DatabaseSettings
from base.web import WebSettings
from console import furniture, layout
from console.wiring import ConsoleParts
from keys.parties import sessions

ACCEPTS = {"Accept": "text/html"}


@dataclass
class Reader:
    """A browser without scripts: follows what is written on the pages and nothing else."""

    app: Flask
    who: str
    answer: Any = field(default=None)
    address: str = ""
    sent: tuple[str, dict[str, Any]] = ("", {})

    def open(self, path: str, **headers: str) -> "Reader":
        self.answer, self.address = self._called("get", path, headers={**ACCEPTS, **headers}), path
        return self

    def send(self, action: str, button: Any = None, **filled: Any) -> "Reader":
        """Fill the form that leads there and send it as it is written on the page; a field is named as it stands."""
        forms = [each for each in self.page.xpath(f"//form[@action='{action}']") if set(filled) <= set(_names(each))]
        assert forms, f"no form leads to {action} with {sorted(filled)} on {self.address}"
        given = {**written(forms[0]), **({button[0]: button[1]} if button else {}), **filled}
        self.sent = action, given
        self.answer = self._called("post", action, data=given, headers=ACCEPTS)
        return self

    def again(self) -> "Reader":
        """Send the same once more, as a second click does."""
        action, given = self.sent
        self.answer = self._called("post", action, data=given, headers=ACCEPTS)
        return self

    def follow(self) -> "Reader":
        assert self.answer.status_code in {302, 303}, f"{self.answer.status_code}: {self.text}"
        return self.open(self.answer.location)

    @property
    def page(self) -> Any:
        return html.fromstring(self.answer.text)

    @property
    def text(self) -> str:
        (main,) = self.page.xpath("//main")
        return " ".join(main.text_content().split())

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    def links(self) -> list[str]:
        return [str(each) for each in self.page.xpath("//main//a/@href")]

    def _called(self, method: str, path: str, **told: Any) -> Any:
        headers = {**told.pop("headers", {}), "Cookie": f"__Host-yinxin={self.who}"}
        client = self.app.test_client(use_cookies=False)
        return getattr(client, method)(path, headers=headers, **told)


def pages(database: Database, people: Iterable[Caller], *parts: object, **told: Any) -> Flask:
    """Serve every page over a database and the parts that its views ask for."""
    read = settings.read((DatabaseSettings, WebSettings), environment={"YINXIN_WEB_SECRET": "s" * 32})
    app = web.new_app(read[WebSettings], layout.problem_page, metrics.opened(metrics.MetricsSettings()))
    known = {each.id: each for each in people}

    def authenticate(credentials: Credentials, /) -> Caller:
        cookie = credentials.session_cookie or ""
        if cookie in known and credentials.unsafe:
            sessions.require_csrf(cookie, credentials.csrf_token)
        return known.get(cookie, ANONYMOUS)

    shown = ConsoleParts(problems.words(), lambda: (), dict, told.pop("environment", "demo"), "0.1.0", **told)
    web.furnish(app, database, web.AuthenticatorPart(authenticate), shown, *parts)
    for blueprint in furniture.FURNITURE.blueprints:
        app.register_blueprint(blueprint)
    web.check_guards(app)
    return app


def _names(form: Any) -> list[str]:
    return [str(each) for each in form.xpath(".//*[self::input or self::select or self::textarea]/@name")]


def written(form: Any) -> dict[str, Any]:
    """Give what a browser sends of an untouched form: no boxes that are not ticked, no buttons that are not pressed."""
    found: dict[str, Any] = {}
    for each in form.xpath(".//input[@name]"):
        if each.get("type") not in {"checkbox", "radio", "file", "submit"} or each.get("checked") is not None:
            name, value = each.get("name"), each.get("value", "")
            found[name] = [*_all(found[name]), value] if name in found else value
    for each in form.xpath(".//textarea[@name]"):
        found[each.get("name")] = each.text or ""
    for each in form.xpath(".//select[@name]"):
        options = each.xpath(".//option[@selected]") or each.xpath(".//option")
        found[each.get("name")] = options[0].get("value", "") if options else ""
    return found


def _all(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
