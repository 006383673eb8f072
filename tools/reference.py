"""Writes the reference pages from the code that they describe: `python -m tools.reference`.

Problems, commands, metrics and settings each have one source; a page written by hand beside it would be wrong soon.
A house test compares the pages with what this writes.
"""

import importlib
import importlib.util
import pkgutil
from pathlib import Path

import click

import app
from base import metrics
from base.errors import every_refusal
from base.problems import CODE_OF_STATUS, INTERNAL, ROOMS, STATUS_OF_CODE, STATUS_OF_KIND, words
from base.settings import Value, read

ROOT = Path(__file__).resolve().parents[1]


def import_rooms() -> None:
    """Import every module of the rooms, so that whatever declares itself by a class is known."""
    for room in ROOMS:
        if importlib.util.find_spec(room) is not None:
            for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
                importlib.import_module(module.name)


PROBLEMS = """# Problems · 错误代码

Every refusal carries one of these codes in an RFC 9457 document; `/docs/errors/<code>` of a running service shows the
same words. 每一种拒绝都带有下列代码之一；运行中的服务在 `/docs/errors/<code>` 给出同样的说明。
"""
COMMANDS = """# Commands · 命令

Every command has `--help`; those that report have `--json`. Refusals are one sentence on stderr; exit code 1 says that
something failed, 2 that the command was used wrongly.

每个命令都有 `--help`；出错时在 stderr 上给一句话，退出码 1 表示失败，2 表示用法不对。
"""
METRICS = """# Metrics · 指标

Served at `/metrics` in Prometheus' text form, summed over all workers.
在 `/metrics` 以 Prometheus 文本格式提供，已合计各进程。

| metric | kind | labels | 中文 | English |
|---|---|---|---|---|
"""
SETTINGS = """# Every setting with its default. Each may also come from the environment, as the name behind it says;
# with _FILE added, from a file (for secrets). Unknown names are refused. YINXIN_CONFIG names this file.
"""


def problems_page() -> str:
    """Write the page of problems."""
    import_rooms()
    statuses = {each.code: int(STATUS_OF_CODE.get(each.code, STATUS_OF_KIND[each.kind])) for each in every_refusal()}
    statuses |= {code: status for status, code in CODE_OF_STATUS.items() if code not in statuses}
    statuses[INTERNAL] = 500
    parts = [PROBLEMS]
    for code, entry in sorted(words().items()):
        zh, en = entry["zh"], entry["en"]
        parts.append(
            f"\n## `{code}`\n\nHTTP {statuses.get(code, '—')}\n\n"
            f"**{en['title']}.** {en['detail']} {en['cause']} *{en['fix']}*\n\n"
            f"**{zh['title']}。** {zh['detail']}{zh['cause']}*{zh['fix']}*\n"
        )
    return "".join(parts)


def every_command(group: click.Group, path: str = "yinxin") -> list[tuple[str, click.Command]]:
    """List every command below a group by its whole path."""
    found: list[tuple[str, click.Command]] = []
    for name, command in sorted(group.commands.items()):
        below = every_command(command, f"{path} {name}") if isinstance(command, click.Group) else []
        found.extend(below or [(f"{path} {name}", command)])
    return found


def commands_page() -> str:
    """Write the page of commands."""
    parts = [COMMANDS]
    for path, command in every_command(app.group()):
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        parts.append(f"\n## `{path}`\n\n{(command.help or '').strip()}\n\n`{path} {usage}`\n")
        options = [each for each in command.params if isinstance(each, click.Option) and each.help]
        if options:
            parts.append("\n" + "".join(f"- `{', '.join(each.opts)}` {each.help}\n" for each in options))
    return "".join(parts)


def metrics_page() -> str:
    """Write the page of metrics."""
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(each.labels) or '—'} | {each.zh} | {each.en} |\n"
        for each in metrics.METRICS
    ]
    return METRICS + "".join(rows)


def settings_example() -> str:
    """Write the example of every setting."""
    parts, section = [SETTINGS], ""
    for each in read(app.HOUSE.sections, environment={}).told():
        here, key = each.path.split(".")
        if here != section:
            section = here
            parts.append(f"\n[{section}]\n")
        parts.append(f"# {each.told} ({each.environment})\n# {key} = {_toml(each.default)}\n")
    return "".join(parts)


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "unset" if value is None else str(value)


PAGES = {
    ROOT / "docs" / "problems.md": problems_page,
    ROOT / "docs" / "commands.md": commands_page,
    ROOT / "docs" / "metrics.md": metrics_page,
    ROOT / "settings.example.toml": settings_example,
}


def main() -> None:
    """Write every page whose text changed."""
    for file, write in PAGES.items():
        file.parent.mkdir(exist_ok=True)
        text = write()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
