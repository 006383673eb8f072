"""Makes the golden files of dialects again: `python -m tests.exchange.dialects.golden`; a difference is to be reviewed.

What stands under `request`, `ours` and `refusal` is written by hand; what is read of it and answered to it is made.
"""

import json
from pathlib import Path
from typing import Any

from base.errors import Kind
from exchange.dialects import DIALECTS
from exchange.dialects.dialect import Outside, Refusal, Served, Written
from tests.exchange.dialects.dialect_house import DEFAULTS, VECTORS

FILES = ("national_gateway.json", "x_road.json")
PARAMETERS = {"xkzbh": "许可证编号"}
REQUEST_ID = "request-1"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def outside(told: dict[str, Any]) -> Outside:
    """Read a request as it stands in a file."""
    headers = {name.lower().replace("_", "-"): value for name, value in told["headers"].items()}
    body = json.dumps(told["body"], ensure_ascii=False).encode() if "body" in told else b""
    parameters = tuple((name, value) for name, value in told.get("parameters", []))
    return Outside(told["method"], told["path"], headers, parameters, body)


def request(dialect: str, case: dict[str, Any]) -> dict[str, Any]:
    """Tell what is read of a request."""
    row, asked = DIALECTS[dialect], outside(case["request"])
    service = row.service_in(asked)
    question = row.ask(asked, Served(service, PARAMETERS), DEFAULTS)
    purpose = question.purpose
    return {
        **case,
        "account": row.account_in(asked),
        "service": service,
        "purpose": {
            "item_code": purpose.item_code,
            "stage": purpose.stage,
            "ground": purpose.ground,
            "basis": [purpose.basis.kind, purpose.basis.number] if purpose.basis else None,
            "operator": [purpose.operator.kind, purpose.operator.name],
        },
        "conditions": [[each.item, each.test, list(each.values)] for each in question.conditions],
    }


def answer(dialect: str, asked: Outside, case: dict[str, Any]) -> dict[str, Any]:
    """Tell how an answer of ours is written."""
    made = DIALECTS[dialect].answer(asked, json.dumps(case["ours"]).encode(), REQUEST_ID)
    return {**case, "written": _written(made)}


def refusal(dialect: str, asked: Outside, case: dict[str, Any]) -> dict[str, Any]:
    """Tell how a refusal of ours is written."""
    told = {**case["refusal"], "kind": Kind(case["refusal"]["kind"]), "request_id": REQUEST_ID}
    return {**case, "written": _written(DIALECTS[dialect].refuse(asked, Refusal(**told)))}


def made(known: dict[str, Any]) -> dict[str, Any]:
    """Make a file's contents again."""
    dialect, asked = known["dialect"], outside(known["requests"][0]["request"])
    return {
        **known,
        "requests": [request(dialect, case) for case in known["requests"]],
        "answers": [answer(dialect, asked, case) for case in known["answers"]],
        "refusals": [refusal(dialect, asked, case) for case in known["refusals"]],
    }


def write(folder: Path = VECTORS) -> None:
    for name in FILES:
        text = json.dumps(made(read(name)), ensure_ascii=False, indent=1)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def _written(told: Written) -> dict[str, Any]:
    return {"status": told.status, "headers": dict(told.headers), "body": json.loads(told.body)}


if __name__ == "__main__":
    write()
