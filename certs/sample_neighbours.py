"""The libraries that the sandbox asks after its own: a department that is down, and a neighbour province that is late.

Nothing listens at the department's address. The neighbour is `certs.simulator`, served beside the sandbox; it answers
late about the one magic holder that it has, of a few people each in a way of its own, and *not found* of all others.
"""

from pathlib import Path
from typing import Final

from certs import types, wiring
from certs.sample_magic import ID_NUMBER, MAGIC, Magic
from certs.wiring import Certs

# Port 9 (discard, RFC 863) is closed on every machine that somebody looks after.
DOWN: Final = "http://127.0.0.1:9"
PORT: Final = 8091
REGION: Final = "310000"
# How long a visitor waits for each, in seconds; the neighbour takes longer, which is what there is to see.
DEPARTMENT_SECONDS: Final = 1
NEIGHBOUR_SECONDS: Final = 2


# People of the sandbox's province who live there: what the neighbour says of each, in its own words.
INSURED: Final = (
    ("found", Magic("0471", "演示褚外", MAGIC["0408"].type)),
    ("not_covered", Magic("0472", "演示卫籍", MAGIC["0408"].type)),
    ("wrong_holder", Magic("0473", "演示蒋错", MAGIC["0408"].type)),
    ("revoked", Magic("0474", "演示沈销", MAGIC["0408"].type)),
    ("down", Magic("0475", "演示韩断", MAGIC["0408"].type)),
)


def told(parts: Certs) -> list[dict[str, str]]:
    """Tell the visitor whom to ask the neighbour about."""
    return [
        {
            "scene": scene,
            "holder_code": each.code,
            "holder_type": ID_NUMBER,
            "holder_name": each.name,
            "certificate_type": parts.by_name[each.type],
        }
        for scene, each in INSURED
    ]


def settings_of(_folder: Path) -> str:
    """Write the sections that name the two, and open the way to this machine, where both stand."""
    codes = {each.name: code for code, each in types.types(wiring.known()).items()}
    department, neighbour = codes[MAGIC["0503"].type], codes[MAGIC["0408"].type]
    peers = (
        f"department {DOWN} {DEPARTMENT_SECONDS} {department}",
        f"province:{REGION} http://127.0.0.1:{PORT} {NEIGHBOUR_SECONDS} {neighbour}",
    )
    named = ", ".join(f'"{each}"' for each in peers)
    return f'[libraries]\npeers = [{named}]\nintranet = true\n\n[fetch]\nintranet_networks = ["127.0.0.0/8"]\n'
