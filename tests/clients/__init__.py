"""The client library and the samples, against the real application; the library is taken from its own folder."""

import sys
from pathlib import Path

CLIENTS = Path(__file__).parents[2] / "clients"
sys.path.insert(0, str(CLIENTS / "python"))
