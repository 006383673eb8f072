"""Who may call each address of the whole application, as a table that is compared with the application itself.

`python -m tests.journeys.route_roles` writes the table anew: what changed in it is then seen and thought about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Flask

import app
from base import web
from base.settings import read

TABLE: Final = Path(__file__).with_name("route_roles.txt")
# What HTTP answers by itself.
BESIDE: Final = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Address:
    """An address, the blueprint that serves it, and its guard."""

    method: str
    rule: str
    blueprint: str
    guard: web.Guard

    def __str__(self) -> str:
        """Write it as a line of the table."""
        return f"{self.method} {self.rule} {self.blueprint}: {self._who()}"

    def _who(self) -> str:
        if self.guard.open_to_all:
            return "everyone"
        if self.guard.signed_in:
            return "every person"
        scope = [f"systems with {self.guard.scope}"] if self.guard.scope else []
        return "; ".join([*scope, *([", ".join(sorted(self.guard.roles))] if self.guard.roles else [])])


def running(folder: Path) -> Flask:
    """Open the whole application, as it is served."""
    told = {"YINXIN_DATABASE_URL": f"sqlite:///{folder / 'a.db'}", "YINXIN_WEB_SECRET": "s" * 32}
    return app.create_app(read(app.HOUSE.sections, environment=told))


def addresses(served: Flask) -> Iterator[Address]:
    """Give every address of an application."""
    for rule in served.url_map.iter_rules():
        guard = getattr(served.view_functions[rule.endpoint], "__guard__", None)
        blueprint = rule.endpoint.rpartition(".")[0] or "app"
        for method in (rule.methods or set()) - BESIDE:
            yield Address(method, str(rule), blueprint, guard if guard is not None else web.Guard())


def table(served: Flask) -> str:
    """Write the table of an application."""
    return "".join(sorted(f"{each}\n" for each in addresses(served)))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        TABLE.write_text(table(running(Path(place))), encoding="utf-8")
