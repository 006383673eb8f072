"""The samples run as they stand against the real application; one whose tool is not here is skipped and says so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import CLIENTS
from tests.clients.site import Site

SAMPLES = CLIENTS / "samples"
pytestmark = pytest.mark.xdist_group("clients")
# Where Debian puts it; another place can be named.
JAR = Path(os.environ.get("YINXIN_TEST_BCPROV", "/usr/share/java/bcprov.jar"))
SECONDS = 120


def needs(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")


def run(*command: object, **variables: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
        env={**os.environ, "LC_ALL": "C.UTF-8", **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def answered(said: str) -> None:
    lines = said.splitlines()
    assert any(line.startswith("outcome") and "found" in line and "not_found" not in line for line in lines), said
    assert any(line.startswith("verdict") and " valid" in line for line in lines), said


def test_the_curl_sample(site: Site):
    needs("bash", "curl", "openssl", "python3")
    answered(run("bash", SAMPLES / "curl" / "sample.sh", site.file))


def test_the_javascript_sample(site: Site):
    needs("node")
    major = int(run("node", "--version").strip().lstrip("v").split(".")[0])
    if major < 18:
        pytest.skip("node is older than 18")
    answered(run("node", SAMPLES / "javascript" / "sample.mjs", site.file))


def test_the_java_sample(site: Site):
    needs("java", "javac")
    if not JAR.exists():
        pytest.skip(f"BouncyCastle is not at {JAR}; name its jar in YINXIN_TEST_BCPROV")
    flags = "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"
    answered(run("java", *flags, "-cp", JAR, SAMPLES / "java" / "Sample.java", site.file))


def test_the_python_sample(site: Site):
    answered(run(sys.executable, SAMPLES / "python" / "sample.py", site.file, PYTHONPATH=str(CLIENTS / "python")))
