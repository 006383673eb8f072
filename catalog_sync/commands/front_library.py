"""`yinxin sync front-library --create FILE`: the tables of a front library; `simulate front-library`: its platform."""

import time
from pathlib import Path

import click
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from base import clock
from base.command_line import pass_running
from base.program import Running
from catalog_sync.commands.simulate import simulate_group
from catalog_sync.commands.sync import sync_group
from catalog_sync.simulator import store
from catalog_sync.simulator.front_library import FrontPlatform
from catalog_sync.simulator.settings import SimulatorSettings
from catalog_sync.simulator.store import Store
from catalog_sync.targets.files import control
from catalog_sync.targets.front import columns, ddl
from catalog_sync.targets.front_library import address_in
from exchange.feeds.pushes.destinations.engines import engine_of

DIALECTS: dict[str, Dialect] = {
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
    "mysql": mysql.dialect(),
    "sqlite": sqlite.dialect(),
}
SECONDS = 30.0
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@sync_group.command("front-library")
@click.option("--create", type=_FILE, help="File of one line, mode 0600, with the database's address / 数据库地址文件")
@click.option("--sql", type=click.Choice(sorted(DIALECTS)), help="Print the statements of our own tables / 输出自用表")
@click.option("--ours-only", is_flag=True, help="Only the three tables of ours / 只建自用表")
@click.option("--files", "with_control", is_flag=True, help="The control tables of the file exchange / 文件交换控制表")
def front_library(create: Path | None, sql: str | None, *, ours_only: bool, with_control: bool) -> None:
    """Make the tables of a front library that are missing, or print ours / 建前置库表."""
    if sql is not None:
        _print(DIALECTS[sql])
    if create is None:
        if sql is None:
            raise click.UsageError("--create FILE, or --sql DIALECT")
        return
    engine = engine_of(address_in(str(create))(), SECONDS)
    if with_control and not ours_only:
        control.tables().create_all(engine)
    ddl.create(engine, columns.shipped(), with_theirs=not (ours_only or with_control))
    engine.dispose()
    click.echo("已就绪 / ready")


@simulate_group.command("front-library")
@click.option("--database", type=_FILE, required=True, help="File with the front library's address / 前置库地址文件")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where it keeps what it gets / 数据目录")
@click.option("--faults", "spec", default=None, help="Faults to switch on, as in review-refused:5% / 故障")
@click.option("--rounds", type=click.IntRange(0), default=0, help="How often it looks; 0: until it is stopped / 轮数")
@click.option("--seconds", type=click.FloatRange(0.1), default=5.0, show_default=True, help="Between looks / 间隔")
@pass_running
def simulate(
    running: Running, database: Path, data: Path | None, spec: str | None, rounds: int, seconds: float
) -> None:
    """Be the platform behind a front library / 模拟前置库上级平台."""
    kept = Store(data or Path(running.settings[SimulatorSettings].folder))
    if spec is not None:
        with kept.writing() as session:
            store.switch(session, store.FAULTS, spec)
    engine = engine_of(address_in(str(database))(), SECONDS)
    layout = columns.shipped()
    ddl.create(engine, layout)
    platform = FrontPlatform(engine, layout, kept)
    count = 0
    while not rounds or count < rounds:
        done = platform.look(clock.now())
        count += 1
        if done.taken or done.answered:
            click.echo(f"收到 / taken {done.taken}  拟退回 / refused {done.refused}  已退回 / answered {done.answered}")
        if not rounds or count < rounds:
            time.sleep(seconds)
    engine.dispose()
    kept.close()


def _print(dialect: Dialect) -> None:
    for table in ddl.OURS.sorted_tables:
        click.echo(f"{str(CreateTable(table).compile(dialect=dialect)).strip()};")
        for each in sorted(table.indexes, key=lambda index: str(index.name)):
            click.echo(f"{str(CreateIndex(each).compile(dialect=dialect)).strip()};")
