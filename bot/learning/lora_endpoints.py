"""The LoRA endpoints of vLLM: adapters are loaded and unloaded while the server runs.

As its documentation says: `POST /v1/load_lora_adapter` with `lora_name` and `lora_path` (a folder
as the *server* sees it), `POST /v1/unload_lora_adapter` with `lora_name`, and `GET /v1/models`,
which lists the base models and, with their `parent`, the adapters. The two posts are there only
where the server was started with `--enable-lora` and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from model.errors import BackendUnavailable

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0  # a server reads an adapter of some 100 MB from a network disk
LOADED = "already been loaded"  # what vLLM says of a name that it has
SWITCHED_OFF = (
    "Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True in its environment"
)
UNSEEN = (
    "Let the server see the folder `versions` of Tandem's home, and set "
    "`model.lora_path_prefix` to where it stands there"
)


@dataclass(frozen=True)
class Served:
    """A model that the server offers."""

    name: str
    root: str  # the path or the id of its weights; empty: not told
    parent: str  # the base model's name, of an adapter; empty: it is a base model


@dataclass(frozen=True)
class LoraServer:
    """A server at `url` (with its `/v1`). All calls raise `BackendUnavailable`."""

    url: str
    key: str = ""
    timeout: float = TIMEOUT_S

    def served(self) -> Mapping[str, Served]:
        """All models and adapters by name."""
        told = self._ask("GET", "models")
        try:
            cards = [
                Served(str(card["id"]), str(card.get("root") or ""), str(card.get("parent") or ""))
                for card in told["data"]
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._error("models", "it sent no list of models", "Check `url`") from error
        return {card.name: card for card in cards}

    def load(self, name: str, path: str) -> None:
        """Have the adapter at `path` served as `name`; one that is there already is fine."""
        reply = self._post("load_lora_adapter", {"lora_name": name, "lora_path": path})
        if reply.status_code == 200:
            log.info("%s: loaded by %s from %s", name, self._place(), path)
            return
        said = _said(reply)
        if reply.status_code != 400 or LOADED not in said:
            raise self._refused(name, reply.status_code, said)
        held = self.served().get(name)
        if held is not None and held.root and held.root.rstrip("/") != path.rstrip("/"):
            raise self._error(
                name,
                f"the server has another adapter of this name, from {held.root}",
                "Unload that one, or give each Tandem a server of its own",
            )

    def unload(self, name: str) -> bool:
        """Have the adapter served no longer; was it there?"""
        reply = self._post("unload_lora_adapter", {"lora_name": name})
        if reply.status_code == 200:
            log.info("%s: unloaded by %s", name, self._place())
            return True
        said = _said(reply)
        if reply.status_code in (400, 404) and "cannot be found" in said:
            return False
        raise self._refused(name, reply.status_code, said)

    def _refused(self, name: str, status: int, said: str) -> BackendUnavailable:
        """Why the server does not take an adapter, and what to do about it."""
        problem = f"HTTP {status} from {self._place()}: {said or 'nothing more was said'}"
        missing = "No adapter found" in said or "does not exist" in said
        if missing:
            return self._error(name, problem, UNSEEN)
        if status in (404, 405) or (status in (400, 403) and "lora" not in said.casefold()):
            return self._error(name, problem, SWITCHED_OFF)
        if status == 401:
            return self._error(name, problem, "Check the API key")
        if "rank" in said:
            return self._error(name, problem, "Start vLLM with a greater --max-lora-rank")
        return self._error(name, problem, "Check the server's log")

    def _post(self, what: str, told: Mapping[str, str]) -> Any:
        return self._request("POST", what, told)

    def _ask(self, method: str, what: str) -> Any:
        reply = self._request(method, what, None)
        if reply.status_code != 200:
            problem = f"HTTP {reply.status_code} from {self._place()}: {_said(reply)}"
            raise self._error(what, problem, "Check `url` and the API key")
        try:
            return reply.json()
        except ValueError as error:
            raise self._error(what, f"{self._place()} sent no JSON", "Check `url`") from error

    def _request(self, method: str, what: str, told: Mapping[str, str] | None) -> Any:
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = f"{self.url.rstrip('/')}/{what}"
        limit = httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0))
        try:
            return httpx.request(method, address, headers=headers, json=told, timeout=limit)
        except httpx.TimeoutException as error:
            problem = f"no answer from {self._place()} for {self.timeout:g} seconds"
            raise self._error(what, problem, "Check the server's load") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            problem = f"{self._place()} does not answer: {error}"
            raise self._error(what, problem, "Check that the server runs, and its URL") from error

    def _error(self, name: str, problem: str, remedy: str) -> BackendUnavailable:
        shown = problem.replace(self.key, "***") if self.key else problem
        return BackendUnavailable(name, shown.rstrip(". "), remedy)

    def _place(self) -> str:
        """The server's address without user, password and query."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _said(reply: Any) -> str:
    """The server's message, in vLLM's forms old and new, and FastAPI's."""
    try:
        told = reply.json()
    except ValueError:
        return str(reply.text).strip()[:300]
    if not isinstance(told, dict):
        return str(told)[:300]
    inner = told.get("error")
    said = inner.get("message") if isinstance(inner, dict) else None
    return str(said or told.get("message") or told.get("detail") or "")[:300]
