"""The holder's pages: one's certificates, the code that is shown, every use, and what one says to it or agreed to."""

from typing import Final

from flask import Blueprint

from console.holder.certificates import certificate_pages
from console.holder.code import code_pages
from console.holder.consents import consent_pages
from console.holder.uses import use_pages

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (certificate_pages, code_pages, use_pages, consent_pages)
