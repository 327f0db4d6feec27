"""Asking a service politely: limits, redirects, tries, and errors that say what to do."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from knowledge.net import waiting
from knowledge.net.answers import Answer, Version
from knowledge.net.asking import (
    MEBIBYTE,
    MOVED,
    Ask,
    Credentials,
    Limits,
    Outside,
    moved,
    user_agent,
)
from knowledge.net.errors import NetError, RateLimited, Refused, TooLarge, Unreached
from knowledge.net.guard import Guard
from knowledge.net.hurry import left_s, within
from knowledge.net.meaning import LATER, asked_for_s, limited, meant, passing
from knowledge.net.overheard import PROBLEM, has_credentials, overheard
from knowledge.net.overheard import REMEDY as SECURELY
from knowledge.net.trust import REMEDY, distrust, trusting
from knowledge.net.urls import origin, parsed, shown

if TYPE_CHECKING:
    import httpcore

log = logging.getLogger(__name__)
SENDING = frozenset({"POST", "PUT", "PATCH"})  # they tell the length of what they send, even none


class Client:
    """Asks; threads may share one. Every method may raise a `NetError`."""

    def __init__(
        self,
        guard: Guard | None = None,
        limits: Limits | None = None,
        credentials: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        outside: Outside | None = None,
        secure: ssl.SSLContext | None = None,
        certificates: str = "",
    ) -> None:
        """`certificates`: a PEM file of authorities trusted besides; or `secure`, all of TLS."""
        self.guard, self.limits = guard or Guard(), limits or Limits()
        self.credentials, self.outside = credentials, outside or Outside()
        self.headers = {"User-Agent": user_agent(), "Accept": "*/*", **(headers or {})}
        self.secure, self.certificates = secure, certificates
        self._lock = threading.Lock()

    # -- asking ----------------------------------------------------------------------

    def get(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        held: Version | None = None,
    ) -> Answer:
        """Get what is there: 200, or 304 when it is still the version `held`."""
        asked = held.asked if held is not None else {}
        return self.request("GET", url, params=params, headers={**(headers or {}), **asked})

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes = b"",
    ) -> Answer:
        """An answer that is a success; every other one is raised as what it means."""
        answer = self.exchange(method, url, params=params, headers=headers, json=json, body=body)
        if answer.status == 304 or 200 <= answer.status < 300:
            return answer
        raise meant(answer)

    def exchange(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes = b"",
        secret: bool = False,
    ) -> Answer:
        """The last answer, whatever its status, after redirects and tries.

        `secret`: the parameters or the body have a credential, as a login's do. Credentials go
        over http to nobody but this machine.
        """
        import json as words

        asked = {**self.headers, **(headers or {})}
        if json is not None:
            body = words.dumps(json).encode()
            asked.setdefault("Content-Type", "application/json")
        found = parsed(url)
        found = found.copy_merge_params(dict(params)) if params else found
        return self._followed(Ask(method.upper(), found, asked, body, secret))

    def _followed(self, ask: Ask) -> Answer:
        """Redirects are followed by our own hand: each address is judged like the first."""
        hops: list[str] = []
        for _ in range(self.limits.redirects + 1):
            answer = self._insisted(ask)
            target = answer.headers.get("location", "")
            if answer.status not in MOVED or not target:
                return replace(answer, hops=tuple(hops))
            hops.append(str(ask.url))
            ask = moved(ask, answer.status, target)
        problem = f"redirects more than {self.limits.redirects} times"
        raise Refused(shown(hops[0]), problem, "Give the address that it leads to in the end")

    def _insisted(self, ask: Ask) -> Answer:
        """Tried until there is an answer that will not get better by asking again."""
        for tried in range(self.limits.tries):
            last = tried + 1 == self.limits.tries
            try:
                answer = self._once(ask)
            except Unreached as error:
                if last or not self._paused(ask, tried, None, error.problem):
                    raise
                continue
            if not passing(answer) or (last and not limited(answer)):
                return answer
            asked_for = asked_for_s(answer, self.outside.clock())
            too_long = asked_for is not None and asked_for > self.limits.wait_s
            why = f"status {answer.status}"
            if last or too_long or not self._paused(ask, tried, asked_for, why):
                return self._given_up(ask, answer, asked_for)
        raise AssertionError("tries are at least one")

    def _given_up(self, ask: Ask, answer: Answer, asked_for: float | None) -> Answer:
        if not limited(answer):
            return answer
        wait = asked_for or 0.0
        problem = f"is asked too often; it wants a pause of {wait:.0f} s"
        raise RateLimited(ask.where, problem, "The next sync goes on; sync less often", wait)

    def _paused(self, ask: Ask, tried: int, asked_for: float | None, why: str) -> bool:
        """Wait before the next try, if there is time for that."""
        wait = waiting.backed_off_s(tried, self.outside.chance())
        wait = max(wait, asked_for or 0.0)
        if wait > left_s():
            return False
        log.info("%s: %s; trying again in %.1f s", ask.where, why, wait)
        self.outside.sleep(wait)
        return True

    # -- one try ---------------------------------------------------------------------

    def _once(self, ask: Ask) -> Answer:
        """One try. Raises `Unreached` for what may go better the next time."""
        import httpcore

        from knowledge.net.bodies import BodyBroken, BodyTooLarge

        try:
            with within(self.limits.total_s):
                return self._exchanged(ask)
        except BodyTooLarge as error:
            most = f"is over {self.limits.max_bytes / MEBIBYTE:g} MiB"
            raise TooLarge(ask.where, most, "Raise `max_bytes` or exclude it") from error
        except (httpcore.LocalProtocolError, UnicodeEncodeError):  # they quote the header
            problem = "has a header with characters that it may not have"
            raise Refused(ask.where, problem, "Check the credentials for line ends") from None
        except (BodyBroken, httpcore.ProtocolError) as error:
            raise Unreached(ask.where, f"its answer broke off ({brief(error)})", LATER) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.PoolTimeout) as error:
            if why := distrust(error):
                problem = f"its certificate is not trusted ({why})"
                raise Refused(ask.where, problem, REMEDY) from error
            raise Unreached(ask.where, f"no answer ({brief(error)})", LATER) from error
        except httpcore.UnsupportedProtocol as error:
            raise Refused(ask.where, f"cannot be asked ({brief(error)})", LATER) from error
        except NetError as error:  # of the guard, which knows only the host, and the like
            raise type(error)(ask.where, error.problem, error.remedy) from error

    def _exchanged(self, ask: Ask) -> Answer:
        from knowledge.net.bodies import whole_body

        asked = self._sent_headers(ask)
        with self._pool.stream(
            ask.method,
            str(ask.url),
            headers=asked,
            content=ask.body or (b"" if ask.method in SENDING else None),
            extensions=self._timeouts,
        ) as response:
            headers = lowered(response.headers)
            self._check_length(headers)
            body = b""
            if ask.method != "HEAD":
                encoding = headers.get("content-encoding", "")
                body = whole_body(response.iter_stream(), encoding, self.limits.max_bytes)
            return Answer(str(ask.url), response.status, headers, body)

    def _check_length(self, headers: Mapping[str, str]) -> None:
        """A body that is announced as too large is not begun."""
        from knowledge.net.bodies import BodyTooLarge

        if (waiting.finite(headers.get("content-length", "")) or 0) > self.limits.max_bytes:
            raise BodyTooLarge

    def _sent_headers(self, ask: Ask) -> list[tuple[bytes, bytes]]:
        from knowledge.net.bodies import ACCEPTED

        own = self.credentials
        secret = own.headers if own and origin(parsed(own.url)) == origin(ask.url) else {}
        names = {name.lower() for name in secret}
        told = {name: value for name, value in ask.headers.items() if name.lower() not in names}
        if (ask.secret or secret or has_credentials(told)) and overheard(str(ask.url)):
            raise Refused(ask.where, PROBLEM, SECURELY)
        host = ask.url.netloc.decode("ascii")
        every = [("Host", host), ("Accept-Encoding", ACCEPTED), *told.items(), *secret.items()]
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in every]

    @property
    def _timeouts(self) -> dict[str, Any]:
        limits = self.limits
        return {
            "timeout": {
                "connect": limits.connect_s,
                "read": limits.read_s,
                "write": limits.read_s,
                "pool": limits.total_s,
            }
        }

    @property
    def _pool(self) -> httpcore.ConnectionPool:
        with self._lock:
            return self._connections

    @cached_property
    def _connections(self) -> httpcore.ConnectionPool:
        from knowledge.net.wire import connections

        return connections(self.guard, self.secure or trusting("", self.certificates))

    def close(self) -> None:
        """Close the connections; who asks after that gets new ones."""
        with self._lock:
            pool = self.__dict__.pop("_connections", None)
        if pool is not None:
            pool.close()

    def __enter__(self) -> Client:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()


def lowered(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by names in lower case; what comes twice is joined."""
    made: dict[str, str] = {}
    for raw, value in headers:
        name, told = raw.decode("latin-1").lower(), value.decode("latin-1")
        made[name] = f"{made[name]}, {told}" if name in made else told
    return made


def brief(error: Exception) -> str:
    """An error in a few words."""
    return (" ".join(str(error).split()) or type(error).__name__)[:150]
