"""`yinxin simulate neighbour`: another province's library, invented, to try out what its answers make of ours."""

from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click

from certs.sample_neighbours import PORT
from certs.simulator import item_centre as items
from certs.simulator.neighbour import Neighbour


class _Server(ThreadingMixIn, WSGIServer):
    """One that is late for somebody does not keep others waiting."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """What is asked holds codes of people, which no log needs."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@click.group("simulate")
def simulate_group() -> None:
    """Simulators of other platforms / 模拟对方平台."""


@simulate_group.command("neighbour")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def neighbour(port: int) -> None:
    """Serve a neighbour province's library on this machine alone / 模拟邻省证照库."""
    with make_server("127.0.0.1", port, Neighbour(), server_class=_Server, handler_class=_Silent) as server:
        server.serve_forever()


@simulate_group.command("item-centre")
@click.argument("organ")
@click.option("--region", default="320900", show_default=True, help="Where the organ acts / 行政区划")
@click.option("--port", type=click.IntRange(1, 65535), default=items.PORT, show_default=True)
def item_centre(organ: str, region: str, port: int) -> None:
    """Serve invented matters of an organ on this machine alone, to be read by `matters pull` / 模拟事项中心."""
    app = items.ItemCentre(items.invented(organ, region))
    with make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Silent) as server:
        server.serve_forever()
