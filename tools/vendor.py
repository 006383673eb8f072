"""Brings the browser files of other projects into the tree, and proves that they are still what was brought.

`python tools/vendor.py` asks npm for each package below, copies the listed files and writes `vendor.lock` beside them;
`python tools/vendor.py --check` compares every file with its lock and needs no network. Nothing of npm runs: `npm pack`
only downloads an archive. The list is short on purpose; each entry says what it is for.
"""

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCK = "vendor.lock"
HEADING = "# Written by tools/vendor.py. Do not edit: change the list there and run it again.\n"


@dataclass(frozen=True)
class Package:
    """One package of the npm registry: what is taken from it, and the licence that it must carry."""

    name: str
    version: str
    licence: str
    folder: str
    files: tuple[str, ...]


PAGES = "console/static/vendor"
TESTS = "tests/browser/vendor"
PACKAGES = (
    # Try-it for the API. Its bundle needs neither inline script nor inline style in the markup.
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "Apache-2.0",
        PAGES,
        ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "LICENSE", "NOTICE"),
    ),
    # Parts of a page that renew themselves. It adopts a constructed style sheet, which a strict CSP allows.
    Package("htmx.org", "4.0.1", "0BSD", PAGES, ("dist/htmx.min.js", "LICENSE")),
    # The accessibility rules, for the tests alone: never served, never in the wheel.
    Package("axe-core", "4.14.1", "MPL-2.0", TESTS, ("axe.min.js", "LICENSE", "LICENSE-3RD-PARTY.txt")),
)
# npm still names the zero-clause BSD licence as its author wrote it; SPDX calls it 0BSD.
SPDX = {"BSD-0-Clause": "0BSD"}


def main() -> int:
    """Fetch the packages, or check what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare the files with their locks; no network")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the checkout")
    asked = parser.parse_args()
    if asked.check:
        faults = [fault for folder in _folders() for fault in _faults(asked.root / folder)]
        print("\n".join(faults) or "vendored files are as their locks say")
        return 1 if faults else 0
    for folder in _folders():
        packages = [package for package in PACKAGES if package.folder == folder]
        lines = [HEADING, *(_bring(package, asked.root / folder) for package in packages)]
        (asked.root / folder / LOCK).write_text("\n".join(lines), encoding="utf-8")
    return 0


def _folders() -> list[str]:
    return list(dict.fromkeys(package.folder for package in PACKAGES))


def _bring(package: Package, folder: Path) -> str:
    """Download one package, copy its listed files and give its part of the lock."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", "--silent", "--pack-destination", scratch, f"{package.name}@{package.version}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            archive.extractall(scratch, filter="data")
        _require_licence(package, Path(scratch) / "package" / "package.json")
        target = folder / package.name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for file in package.files:
            copy = target / Path(file).name
            shutil.copyfile(Path(scratch) / "package" / file, copy)
            copy.chmod(0o644)
    return _locked(package, target)


def _require_licence(package: Package, description: Path) -> None:
    found = json.loads(description.read_text(encoding="utf-8"))["license"]
    if SPDX.get(found, found) != package.licence:
        raise SystemExit(f"{package.name} {package.version} is under {found}, not {package.licence}: look at it first")


def _locked(package: Package, target: Path) -> str:
    files = "\n".join(f'"{file.name}" = "{_sha384(file)}"' for file in sorted(target.iterdir()))
    return (
        f'["{package.name}"]\nversion = "{package.version}"\nlicence = "{package.licence}"\n'
        f'\n["{package.name}".files]\n{files}\n'
    )


def _faults(folder: Path) -> Iterator[str]:
    """Name every file that differs from its lock, is gone, or is not locked at all."""
    locked = tomllib.loads((folder / LOCK).read_text(encoding="utf-8"))
    expected = {folder / name / file: sha for name, package in locked.items() for file, sha in package["files"].items()}
    for file, sha in expected.items():
        if not file.is_file():
            yield f"{file}: is gone"
        elif _sha384(file) != sha:
            yield f"{file}: is not the file that was brought ({LOCK} says {sha})"
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file not in expected and file.name != LOCK:
            yield f"{file}: is not in {LOCK}"
    stated = {(name, package["version"]) for name, package in locked.items()}
    for package in PACKAGES:
        if str(folder).endswith(package.folder) and (package.name, package.version) not in stated:
            yield f"{folder}: {package.name} {package.version} is listed but not brought"


def _sha384(file: Path) -> str:
    """Give the digest in the form of the `integrity` attribute (W3C Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


if __name__ == "__main__":
    sys.exit(main())
