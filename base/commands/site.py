"""Commands of a site: settings, addresses, schema, health, the web server and the sandbox."""

import sys
from pathlib import Path
from typing import Any

import click

from base import clock, sandbox, schema, server
from base.callers import Caller
from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.health import House, examine, worst
from base.program import Running
from base.web import Guard, guard_of


@click.command("version")
@json_option
@pass_running
def version_command(running: Running, as_json: bool) -> None:
    """Tell the version / 版本."""
    version = running.program.version
    report({"name": "yinxin", "version": version}) if as_json else click.echo(f"yinxin {version}")


@click.group("config")
def config_group() -> None:
    """Settings / 配置."""


@config_group.command("show")
@json_option
@pass_running
def config_show(running: Running, as_json: bool) -> None:
    """List every setting, its value (secrets redacted) and where it comes from / 列出全部配置项."""
    told = running.settings.told()
    if as_json:
        report([vars(each) for each in told])
        return
    for each in told:
        click.echo(f"{each.path} = {each.value!r}  [{each.source}]")
        click.echo(f"    {each.told} ({each.environment})")


@click.command("routes")
@json_option
@pass_running
def routes_command(running: Running, as_json: bool) -> None:
    """List every address and who may call it / 列出全部接口地址和权限."""
    app = running.program.create_app(running.settings)
    rows = []
    for rule in sorted(app.url_map.iter_rules(), key=str):
        guard = guard_of(app.view_functions[rule.endpoint]) or Guard()
        named = "every person" if guard.signed_in else " ".join(filter(None, [guard.scope, *sorted(guard.roles)]))
        who = "everyone" if guard.open_to_all else named
        rows.append({"methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}), "path": str(rule), "who": who})
    if as_json:
        report(rows)
        return
    for row in rows:
        click.echo(f"{','.join(row['methods']):8} {row['path']:60} {row['who']}")


@click.group("db")
def db_group() -> None:
    """Database schema / 数据库结构."""


@db_group.command("upgrade")
@click.option("--sql", is_flag=True, help="Only write the statements / 只输出 SQL")
@pass_running
def db_upgrade(running: Running, sql: bool) -> None:
    """Bring the schema to this program's version / 升级数据库结构."""
    state = schema.schema_state(running.unchecked_database)
    if sql:
        click.echo(schema.upgrade_sql(running.unchecked_database.engine.dialect.name, state.found))
        return
    schema.upgrade(running.unchecked_database)
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "upgrade"), clock.now())
    click.echo(f"{state.found} → {state.needed}")


@db_group.command("check")
@json_option
@pass_running
def db_check(running: Running, as_json: bool) -> None:
    """See that the schema is this program's / 检查数据库结构."""
    state = schema.schema_state(running.unchecked_database)
    if as_json:
        report(vars(state))
    schema.require_current(running.unchecked_database)
    if not as_json:
        click.echo(f"{state.found} ✓")


@click.command("doctor")
@json_option
@pass_running
def doctor_command(running: Running, as_json: bool) -> None:
    """Run every check, with a line on how to mend it / 体检."""
    found = examine(House(running.settings, running.unchecked_database, clock.now()), running.program.checks)
    outcome = worst(found)
    if as_json:
        report({"outcome": outcome, "checks": [each.document() for each in found]})
    else:
        _tell(found)
    sys.exit(EXIT_FAILED if outcome == "failed" else 0)


def _tell(found: list[Any]) -> None:
    sign = {"good": "✓", "warning": "▲", "failed": "✕"}
    zh = language() == "zh"
    for each in found:
        title = each.check.title_zh if zh else each.check.title_en
        click.echo(f"{sign[each.finding.outcome]} {title}: {each.finding.zh if zh else each.finding.en}")
        if each.finding.outcome != "good":
            click.echo(f"    → {each.check.mend_zh if zh else each.check.mend_en}")


@click.command("serve")
@click.option("--host", help="Address to listen on / 监听地址")
@click.option("--port", type=click.IntRange(1, 65535), help="Port / 端口")
@pass_running
def serve_command(running: Running, host: str | None, port: int | None) -> None:
    """Serve the pages and the API / 启动网页和接口服务."""
    server.serve(running, host, port)


@click.command("sandbox")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("sandbox-data"), help="Folder")
@click.option("--host", default="127.0.0.1", help="Address to listen on / 监听地址")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, help="Port / 端口")
@click.option("--make-only", is_flag=True, help="Make the province but do not serve / 只建不启动")
@click.option("--city", "with_second", is_flag=True, help="A city's site below it, on the next port / 另起下级市站点")
@click.option("--under", hidden=True, default="", help="Address of the site above, where this is the city / 上级地址")
@pass_running
def sandbox_command(
    running: Running, data: Path, host: str, port: int, make_only: bool, with_second: bool, under: str
) -> None:
    """An invented province that answers at once / 启动演示沙箱."""
    place = sandbox.Place(data.absolute(), host, port, under)
    sandbox.open_(running.program, place, make_only=make_only, with_second=with_second)
