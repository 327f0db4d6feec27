"""Which certificates are trusted: this machine's authorities, the usual ones, and one's own."""

from __future__ import annotations

import os
import ssl
from functools import cache

from knowledge.net.errors import Refused

CHOSEN = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # who sets one of them trusts what is there instead
REMEDY = "Check the address, or name its authority's file in `certificates` or SSL_CERT_FILE"


def trusting(where: str, certificates: str = "") -> ssl.SSLContext:
    """What is trusted, also the authorities in the PEM file `certificates`.

    Raises `Refused`, which names `where`, if the file can't be read.
    """
    try:
        return _trusting(certificates, *(os.environ.get(name, "") for name in CHOSEN))
    except OSError as error:  # as SSLError is
        problem = f"`certificates` can't be read: {certificates}"
        raise Refused(where, problem, "Give the path of a PEM file") from error


@cache  # reading them takes a while
def _trusting(certificates: str, *chosen: str) -> ssl.SSLContext:
    import certifi

    made = ssl.create_default_context()
    if not any(chosen):
        made.load_verify_locations(certifi.where())
    if certificates:
        made.load_verify_locations(certificates)
    return made


def distrust(error: BaseException) -> str:
    """Why a certificate was not trusted, in a few words; "" for what failed otherwise."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLCertVerificationError):
        found = found.__cause__ or found.__context__
    return (found.verify_message or str(found)) if found is not None else ""
