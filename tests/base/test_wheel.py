"""The wheel carries everything: built, installed into an empty environment, run outside the checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_SOURCE = (".*", "__pycache__", "*.egg-info", "build", "dist", "tests", "bench", "docs", "sandbox-data", "*.db*")
# One wheel for both stories.
pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build writes into its source folder, and others may be reading or building there."""
    source = tmp_path_factory.mktemp("source") / "yinxin"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    out = tmp_path_factory.mktemp("wheel")
    made = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return next(out.glob("yinxin-*.whl"))


def test_the_wheel_holds_the_data_and_no_tests(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"app.py", "base/problems.toml", "migrations/env.py", "console/templates/layout.html"} <= names
    assert any(name.startswith("migrations/versions/0001_pre_") for name in names)
    assert any(name.startswith("console/static/vendor/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "tools/", "docs/"))]
    for file in (ROOT / "console").rglob("*"):
        if file.suffix in {".html", ".css", ".js", ".svg", ".toml"}:
            assert str(file.relative_to(ROOT)) in names, file


def test_the_wheel_runs_in_an_empty_environment_outside_the_checkout(wheel: Path, tmp_path: Path):
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(wheel)], check=True, capture_output=True)
    place = tmp_path / "elsewhere"
    place.mkdir()
    for arguments in (["version"], ["db", "upgrade"], ["db", "check"], ["doctor"]):
        told = subprocess.run(
            [str(home / "bin" / "yinxin"), *arguments],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr
    assert (place / "yinxin.db").exists()
