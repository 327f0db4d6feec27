"""Token by token: a loaded language model writes, with nothing running behind its reader's back."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from model.backends import Prompt, Sampling
from model.spelling import Spelling

ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>")
BLOCK = 2048  # prompt tokens computed at once, so that a long prompt takes no more memory
WORTH_KEEPING = 16  # tokens; a shorter beginning is computed as quickly as it is copied


def writable(text: str) -> str:
    """The text with lone surrogates, which no encoding can write, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


class Turns:
    """One at a time, first come first served; a turn may end in another thread than it began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for my turn and hold it."""
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            self._waiting[0].set()
        try:
            mine.wait()
            yield
        finally:
            with self._lock:
                self._waiting.remove(mine)
                if self._waiting:
                    self._waiting[0].set()


class Reader:
    """Turns prompts into token ids by the model's chat template, and token ids into text."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling, self._tokenizer = spelling, spelling.tokenizer
        self._lock = threading.Lock()  # encoding switches the tokenizer's own state
        added = self._tokenizer.get_added_tokens_decoder()
        self._markers = {token.content: number for number, token in added.items()}

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end a turn; a model's own settings name only some of them at times."""
        named = {self._markers[end] for end in ENDS if end in self._markers}
        end = self._spelling.end
        last = None if end is None else self._tokenizer.token_to_id(end)
        return frozenset(named if last is None else {*named, last})

    def ids(self, prompt: Prompt) -> list[int]:
        """The prompt in tokens, up to where the answer begins, and what is begun of it.

        A special token that a person or a document spells out is read as plain text, so that
        nobody can close their own turn and speak in the system's name.
        """
        return self._encode(prompt, True)

    def beginning(self, prompt: Prompt) -> list[int]:
        """The tokens of the system message alone; empty when there is none."""
        first = prompt.messages[:1]
        return self._encode(Prompt(first), False) if first and first[0].role == "system" else []

    def first(self, text: str) -> int:
        """The token with which an answer of `text` begins. Raises `ValueError` for no text."""
        with self._lock:
            ids = self._tokens(writable(text), True)
        if not ids:
            raise ValueError("an empty text begins with no token")
        return ids[0]

    def pieces(self, ids: Iterable[int]) -> Iterator[str]:
        """Text as the tokens come in; a character is given once it is whole."""
        from tokenizers.decoders import DecodeStream

        stream = DecodeStream(skip_special_tokens=True)
        for token in ids:
            if piece := stream.step(self._tokenizer, token):
                yield piece

    def _encode(self, prompt: Prompt, ask: bool) -> list[int]:
        turns = [{"role": m.role, "content": writable(m.text)} for m in prompt.messages]
        texts, mark = {}, _unused(prompt)
        for number, turn in enumerate(turns):
            if any(marker in turn["content"] for marker in self._markers):
                mask = f"{mark}{number}."
                texts[mask], turn["content"] = turn["content"], mask
        whole = self._spelling.render(turns, ask)
        with self._lock:
            ids = [t for part, raw in _split(whole, texts) for t in self._tokens(part, raw)]
            return ids + (self._tokens(writable(prompt.begun), True) if prompt.begun else [])

    def _tokens(self, text: str, raw: bool) -> list[int]:
        self._tokenizer.encode_special_tokens = raw
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def _unused(prompt: Prompt) -> str:
    """A mark that no message contains."""
    mark = "\ue000"
    while any(mark in message.text for message in prompt.messages):
        mark += "\ue000"
    return mark


def _split(whole: str, texts: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The parts of a rendered prompt: (text, whether its special tokens are plain text)."""
    for mask, text in texts.items():
        before, found, whole_after = whole.partition(mask)
        if not found:
            continue
        yield before, False
        yield text, True
        whole = whole_after
    yield whole, False


class Writer:
    """A loaded causal language model. Not for two threads at once."""

    def __init__(self, model: Any, ends: Iterable[int], keep: int = 4) -> None:
        self._model, self._ends, self._keep = model, frozenset(ends), keep
        self._beginnings: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def write(
        self, ids: Sequence[int], sampling: Sampling, beginning: Sequence[int] = ()
    ) -> Iterator[int]:
        """The tokens of the answer, each computed when it is asked for.

        What the model makes of `beginning`, with which `ids` start, is kept for the next time.
        """
        pick = _Picker(sampling, ids, self._model.device)
        cache, done = self._begin(ids, beginning)
        logits = self._read(ids[done:], cache)
        for left in range(sampling.max_tokens - 1, -1, -1):
            token = pick(logits)
            if token in self._ends:
                return
            yield token
            if left:
                logits = self._read([token], cache)

    def chances(self, ids: Sequence[int], tokens: Sequence[int]) -> tuple[float, ...]:
        """How likely each of `tokens` is to come after `ids`.

        What the model makes of `ids` is kept: an answer to them need not read them again.
        """
        import torch

        cache, done = self._begin(ids, ids[:-1])
        with torch.inference_mode():
            found = torch.softmax(self._read(ids[done:], cache).float(), -1)
            return tuple(float(found[token]) for token in tokens)

    def _begin(self, ids: Sequence[int], beginning: Sequence[int]) -> tuple[Any, int]:
        """A key-value cache that holds the beginning already, and its length."""
        from transformers import DynamicCache

        if tuple(ids[:-1]) in self._beginnings:
            beginning = ids[:-1]
        key, size = tuple(beginning), len(beginning)
        if size < WORTH_KEEPING or size >= len(ids) or tuple(ids[:size]) != key:
            return DynamicCache(config=self._model.config), 0
        if key not in self._beginnings:
            fresh = DynamicCache(config=self._model.config)
            self._read(key, fresh)
            self._beginnings[key] = fresh
            while len(self._beginnings) > self._keep:
                self._beginnings.popitem(last=False)
        self._beginnings.move_to_end(key)
        return copy.deepcopy(self._beginnings[key]), size

    def _read(self, ids: Sequence[int], cache: Any) -> Any:
        """Let the model read tokens; gives the scores of what comes next, `(vocabulary,)`."""
        import torch

        logits = None
        with torch.inference_mode():  # never across a yield: it would reach the caller's code
            for start in range(0, len(ids), BLOCK):
                block = torch.tensor([ids[start : start + BLOCK]], device=self._model.device)
                logits = self._model(
                    input_ids=block, past_key_values=cache, use_cache=True, logits_to_keep=1
                ).logits[0, -1]
        return logits


class _Picker:
    """Chooses the next token as `Sampling` says."""

    def __init__(self, sampling: Sampling, ids: Sequence[int], device: Any) -> None:
        import torch

        self._sampling, self._seen = sampling, set(ids)
        self._random = torch.Generator(device)
        if sampling.seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(sampling.seed)

    def __call__(self, logits: Any) -> int:
        """The chosen token; `logits` are scores `(vocabulary,)`."""
        import torch

        with torch.inference_mode():
            token = int(self._choose(logits.float()))
        self._seen.add(token)
        return token

    def _choose(self, logits: Any) -> Any:
        import torch

        sampling = self._sampling
        if sampling.repetition_penalty != 1.0:
            logits = _penalised(logits, self._seen, sampling.repetition_penalty)
        if sampling.temperature <= 0:
            return logits.argmax()
        chances = torch.softmax(logits / sampling.temperature, -1)
        if sampling.top_p < 1:
            chances = _nucleus(chances, sampling.top_p)
        return torch.multinomial(chances, 1, generator=self._random)


def _penalised(logits: Any, seen: set[int], penalty: float) -> Any:
    """Scores with what was read or written before made less likely."""
    import torch

    at = torch.tensor(sorted(seen), device=logits.device)
    scores, logits = logits[at], logits.clone()
    logits[at] = torch.where(scores > 0, scores / penalty, scores * penalty)
    return logits


def _nucleus(chances: Any, top_p: float) -> Any:
    """The likeliest tokens that together have a chance of `top_p`; at least one."""
    ordered, order = chances.sort(descending=True)
    ordered[ordered.cumsum(-1) - ordered >= top_p] = 0
    return chances.new_zeros(chances.shape).scatter_(-1, order, ordered)


def until(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """Pass `pieces` on up to the first of `stops`; what may be the start of one is held back."""
    held = ""
    for piece in pieces:
        held += piece
        if found := [at for stop in stops if stop and (at := held.find(stop)) >= 0]:
            if min(found):
                yield held[: min(found)]
            return
        safe = len(held) - _begun(held, stops)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _begun(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a stop string."""
    longest = max((len(stop) for stop in stops), default=0)
    for size in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-size:]) for stop in stops):
            return size
    return 0
