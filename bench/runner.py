"""Finds the modules of a package that have NAME and run(), runs those asked for and writes what they measured."""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent


def modules(package: str) -> dict[str, ModuleType]:
    """Import every module of the package that has a NAME, by that name."""
    folder = Path(importlib.import_module(package).__path__[0])
    found = [
        importlib.import_module(f"{package}.{each.name}")
        for each in pkgutil.iter_modules([str(folder)])
        if each.name not in {"__main__", "runner"}
    ]
    return {module.NAME: module for module in found if hasattr(module, "NAME")}


def machine() -> dict[str, Any]:
    """Say on what the figures were taken, and how busy it was."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def asked(description: str, names: list[str]) -> tuple[list[str], bool]:
    """Read the command line: which modules, and whether in their short form."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", help=f"one of {', '.join(names)}")
    parser.add_argument("--short", action="store_true", help="the short form, about a minute in all")
    told = parser.parse_args()
    if told.only and told.only not in names:
        parser.error(f"no {told.only}; there are {', '.join(names)}")
    return ([told.only] if told.only else names), told.short


def timed(run: Any, **arguments: Any) -> tuple[dict[str, Any], bool]:
    """Run one module; a failure is a result too, with its place."""
    began = time.monotonic()
    try:
        result: dict[str, Any] = run(**arguments)
        passed = bool(result.get("passed", True))
    except Exception as error:  # noqa: BLE001 - the others must still run, and the end says which failed
        traceback.print_exc()
        result, passed = {"failed": f"{type(error).__name__}: {error}"}, False
    return {**result, "passed": passed, "seconds": round(time.monotonic() - began, 1), "machine": machine()}, passed


def write(file: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    part.replace(file)


def say(text: str) -> None:
    """Tell progress where it does not mix with results."""
    print(text, file=sys.stderr, flush=True)
