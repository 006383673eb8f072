"""Which network addresses may be reached: the public ones, and of the others what the site opened.

The tables stand here because `ipaddress` answers differently from one Python to the next. An address that carries
another inside (mapped, NAT64, 6to4, Teredo), a metadata service, multicast and *this host* are closed to everybody; a
site whose only way out is NAT64 must give its partners real IPv6 addresses.
"""

import ipaddress
from collections.abc import Iterable

from base.fetch.errors import AddressRefused
from base.fetch.port import Destination

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _table(rows: dict[str, str]) -> tuple[tuple[str, Network], ...]:
    return tuple((kind, ipaddress.ip_network(net)) for kind, nets in rows.items() for net in nets.split())


# IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), and the metadata services of the large clouds:
# AWS, Google, Azure, Oracle, Alibaba, Tencent, AWS containers.
NEVER = _table(
    {
        "metadata": "169.254.169.254 169.254.170.2 169.254.170.23 169.254.0.23 100.100.100.200 192.0.0.192 "
        "168.63.129.16 fd00:ec2::254 fd20:ce::254 fd00:ec2::23",
        "unspecified": "0.0.0.0/8 ::",
        "multicast": "224.0.0.0/4 ff00::/8",
        "broadcast": "255.255.255.255",
        "embedded": "::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32",
    }
)
UNLESS_OPENED = _table(
    {
        "loopback": "127.0.0.0/8 ::1",
        "link-local": "169.254.0.0/16 fe80::/10",
        "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7 fec0::/10",
        "reserved": "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 "
        "2001::/23 2001:db8::/32 3fff::/20",
    }
)
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
# RFC 4291 2.4: only this part of IPv6 is handed out as global unicast.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
PUBLIC = "public"


def kind_of(address: Address) -> str:
    """Name an address's kind: `public`, or the kind that keeps it closed."""
    for kind, network in (*NEVER, *UNLESS_OPENED):
        if address in network:
            return kind
    if address in IPV4_COMPATIBLE:
        return "embedded"
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return "reserved"
    return PUBLIC


def is_open(address: Address, opened: Iterable[Network]) -> bool:
    """Tell whether an address is public, or in an opened network and not of a kind that is closed to everybody."""
    kind = kind_of(address)
    if kind == PUBLIC:
        return True
    if kind in {never for never, _ in NEVER}:
        return False
    return any(address in network for network in opened)


def require_open(host: str, addresses: Iterable[str], opened: Iterable[Network]) -> None:
    """Refuse a host if even one of its addresses is closed: a mixed answer is how rebinding begins.

    Raises `AddressRefused`.
    """
    opened = tuple(opened)
    for text in addresses:
        address = ipaddress.ip_address(text)
        if not is_open(address, opened):
            raise AddressRefused(host, kind_of(address))


def require_allowed(destination: Destination, opened: Iterable[Network]) -> None:
    """Refuse a destination whose host is a closed address in plain sight: for the moment it is written down.

    A name is not resolved here, since what it answers today says nothing of tomorrow; it is judged at each connection.
    Raises `AddressRefused`.
    """
    if destination.is_literal:
        require_open(destination.host, (destination.host,), opened if destination.intranet else ())
