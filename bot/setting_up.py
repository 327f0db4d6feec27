"""The first run: all that answering needs, fetched, started and loaded side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TYPE_CHECKING

from bot.answer_cache import code_digest
from knowledge.reranker import Page
from model.examples import What
from model.versions import MANIFEST

if TYPE_CHECKING:
    from bot.app import App

HEAD_START_S = 0.25  # for the imports of the longest part: side by side, imports wait by turns


def work(app: App, answering: bool) -> list[Callable[[], object]]:
    """What is to be done at once; what takes longest comes first."""
    parts: list[Callable[[], object]] = [lambda: app.store, lambda: app.client]
    parts += [partial(warm, app), *([lambda: app.rerank] if app.own_reranker else [])]
    if answering:
        parts = [partial(load_model, app), *parts, app.router.prepare]
        parts += [partial(warm_reader, app), lambda: app.proof, code_digest]
    return parts


def load_model(app: App) -> None:
    """Load what answers; where nothing was trained yet, with no look into SQL."""
    if any(app.settings.home.glob(f"versions/*/{MANIFEST}")):
        app.serves.load(What.ANSWERS)
    else:
        app.backend.load()


def warm(app: App) -> None:
    """Load what is slow to load, before it is needed."""
    for embedder in (app.embedder, app.retriever):  # which one is live, SQL must tell first
        embedder().embed_queries(["warm"])


def warm_reader(app: App) -> None:
    """Load the reader, which every question to the documents needs."""
    app.reader.read("warm", [Page("warm", ("warm",))])


def together(calls: Iterable[Callable[[], object]], head_start_s: float = HEAD_START_S) -> None:
    """Do them at once, the first a little ahead; the first error is raised when all have ended."""
    first, *others = calls
    with ThreadPoolExecutor(8, thread_name_prefix="set-up") as pool:
        begun: list[Future[object]] = [pool.submit(first)]
        wait(begun, head_start_s)
        begun += [pool.submit(call) for call in others]
    for future in begun:
        future.result()
