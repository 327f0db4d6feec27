"""The fast engine on a CPU: OpenVINO GenAI, which writes several answers at once."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from model.backends import Sampling
from model.engines.room import FEWEST
from model.engines.yielding import kindly, stand_back

BLOCK = 32  # tokens of a block of the cache, on CPUs
STEP_TOKENS = 128  # of a prompt read in one step (0.2 s), which others and Stop have to wait for
WARM = (0,) * 24  # too short for the cache to keep
AT_ONCE = 16  # answers under way; more wait for their turn


@dataclass
class _Request:
    """One answer under way."""

    handle: Any
    told: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)


class OpenvinoEngine:
    """One pipeline and, while there is something to write, one thread that steps it."""

    def __init__(self, build: Callable[[], Any], ends: Callable[[], Iterable[int]]) -> None:
        self._build, self._told_ends = build, ends
        self._lock = threading.Lock()
        self._pipeline: Any = None
        self._requests: dict[int, _Request] = {}
        self._number = 0
        self._stepping = False

    def load(self) -> None:
        """Have the pipeline ready, warm. Raises what OpenVINO raises."""
        with self._lock:
            self._ready()
        for _ in self.write(WARM, Sampling(max_tokens=2)):  # arranges the weights: a second or two
            pass

    @cached_property
    def _ends(self) -> frozenset[int]:
        """Needed once the pipeline stands, for the tokenizer is read meanwhile."""
        return frozenset(self._told_ends())

    def write(
        self, ids: Sequence[int], sampling: Sampling, _beginning: Sequence[int] = ()
    ) -> Generator[int, None, None]:
        """The tokens as they are written, beside those of others.

        Every beginning is kept by the pipeline itself, whoever shares it.
        """
        request = self._begin(ids, _config(sampling, self._ends))
        try:
            while (told := request.told.get()) is not None:
                if isinstance(told, Exception):
                    raise RuntimeError(str(told)) from told
                for token in told.generated_ids:
                    if token in self._ends:
                        return
                    yield token
        finally:
            request.handle.cancel()  # of no effect on one that is finished

    def chances(self, ids: Sequence[int], tokens: Sequence[int]) -> tuple[float, ...] | None:
        """Exact for the likeliest next token; the others of `tokens` share the rest.

        No other gets more than the likeliest. Meant for two tokens. None: the likeliest is
        none of them.
        """
        import math

        config = _config(Sampling(max_tokens=1), ())
        config.logprobs = 1
        told = self._begin(ids, config).told.get()
        if isinstance(told, Exception):
            raise RuntimeError(str(told)) from told
        if told is None or told.generated_ids[0] not in tokens:
            return None
        chance = min(1.0, math.exp(told.generated_log_probs[0]))
        rest = min(chance, (1 - chance) / max(1, len(tokens) - 1))  # it is the likeliest
        return tuple(chance if token == told.generated_ids[0] else rest for token in tokens)

    @property
    def under_way(self) -> int:
        """Answers that hold a slot now."""
        with self._lock:
            return len(self._requests)

    def _ready(self) -> Any:
        if self._pipeline is None:
            self._pipeline = kindly(self._build)
        return self._pipeline

    def _begin(self, ids: Sequence[int], config: Any) -> _Request:
        """Hand a request to the pipeline and see that someone steps it."""
        import numpy as np
        import openvino as ov

        with self._lock:
            pipeline, self._number = self._ready(), self._number + 1
            tensor = ov.Tensor(np.array([ids], np.int64))
            request = _Request(pipeline.add_request(self._number, tensor, config))
            self._requests[self._number] = request
            if not self._stepping:
                self._stepping = True
                threading.Thread(target=self._step, name="writing", daemon=True).start()
        return request

    def _step(self) -> None:
        """Step until nothing is left to write. What goes wrong is told to everyone who waits."""
        stand_back()
        while True:
            with self._lock:
                # One that was stopped holds its part of the cache until the next step.
                if not self._requests and not self._pipeline.has_non_finished_requests():
                    self._stepping = False
                    return
                pipeline, requests = self._pipeline, dict(self._requests)
            try:
                pipeline.step()
                done = [number for number, request in requests.items() if _hand_over(request)]
            except Exception as error:  # whatever it is, nobody may wait for ever
                self._fail(error)
                return
            with self._lock:
                for number in done:
                    del self._requests[number]

    def _fail(self, error: Exception) -> None:
        """End all requests with `error`; the next one gets a new pipeline."""
        with self._lock:
            failed, self._requests = list(self._requests.values()), {}
            self._pipeline, self._stepping = None, False
        for request in failed:
            request.told.put(error)


def _hand_over(request: _Request) -> bool:
    """Give the reader what is new; gives whether that was all."""
    from openvino_genai.py_openvino_genai import GenerationStatus

    status = request.handle.get_status()  # before reading: what comes after it is read next time
    while request.handle.can_read():
        for told in request.handle.read().values():
            request.told.put(told)
    if status == GenerationStatus.RUNNING:
        return False
    if status == GenerationStatus.IGNORED:
        request.told.put(RuntimeError("the prompt needs more memory than the cache has"))
    request.told.put(None)
    return True


def _config(sampling: Sampling, ends: Iterable[int]) -> Any:
    """`Sampling` in OpenVINO GenAI's words; stop strings are looked for by the backend."""
    import openvino_genai

    config = openvino_genai.GenerationConfig()
    config.max_new_tokens = sampling.max_tokens
    config.stop_token_ids = set(ends)
    config.repetition_penalty = sampling.repetition_penalty
    config.do_sample = sampling.temperature > 0
    if config.do_sample:
        seed = sampling.seed
        config.temperature, config.top_p = sampling.temperature, sampling.top_p
        config.rng_seed = random.getrandbits(31) if seed is None else seed % 2**31
    return config


def pipeline(folder: Path, threads: int | None, room: int = FEWEST) -> Any:
    """OpenVINO GenAI's pipeline of an exported model; about a second.

    `room`: tokens of all answers under way and of beginnings kept, together.
    Kept beginnings never leak from one adapter to another: an adapter is part of the export.
    """
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = room // BLOCK
    scheduler.max_num_batched_tokens = STEP_TOKENS
    scheduler.max_num_seqs = AT_ONCE
    scheduler.dynamic_split_fuse = True
    scheduler.enable_prefix_caching = True
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # the embedder shares the cores
        "INFERENCE_PRECISION_HINT": "f32",  # bfloat16 is no quicker without AMX, and less exact
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    return openvino_genai.ContinuousBatchingPipeline(str(folder), scheduler, "CPU", settings)
