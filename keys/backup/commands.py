"""`yinxin backup` and `yinxin restore`."""

import os
import pwd
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from base import clock
from base.audit import Tree
from base.command_line import json_option, pass_running, report
from base.errors import DomainError
from base.program import Running
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import begun, checking, making, places, restoring, wiring
from keys.backup.checking import Opened
from keys.backup.errors import BackupKeyNeeded, BackupKeyUnusable
from keys.backup.manifest import FOLDER as FOLDER_PART
from keys.backup.restoring import Into
from keys.certificates import Certificate, bundle
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner

PRIVATE_KEY = "backup.key.pem"
# PBES2 with 600,000 rounds makes each guess cost; eight characters are where guessing stops to be an afternoon's work.
SHORTEST_PASSWORD = 8
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
password_option = click.option("--password-file", type=FILE, help="File with the key's password / 存放密钥口令的文件")


@click.group("backup", invoke_without_command=True)
@click.option("--to", "into", type=FOLDER, help="Folder of backups / 备份目录")
@click.option("--public-key", "keys", type=FILE, multiple=True, help="PEM of who may open it / 备份公钥或证书")
@click.option("--no-verify", is_flag=True, help="Do not read it again / 不回读核对")
@json_option
@pass_running
@click.pass_context
def backup_group(
    context: click.Context, running: Running, into: Path | None, keys: tuple[Path, ...], no_verify: bool, as_json: bool
) -> None:
    """Back the whole site up while it serves / 在线备份."""
    if context.invoked_subcommand is not None:
        return
    if into is None:
        raise click.UsageError("Missing option '--to'.")
    at, plan = clock.now(), wiring.built(running.settings).plan(keys, verify=False if no_verify else None)
    backup, database = making.new_id(), running.database
    with database.transaction() as session:
        begun.record(session, backup.hex(), plan, _operator(), at)
    with _progress() as progress:
        made = making.made(database, into, plan, at, progress, backup=backup)
    told = _told(made.folder, made.manifest) | {"verified": made.verified}
    if as_json:
        report(told)
    else:
        click.echo(_line(told))
        if made.manifest.left_out:
            click.echo(
                f"▲ {made.manifest.left_out} private keys, links or devices left out / 未备份的私钥、链接、设备文件"
            )
    if not made.manifest.ledger.sound:
        click.echo("▲ the ledger is damaged / 台账已损坏: yinxin ledger verify", err=True)
        sys.exit(1)


@backup_group.command("key")
@click.option("--out", type=FOLDER, required=True, help="Folder for both halves / 存放密钥对的目录")
@password_option
def backup_key(out: Path, password_file: Path | None) -> None:
    """Make the key pair of backups; keep the private half elsewhere / 生成备份密钥对，私钥请异地保管."""
    password = _password(password_file, confirmed=True)
    if len(password) < SHORTEST_PASSWORD:
        raise click.BadParameter(f"shorter than {SHORTEST_PASSWORD}", param_hint="password")
    key = asymmetric.generated(KeyKind.SM2)
    with places.readable(out):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in (
            (PRIVATE_KEY, asymmetric.private_key_pem(key, password)),
            (wiring.PUBLIC_KEY, asymmetric.public_key_pem(key.public)),
        ):
            with places.writing(out / name) as write:
                write(content)
    click.echo(f"{out / wiring.PUBLIC_KEY}\n{out / PRIVATE_KEY}  → keep it elsewhere / 请异地保管")


@backup_group.command("list")
@click.argument("folder", type=FOLDER)
@json_option
def backup_list(folder: Path, as_json: bool) -> None:
    """Look every backup in a folder through, without a key / 列出并核对备份（不需要密钥）."""
    found = []
    for each in places.finished(folder):
        try:
            found.append(_told(each.folder, checking.intact(each.folder)) | {"fault": None})
        except DomainError as refusal:
            found.append({"backup": str(each.folder), "made_at": clock.rfc3339(each.made_at), "fault": refusal.code})
    if as_json:
        report(found)
    else:
        for told in found:
            click.echo(f"✕ {told['backup']}  {told['fault']}" if told["fault"] else _line(told))
    sys.exit(1 if any(told["fault"] for told in found) else 0)


@click.command("restore")
@click.option("--from", "place", type=FOLDER, required=True, help="A backup, or a folder of them / 备份或备份目录")
@click.option("--verify-only", is_flag=True, help="Look it through and change nothing / 只核对，不恢复")
@click.option("--key", "key_file", type=FILE, help="PEM of the private key / 备份私钥")
@click.option("--certificate", "certificate_file", type=FILE, help="Its certificate, if it has one / 私钥对应的证书")
@password_option
@click.option("--files", type=FOLDER, help="Where folders without a place go / 未配置的文件夹恢复到此")
@click.option(
    "--remembered", metavar="SIZE:ROOT", multiple=True, help="A ledger's head that is known / 已知的台账检查点"
)
@click.option("--accept-damaged-ledger", is_flag=True, help="Take what there is / 台账备份时已损坏仍恢复")
@json_option
@pass_running
def restore_command(
    running: Running, /, place: Path, verify_only: bool, key_file: Path | None, as_json: bool, **options: Any
) -> None:
    """Bring a backup back into an empty place / 恢复到空的站点."""
    folder = places.found(place)
    if key_file is None:
        if not verify_only:
            raise BackupKeyNeeded
        told = _told(folder, checking.intact(folder)) | {"opened": False}
        report(told) if as_json else click.echo(
            f"{_line(told)}\n▲ digests only: no key was given / 未给密钥，只核对了摘要"
        )
        return
    signer = _signer(key_file, options["password_file"])
    opened = checking.opened(folder, signer, _certificate(options["certificate_file"]))
    with _progress() as progress:
        examined = checking.examined(opened, progress)
    told = _told(folder, opened.manifest) | {"opened": True, "files": examined.files}
    if not verify_only:
        into = _into(running, opened, options)
        with _progress() as progress:
            done = restoring.restored(opened, into, progress, examined=examined)
        told |= {"restored": done.tables}
    report(told) if as_json else click.echo(_line(told))


def _into(running: Running, opened: Opened, options: dict[str, Any]) -> Into:
    """Tell where the backup goes: folders to their configured places, the others below `--files`."""
    folders = dict(wiring.built(running.settings).folders)
    for each in opened.manifest.parts:
        if each.kind == FOLDER_PART and options["files"] is not None:
            folders.setdefault(each.name, options["files"] / each.name)
    remembered = [_tree(each) for each in options["remembered"]]
    return Into(running.unchecked_database, folders, remembered, accept_damaged_ledger=options["accept_damaged_ledger"])


def _told(folder: Path, manifest: Any) -> dict[str, Any]:
    return {
        "backup": str(folder),
        "id": manifest.id,
        "made_at": manifest.made_at,
        "tool": manifest.tool,
        "database": manifest.database,
        "schema": manifest.schema,
        "rows": manifest.rows,
        "bytes": sum(each.bytes for each in manifest.parts),
        "ledger": {"size": manifest.ledger.size, "root": manifest.ledger.root},
        "left_out": manifest.left_out,
    }


def _line(told: dict[str, Any]) -> str:
    head = told["ledger"]
    return (
        f"✓ {told['backup']}  {told['made_at']}  {told['rows']} rows / 行  {told['bytes']} B  "
        f"ledger / 台账 {head['size']}:{head['root']}"
    )


def _signer(file: Path, password_file: Path | None) -> Signer:
    """Read the private key; a password is asked for only when the file has one."""
    content = places.content_of(file, wiring.PEM_LIMIT)
    password = _password(password_file) if b"ENCRYPTED" in content else None
    try:
        key = asymmetric.private_key_of_pem(content, password)
    except DomainError as error:
        raise BackupKeyUnusable(str(file), error.code) from error
    return SoftwareSigner(key)


def _certificate(file: Path | None) -> Certificate | None:
    return None if file is None else bundle(places.content_of(file, wiring.PEM_LIMIT))[0]


def _password(file: Path | None, *, confirmed: bool = False) -> bytes:
    if file is not None:
        return places.content_of(file, 1024).rstrip(b"\r\n")
    asked: str = click.prompt("password / 口令", hide_input=True, confirmation_prompt=confirmed, err=True)
    return asked.encode()


def _tree(told: str) -> Tree:
    size, _, root = told.partition(":")
    try:
        return Tree(int(size), bytes.fromhex(root))
    except ValueError as error:
        raise click.BadParameter(told, param_hint="--remembered") from error


def _operator() -> str:
    """Name the present user of the machine."""
    try:
        return f"person:os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"person:os:{os.getuid()}"


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show how far it is, where somebody looks on."""
    if not sys.stderr.isatty():
        yield lambda _done, _all, _name: None
        return
    with click.progressbar(length=1, file=sys.stderr, show_eta=False, item_show_func=lambda name: name) as bar:

        def show(done: int, total: int, name: str) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos, name)

        yield show


COMMANDS: tuple[click.Command, ...] = (backup_group, restore_command)
