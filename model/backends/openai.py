"""Any server that speaks OpenAI's chat protocol: vLLM, Ollama, llama.cpp's server, a cloud."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from model.backends import Prompt, Sampling
from model.errors import BackendUnavailable, PromptTooLong
from model.generation import writable

if TYPE_CHECKING:
    from openai import OpenAI

Limit = Literal["max_tokens", "max_completion_tokens"]

_AROUND = 16  # tokens that a template puts around a message, and around the prompt
_WORD = re.compile(r" ?[a-z]+")
_PLAIN = re.compile(  # can be spoken: has a vowel, and no long runs and rare letters
    r" ?(?=[a-z]*[aeiou])(?![a-z]*[^aeiou ]{4})(?![a-z]*[aeiou]{3})(?![a-z]*[jqxz])[a-z]+"
)
_UNKNOWN = "does not exist"  # what servers say of a model that they do not have
_TOO_LONG = ("context_length", "context length", "maximum context", "context window")


class OpenAIBackend:
    """Asks a server; several answers may be under way at once."""

    def __init__(
        self,
        model: str,
        url: str | None = None,
        api_key: str = "",
        context: int = 8192,
        timeout: float = 60.0,
        retries: int = 2,
        limit: Limit = "max_tokens",
        name: str | None = None,
        lora_path_prefix: str | None = None,
    ) -> None:
        self._model, self._url, self._key, self._context = model, url, api_key, context
        self._name = name or model
        self._timeout, self._retries, self._limit = timeout, retries, limit
        self._connecting = threading.Lock()
        self._client: OpenAI | None = None
        self._missing: Callable[[], None] | None = None
        self._adapters = lora_path_prefix

    def __repr__(self) -> str:
        return f"OpenAIBackend({self._model!r}, {self._place()!r})"

    def adapter_path(self, folder: Path) -> str:
        """Where the server sees the folder of an adapter."""
        if self._adapters is None:
            return str(folder)
        return f"{self._adapters.rstrip('/')}/{folder.name}"

    def adapted(self, adapter: str, missing: Callable[[], None]) -> OpenAIBackend:
        """The same server and settings, asked for one of its LoRA adapters.

        `missing` is called where the server does not know the adapter (any more); then it is
        asked once again.
        """
        other = copy(self)
        other._model, other._name, other._missing = adapter, f"{self._name}+{adapter}", missing
        other._connecting, other._client = threading.Lock(), None
        return other

    @property
    def name(self) -> str:
        """As set, or the model's name on the server; with the adapter's when there is one."""
        return self._name

    @property
    def continues(self) -> bool:
        """No: the protocol knows no begun answer."""
        return False

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may take together, as set."""
        return self._context

    def load(self) -> None:
        """Nothing: the server has its model ready."""

    def close(self) -> None:
        """Give the connections back; what is asked afterwards opens others."""
        with self._connecting:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def count(self, prompt: Prompt) -> int:
        """More tokens than any byte-level tokenizer makes of the prompt, about twice as many."""
        return _AROUND + sum(_AROUND + _at_most(m.text) for m in prompt.messages)

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Pieces of the answer as the server sends them; closing the iterator hangs up.

        A prompt that might not fit is refused here: some servers cut such a one in silence.
        """
        tokens = self.count(prompt)
        if tokens + sampling.max_tokens > self._context:
            raise PromptTooLong(tokens, self._context)
        return self._pieces(prompt, sampling)

    def likelihoods(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        """From the server's log probabilities of the first token; None where it gives none.

        A choice that is not among the likeliest tokens has 0.
        """
        import openai

        if (tokens := self.count(prompt)) >= self._context:
            raise PromptTooLong(tokens, self._context)
        with self._told(tokens):
            try:
                told = self._known(lambda: self._ask_first(prompt)).choices[0].logprobs
            except openai.BadRequestError as error:
                if isinstance(refused := self._refused(error, tokens), PromptTooLong):
                    raise refused from None
                return None  # it does not know the option
            if told is None or not told.content:
                return None
            return _chances(told.content[0].top_logprobs or [], choices)

    def _ask_first(self, prompt: Prompt) -> Any:
        """Ask for one token, with the likeliest ones' log probabilities."""
        wanted: dict[str, Any] = {self._limit: 1}
        return self._connected().chat.completions.create(
            model=self._model,
            messages=_turns(prompt),
            temperature=0.0,
            logprobs=True,
            top_logprobs=5,  # more than that some servers refuse
            **wanted,
        )

    def _pieces(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        with self._told(self.count(prompt)):
            finished = False
            with self._known(lambda: self._ask(prompt, sampling)) as stream:
                for chunk in stream:
                    for choice in (chunk.choices or ())[:1]:
                        finished = finished or choice.finish_reason is not None
                        if choice.delta and choice.delta.content:
                            yield choice.delta.content
            if not finished:
                raise self._error(
                    "the answer broke off, or was none in OpenAI's protocol",
                    "Check that the URL ends as the server wants it (most: /v1), and its log",
                )

    def _known(self, ask: Callable[[], Any]) -> Any:
        """What is answered; a server that forgot the adapter is told of it, and asked again."""
        import openai

        try:
            return ask()
        except openai.NotFoundError as error:
            if self._missing is None or _UNKNOWN not in str(error):
                raise
        self._missing()
        return ask()

    def _ask(self, prompt: Prompt, sampling: Sampling) -> Any:
        """Send the request; gives the stream of chunks."""
        wanted: dict[str, Any] = {self._limit: sampling.max_tokens}
        if sampling.stop:
            wanted["stop"] = list(sampling.stop)
        if sampling.seed is not None:
            wanted["seed"] = sampling.seed
        if sampling.repetition_penalty != 1.0:  # not OpenAI's, but vLLM's and others'
            wanted["extra_body"] = {"repetition_penalty": sampling.repetition_penalty}
        return self._connected().chat.completions.create(
            model=self._model,
            messages=_turns(prompt),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            stream=True,
            **wanted,
        )

    def _connected(self) -> OpenAI:
        import httpx2
        from openai import OpenAI

        with self._connecting:
            if self._client is None:
                self._client = OpenAI(
                    api_key=self._key or "none",  # local servers want none, the library one
                    base_url=self._url,
                    timeout=httpx2.Timeout(self._timeout, connect=min(self._timeout, 10.0)),
                    max_retries=self._retries,
                )
            return self._client

    @contextmanager
    def _told(self, tokens: int) -> Iterator[None]:
        """What the library raises becomes an error of ours, without the key and its traces."""
        import httpx2
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            raise self._refused(error, tokens) from None
        except (openai.APITimeoutError, httpx2.TimeoutException):
            problem = f"no answer from {self._place()} for {self._timeout:g} seconds"
            raise self._error(problem, "Check the server's load, or raise `timeout`") from None
        except (openai.OpenAIError, httpx2.HTTPError, OSError) as error:
            problem = f"{self._place()} does not answer as it should: {self._said(error)}"
            raise self._error(problem, "Check that the server runs, and its URL") from None
        except (ValueError, TypeError, AttributeError) as error:
            problem = f"{self._place()} sent what is no OpenAI answer: {self._said(error)}"
            raise self._error(problem, "Check the URL and the server's log") from None

    def _refused(self, error: Any, tokens: int) -> BackendUnavailable | PromptTooLong:
        """The server's refusal in our words."""
        said, status = self._said(error), int(error.status_code)
        if status in (400, 413) and any(words in said.casefold() for words in _TOO_LONG):
            return PromptTooLong(tokens, self._context)
        remedy = {
            401: "Check the API key",
            403: "Check what the API key may do",
            404: f"Check that the server has the model {self._model!r}, and its URL",
            429: "The server is asked too much: wait, or raise the quota",
        }.get(status, "Check the server's log" if status >= 500 else "Check the model's settings")
        return self._error(f"HTTP {status} from {self._place()}: {said}", remedy)

    def _error(self, problem: str, remedy: str) -> BackendUnavailable:
        return BackendUnavailable(self._name, problem, remedy)

    def _said(self, error: Exception) -> str:
        """The first line of a library's error, without the key."""
        cause = error.__cause__ if str(error) == "Connection error." and error.__cause__ else error
        line = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:300].rstrip(".")
        return line.replace(self._key, "***") if self._key else line

    def _place(self) -> str:
        """The server's address without user, password and query."""
        if self._url is None:
            return "OpenAI"
        parts = urlsplit(self._url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _turns(prompt: Prompt) -> Any:
    """The messages as the protocol has them."""
    return [
        {"role": message.role, "content": writable(message.text)} for message in prompt.messages
    ]


def _chances(found: Sequence[Any], choices: Sequence[str]) -> tuple[float, ...] | None:
    """The probability of each choice's likeliest beginning; None: no choice is among `found`."""
    told = tuple(
        max(
            (math.exp(t.logprob) for t in found if t.token and choice.startswith(t.token)),
            default=0.0,
        )
        for choice in choices
    )
    return told if any(told) else None


def _at_most(text: str) -> int:
    """Three letters of a plain word make at most two tokens; all else is counted in bytes.

    (Tried on 30,000 random words with the tokenizers of Qwen2.5 and SmolLM2: never too few.)
    """
    plain = [word for word in _WORD.findall(text) if _PLAIN.fullmatch(word)]
    rest = len(text.encode("utf-8", "replace")) - sum(map(len, plain))
    return rest + sum(len(word) * 2 // 3 + 1 for word in plain)


def backend(
    model: str,
    url: str | None = None,
    api_key: str = "",
    context: int = 8192,
    timeout: float = 60.0,
    retries: int = 2,
    limit: Limit = "max_tokens",
    name: str | None = None,
    lora_path_prefix: str | None = None,
) -> OpenAIBackend:
    """Write with `model` of the server at `url` (with its `/v1`; None: OpenAI's own).

    `context` is what the server gives the model, in tokens; `timeout` the longest silence in
    seconds; `limit` the name under which the server wants to be told the answer's length;
    `name` what an interaction calls it. `lora_path_prefix`: where a vLLM server sees the folder
    `versions` of Tandem's home, whose adapters it loads (default: at the same path as here).
    """
    return OpenAIBackend(
        model, url, api_key, context, timeout, retries, limit, name, lora_path_prefix
    )
