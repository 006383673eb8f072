"""The rooms keep their floors, the pure modules stay pure, and a planted violation is named with its path."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("base", "keys", "signing", "exchange", "certs", "catalog_sync", "console")
# The middle dot in a module's first docstring line would be easy to forget; purity is declared in setup.cfg alone,
# and every module that imports none of these libraries, directly or not, must be declared or named here with a reason.
OUTSIDE = {"flask", "marshmallow", "sqlalchemy", "httpx2", "apscheduler"}


def contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", "setup.cfg"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in ROOMS:
        if (ROOT / room).exists():
            shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def test_the_contracts_are_kept():
    told = lint(ROOT)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        ("base/clock.py", "import keys.errors", "base.clock -> keys.errors"),
        ("base/canonical.py", "import flask", "base.canonical -> flask"),
        ("keys/parties/models.py", "import keys.parties.schemas", "keys.parties.models -> keys.parties.schemas"),
        ("console/errors.py", "import console.wiring", "console.errors -> console.wiring"),
        ("console/portal.py", "import console.routes", "console.portal -> console.routes"),
    ],
)
def test_a_planted_import_is_found_with_its_path(copy: Path, file: str, line: str, named: str):
    planted = copy / file
    planted.write_text(planted.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    told = lint(copy)
    assert told.returncode == 1
    assert named in told.stdout


def test_every_room_that_exists_stands_in_the_contracts():
    there = {room for room in ROOMS if (ROOT / room / "__init__.py").exists()}
    told = contracts()
    assert set(told["importlinter"]["root_packages"].split()) == there
    layers = told["importlinter:contract:rooms"]["layers"].replace("|", " ")
    assert set(layers.split()) == there


def test_every_module_named_as_pure_exists():
    for module in contracts()["importlinter:contract:pure"]["source_modules"].split():
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or path.is_dir(), module


def test_every_folder_of_tests_is_a_package():
    for folder in (ROOT / "tests").rglob("*"):
        if folder.is_dir() and any(folder.glob("*.py")):
            assert (folder / "__init__.py").exists(), folder


def test_no_module_imports_itself_in_a_circle():
    graph = grimp.build_graph(*(room for room in ROOMS if (ROOT / room).exists()))
    follows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while True:
        free = [module for module, needed in follows.items() if not needed & set(follows)]
        if not free:
            break
        for module in free:
            del follows[module]
    assert sorted(follows) == []


def test_no_module_but_settings_reads_the_environment():
    """Everything is told through `base.settings`; the processes' own start is the one other place."""
    may = {"base/settings.py", "base/sandbox.py", "base/server.py", "base/metrics.py"}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            name = str(file.relative_to(ROOT))
            if "os.environ" in file.read_text(encoding="utf-8"):
                assert name in may, name
