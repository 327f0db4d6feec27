"""Which addresses may be reached: public ones, and others only where a setting allows them.

A name is looked up once, every address that it has is judged, and the connection is made to the
very address that was judged: a name that answers otherwise the next time gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from knowledge.net.errors import Refused, Unreached

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str], Sequence[str]]
"""The addresses of a name, as text. Raises `OSError`."""

METADATA = tuple(
    ip_address(address)
    for address in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # the containers' of AWS
        "169.254.170.23",  # its pods'
        "fd00:ec2::254",  # AWS by IPv6
        "fd00:ec2::23",
        "fd20:ce::254",  # Google by IPv6
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure's host
    )
)
EMBEDDING = (  # networks whose addresses stand for an IPv4 address, and the bits to its right
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
UNSAID: tuple[Network, ...] = (  # not public, whatever this version of Python says
    *(IPv6Network(network) for network in ("64:ff9b:1::/48", "2001::/32", "3fff::/20")),
    *(IPv6Network(network) for network in ("::/96", "fec0::/10")),
    *(IPv4Network(network) for network in ("192.0.0.0/24", "192.88.99.0/24")),
)
ADVICE = "Set `allow_private` for this source if that address is meant"


def looked_up(host: str) -> Sequence[str]:
    """The addresses of a name, as the machine finds them."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Guard:
    """What may be reached; `private`: inner networks too (metadata services never are).

    `hosts` are names and `networks` addresses that may be reached whatever they are.
    """

    private: bool = False
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    resolve: Resolve = looked_up

    def addresses(self, host: str) -> list[Address]:
        """Where `host` is, every address judged. Raises `Refused` and `Unreached`."""
        found = [self._judged(host, told) for told in self._resolved(host)]
        if not found:
            raise Unreached(host, "is a name without addresses", "Check the host's name")
        return found

    def _resolved(self, host: str) -> Sequence[str]:
        if "%" in host:
            raise Refused(host, "names a network interface", "Give a plain address or name")
        try:
            return [str(ip_address(host.strip("[]")))]
        except ValueError:
            pass
        try:
            return self.resolve(host)
        except (OSError, UnicodeError) as error:
            problem = f"its address was not found ({error})"
            raise Unreached(host, problem, "Check the host's name and the network") from error

    def _judged(self, host: str, told: str) -> Address:
        """The address, if it may be reached."""
        try:
            address = ip_address(told)
        except ValueError as error:
            raise Refused(host, f"has an odd address, {told!r}", "Check its DNS entry") from error
        reason = objection(address)
        if reason and not self._allows(host, address, reason):
            raise Refused(host, f"is {reason} ({address})", ADVICE)
        return address

    def _allows(self, host: str, address: Address, reason: str) -> bool:
        """Does a setting allow what is not public? Metadata only by its very address."""
        among = [network for network in self.networks if network.version == address.version]
        if reason == METADATA_SERVICE:
            return any(address in net and net.num_addresses == 1 for net in among)
        named = host.lower().rstrip(".") in self.hosts or any(address in net for net in among)
        return named or (self.private and reason in INNER)


LOOPBACK, PRIVATE, LINK_LOCAL = "this machine", "a private address", "a link-local address"
INNER = (LOOPBACK, PRIVATE, LINK_LOCAL)
METADATA_SERVICE = "a cloud's metadata service"
RESERVED = "a reserved address"


def objection(address: Address) -> str:
    """Why an address is not a public one; empty for those that are."""
    if address in METADATA:
        return METADATA_SERVICE
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return "an address of one network interface"
        for network, right in EMBEDDING:
            if address in network:
                return objection(IPv4Address(int(address) >> right & 0xFFFFFFFF))
    return plain_objection(address)


def plain_objection(address: Address) -> str:
    """The same for an address that stands for no other."""
    if address.is_loopback or address.is_unspecified:
        return LOOPBACK
    if address.is_link_local:
        return LINK_LOCAL
    if address.is_multicast:
        return "a multicast address"
    if address.is_reserved or any(
        address in net for net in UNSAID if net.version == address.version
    ):
        return RESERVED
    return PRIVATE if address.is_private or not address.is_global else ""


def guarding(allow_private: bool | Sequence[str] = False, resolve: Resolve = looked_up) -> Guard:
    """A guard by a source's setting: false, true, or a list of hosts, addresses and networks."""
    if isinstance(allow_private, bool):
        return Guard(private=allow_private, resolve=resolve)
    listed = [ip_network(entry, strict=False) for entry in allow_private if is_network(entry)]
    names = {entry.lower().rstrip(".") for entry in allow_private if not is_network(entry)}
    return Guard(hosts=frozenset(names), networks=tuple(listed), resolve=resolve)


def is_network(entry: str) -> bool:
    """Is this an address or a network, not a name?"""
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True
