"""The words of a refusal to use data: what each reason says and what the caller can do, from `refusals.toml`."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from exchange.agreements.contracts import Reason, Refusal
from exchange.agreements.errors import NotGranted


@functools.cache
def words() -> Mapping[Reason, Mapping[str, str]]:
    """Give the words of every reason: `zh`, `en`, `zh_fix`, `en_fix`."""
    told = tomllib.loads(resources.files("exchange.agreements").joinpath("refusals.toml").read_text("utf-8"))
    return MappingProxyType({reason: MappingProxyType(told[reason]) for reason in Reason})


def not_granted(resource: str, refusal: Refusal) -> NotGranted:
    """Make the error that tells a refusal, with the words of its reason as members of the answer."""
    error = NotGranted(resource, refusal.reason.value, refusal.contract, refusal.asked, refusal.granted)
    facts = {"grant": refusal.contract or "", "granted": refusal.granted, "asked": refusal.asked}
    told = {name: _filled(text, facts) for name, text in words()[refusal.reason].items()}
    error.members = {
        "because": {"zh": told["zh"], "en": told["en"]},
        "todo": {"zh": told["zh_fix"], "en": told["en_fix"]},
    }
    return error


def _filled(text: str, facts: Mapping[str, str]) -> str:
    for name, value in facts.items():
        text = text.replace("{" + name + "}", value)
    return text
