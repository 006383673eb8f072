"""What the way out can be told, read into what the adapter uses."""

import ipaddress
import ssl
from dataclasses import dataclass
from typing import ClassVar

import httpx2

from base.fetch.addresses import Network
from base.settings import UnusableSetting, setting


@dataclass(frozen=True)
class FetchSettings:
    """What the way out can be told."""

    SECTION: ClassVar[str] = "fetch"
    intranet_networks: tuple[str, ...] = setting(
        (), "Networks that are not public and may still be called, for partners listed as standing in them."
    )
    trust_file: str = setting("", "PEM file of authorities trusted for TLS beside the system's own.")
    connect_seconds: float = setting(3.0, "How long one connection, with its TLS, may take to be made.")
    read_seconds: float = setting(10.0, "How long a partner may be silent.")
    total_seconds: float = setting(30.0, "How long one call may take in all, tries and redirects included.")
    max_bytes: int = setting(10 * 1024 * 1024, "The largest answer taken, in bytes, also after unpacking.")
    tries: int = setting(3, "How often a call that may be repeated is tried.")
    rest_seconds: float = setting(30.0, "How long a partner is left alone after five failures in a row.")
    connections: int = setting(16, "Connections open to one partner at a time.")


def opened_networks(settings: FetchSettings) -> tuple[Network, ...]:
    """Read the networks that the site opened.

    Raises `UnusableSetting`.
    """
    try:
        return tuple(ipaddress.ip_network(text) for text in settings.intranet_networks)
    except ValueError as error:
        raise UnusableSetting("fetch.intranet_networks", "10.0.0.0/8, …") from error


def tls_of(settings: FetchSettings) -> ssl.SSLContext:
    """Make the TLS settings: the system's authorities and the site's, TLS 1.2 or newer, host names checked.

    Raises `UnusableSetting`.
    """
    # trust_env would let SSL_CERT_FILE replace the authorities.
    context = httpx2.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if settings.trust_file:
            context.load_verify_locations(settings.trust_file)
    except OSError as error:
        raise UnusableSetting("fetch.trust_file", "PEM") from error
    return context
