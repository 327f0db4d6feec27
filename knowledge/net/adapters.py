"""Our client under others' client libraries: as a transport of httpx, as a session of requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from knowledge.net.answers import Answer
from knowledge.net.client import Client

if TYPE_CHECKING:
    import httpx
    import requests

WIRE = frozenset(  # headers that are the connection's own, or speak of how a body was packed
    "host connection accept-encoding content-length content-encoding transfer-encoding "
    "keep-alive proxy-authorization proxy-connection te trailer upgrade".split()
)


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that mean the same on the other side."""
    return {name: value for name, value in headers.items() if name.lower() not in WIRE}


def transport(client: Client) -> httpx.BaseTransport:
    """For `httpx.Client(transport=…)`: redirects, tries and limits are those of our client.

    A `NetError` passes through; libraries may raise an error of their own from it.
    """
    import httpx

    class Through(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            body, headers = request.read(), kept(request.headers)
            answer = client.exchange(request.method, str(request.url), headers=headers, body=body)
            return httpx.Response(
                answer.status, headers=kept(answer.headers), content=answer.body, request=request
            )

    return Through()


def response_of(answer: Answer, request: requests.PreparedRequest) -> requests.Response:
    """An answer in the words of requests."""
    import requests

    made = requests.Response()
    made.status_code, made.url, made.request = answer.status, answer.url, request
    made.headers = requests.structures.CaseInsensitiveDict(kept(answer.headers))
    made.raw = BytesIO(answer.body)
    made.encoding = requests.utils.get_encoding_from_headers(made.headers)
    return made


def body_of(request: requests.PreparedRequest) -> bytes:
    """What a request of requests sends; what is streamed is read whole."""
    match request.body:
        case None:
            return b""
        case str(text):
            return text.encode()
        case bytes(raw):
            return raw
    if not isinstance(request.body, Iterable):
        raise TypeError("a body that can be read piece by piece")
    return b"".join(p.encode() if isinstance(p, str) else p for p in request.body)


def session(client: Client) -> requests.Session:
    """A session of requests; a `NetError` passes through."""
    import requests
    from requests.adapters import BaseAdapter

    class Through(BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            answer = client.exchange(
                request.method or "GET",
                request.url or "",
                headers=kept({name: str(value) for name, value in request.headers.items()}),
                body=body_of(request),
            )
            return response_of(answer, request)

        def close(self) -> None:
            client.close()

    made = requests.Session()
    made.trust_env = False  # neither a proxy nor a .netrc
    for scheme in ("http://", "https://"):
        made.mount(scheme, Through())
    return made
