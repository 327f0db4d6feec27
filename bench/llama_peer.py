"""llama.cpp as a peer: run by a Python that has llama-cpp-python, and by nothing else of ours.

Reads orders, one JSON object a line, and tells what each took. All prompts of an order are decoded
together in batches, as llama.cpp's server does it with several slots, greedily, and no end of an
answer is heeded.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from importlib import import_module
from typing import Any

BATCH, STREAMS, EACH = 512, 8, 1024  # tokens of a batch; answers at once; tokens of one, at most


class Peer:
    """A model and its context, by the calls of llama.cpp's C interface."""

    def __init__(self, file: str) -> None:
        self.cpp: Any = import_module("llama_cpp")
        self.cpp.llama_backend_init()
        self.model = self.cpp.llama_model_load_from_file(
            file.encode(), self.cpp.llama_model_default_params()
        )
        if not self.model:
            raise OSError(f"llama.cpp cannot load {file}")
        self.context = self.cpp.llama_init_from_model(self.model, self._settings())
        self.greedy = self.cpp.llama_sampler_init_greedy()
        self.batch = self.cpp.llama_batch_init(BATCH, 0, 1)

    def _settings(self) -> Any:
        made = self.cpp.llama_context_default_params()
        made.n_ctx, made.n_batch, made.n_ubatch = STREAMS * EACH, BATCH, BATCH
        made.n_seq_max = STREAMS
        made.n_threads = made.n_threads_batch = os.cpu_count() or 1
        return made

    def write(self, prompts: list[list[int]], tokens: int) -> list[list[int]]:
        """So many tokens after each prompt."""
        self.cpp.llama_memory_clear(self.cpp.llama_get_memory(self.context), True)
        texts = [[first] for first in self._read(prompts)]
        places = [len(prompt) for prompt in prompts]
        for step in range(tokens - 1):
            rows = [
                (text[-1], place + step, number, True)
                for number, (text, place) in enumerate(zip(texts, places, strict=True))
            ]
            for text, token in zip(texts, self._decoded(rows), strict=True):
                text.append(token)
        return texts

    def _read(self, prompts: list[list[int]]) -> list[int]:
        """Reads the prompts in full batches; gives the first token after each."""
        rows = [
            (token, place, number, place == len(prompt) - 1)
            for number, prompt in enumerate(prompts)
            for place, token in enumerate(prompt)
        ]
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        return [token for part in parts for token in self._decoded(part)]

    def _decoded(self, rows: list[tuple[int, int, int, bool]]) -> list[int]:
        """Decodes (token, place, stream, wanted); gives what comes after each that is wanted."""
        for at, (token, place, stream, wanted) in enumerate(rows):
            self.batch.token[at], self.batch.pos[at] = token, place
            self.batch.n_seq_id[at], self.batch.seq_id[at][0] = 1, stream
            self.batch.logits[at] = wanted
        self.batch.n_tokens = len(rows)
        if self.cpp.llama_decode(self.context, self.batch):
            raise RuntimeError("llama.cpp cannot decode a batch")
        wanted_rows = [at for at, row in enumerate(rows) if row[3]]
        sample = self.cpp.llama_sampler_sample
        return [int(sample(self.greedy, self.context, at)) for at in wanted_rows]


def quantised(source: str, to: str) -> None:
    """Write the weights of `source` anew with 8 bits (Q8_0)."""
    llama_cpp: Any = import_module("llama_cpp")
    wanted = llama_cpp.llama_model_quantize_default_params()
    wanted.ftype, wanted.allow_requantize = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, True
    wanted.nthread = os.cpu_count() or 1
    if llama_cpp.llama_model_quantize(source.encode(), to.encode(), ctypes.byref(wanted)):
        raise OSError(f"llama.cpp cannot requantise {source}")


def main() -> None:
    """Obey until the orders end: `python llama_peer.py FILE`, or `… FILE requantised TO`."""
    if len(sys.argv) == 4:
        quantised(sys.argv[1], sys.argv[3])
        return
    peer = Peer(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        begun = time.perf_counter()
        texts = peer.write(order["prompts"], order["tokens"])
        took = time.perf_counter() - begun
        told = {"seconds": took, "tokens": sum(map(len, texts)), "texts": texts}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
