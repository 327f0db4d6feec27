"""Which engine runs a model here: the fastest that fits the device, the model and the adapter."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from model.engines import Dials, Engine, Unfit
from model.engines.adapters import read_adapter
from model.engines.apart import EngineApart, Plan
from model.engines.export import exported
from model.engines.graph import read_shape
from model.engines.room import FEWEST, cache_tokens, memory
from model.progress import Progress
from model.weights.cache import Cache
from model.weights.fetch import FetchFailed

log = logging.getLogger(__name__)

Ends = Callable[[], Iterable[int]]
"""The tokens that end an answer; they are asked for while the model is loaded."""


def fitting(dials: Dials, folder: Path) -> tuple[Literal["openvino", "transformers"], str]:
    """The engine for the model in `folder`; if it is not the one to expect, why."""
    if dials.engine != "auto":
        return dials.engine, ""
    if dials.device != "cpu" and (dials.device != "auto" or _has_gpu()):
        return "transformers", ""
    try:
        _check(folder, dials.adapter)
    except (Unfit, OSError, ValueError, KeyError) as error:
        return "transformers", f"the slower engine (transformers) is used, because {error}"
    return "openvino", ""


def start(
    dials: Dials, folder: Path, ends: Ends, cache: Cache, progress: Progress
) -> tuple[Engine, str]:
    """The engine, loaded; if it is not the one to expect, why. An export that fails is a reason."""
    chosen, why = fitting(dials, folder)
    if chosen == "openvino":
        try:
            return _openvino(dials, folder, ends, cache, progress), ""
        except (Unfit, FetchFailed, OSError, RuntimeError) as error:
            if dials.engine == "openvino":
                raise
            said = str(error).strip().splitlines() or [type(error).__name__]
            why = f"the slower engine (transformers) is used, because OpenVINO failed: {said[0]}"
    if why:
        log.warning("%s: %s", folder.name, why)
    return _transformers(dials, folder, ends), why


def room(dials: Dials, folder: Path) -> int:
    """Tokens that all answers under way may take together; one alone can take no more either."""
    if fitting(dials, folder)[0] == "transformers":
        return sys.maxsize  # its cache grows with the answer
    shape = read_shape(folder)
    return dials.room or (cache_tokens(shape, memory()) if shape else FEWEST)


def _check(folder: Path, adapter: Path | None) -> None:
    """Raise `Unfit` where OpenVINO cannot run it."""
    if find_spec("openvino_genai") is None:
        raise Unfit("openvino-genai is not installed")
    if read_shape(folder) is None:
        raise Unfit("OpenVINO's way is not known for models of this kind")
    if adapter:
        read_adapter(adapter)


def _has_gpu() -> bool:
    """Is there a GPU that torch can use? Torch, slow to import, is asked only if there may be."""
    known = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
    may = any(Path(path).exists() for path in known) or shutil.which("nvidia-smi")
    if not may and sys.platform != "win32":
        return False
    import torch

    return torch.cuda.is_available()


def _transformers(dials: Dials, folder: Path, ends: Ends) -> Engine:
    from model.engines.transformers import TransformersEngine, load

    model = load(folder, dials.device, dials.adapter, dials.threads)
    return TransformersEngine(model, ends())


def _openvino(dials: Dials, folder: Path, ends: Ends, cache: Cache, progress: Progress) -> Engine:
    tokens = room(dials, folder)
    log.info("%s: answers under way share a cache of %d tokens", folder.name, tokens)

    def plan() -> Plan:  # again after a failure, when the export may have been removed
        ready = exported(folder, dials.adapter, dials.bits, cache, progress)
        return Plan(ready, dials.threads, tokens)

    engine = EngineApart(plan, ends)
    engine.load()
    return engine
