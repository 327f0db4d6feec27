"""Where what is sent can be read on the way: over http, except on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from knowledge.net.urls import SECRET

KNOWN = frozenset({"cookie", "authorization", "proxy-authorization"})
PROBLEM = "credentials would be sent over http, where anyone on the way can read them"
REMEDY = "Let its address in the settings begin with https://"


def overheard(url: str) -> bool:
    """Can others read what is sent there? What is no address of http is not for us to judge."""
    parts = urlsplit(url)
    return parts.scheme.lower() == "http" and not on_this_machine(parts.hostname or "")


def on_this_machine(host: str) -> bool:
    """Is it a name or an address of this machine, whatever a name server says?"""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def has_credentials(headers: Iterable[str]) -> bool:
    """Is one of these headers a credential, by its name?"""
    return any(name.lower() in KNOWN or SECRET.search(name) for name in headers)
