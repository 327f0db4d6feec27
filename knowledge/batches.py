"""Many objects written to Weaviate or deleted from it, none dropped in silence."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from knowledge.errors import IndexUnavailable
from knowledge.weaviating import insisting

if TYPE_CHECKING:
    from weaviate.collections import Collection
    from weaviate.collections.classes.filters import _Filters

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 500  # objects in a request
PAGE = 10_000  # the most that Weaviate gives or deletes at once with its default settings
PAUSES_S = (0.25, 1.0, 4.0)  # before refused objects are tried again


def write(
    collection: Collection[Any, Any],
    objects: Iterable[Any],
    pauses_s: Sequence[float] = PAUSES_S,
) -> None:
    """Insert or replace; what is refused is tried again. Raises `IndexUnavailable`."""
    if refused := write_most(collection, objects, pauses_s):
        times = f"{len(refused)} objects were refused {1 + len(pauses_s)} times"
        remedy = "None of their documents was noted as indexed; run `tandem sync` again"
        raise IndexUnavailable(f"{times} ({_reason(refused)})", remedy)


def write_most(
    collection: Collection[Any, Any],
    objects: Iterable[Any],
    pauses_s: Sequence[float] = PAUSES_S,
) -> Mapping[int, str]:
    """Insert or replace; why objects were refused in the end, by their place among `objects`."""
    refused: dict[int, str] = {}
    for batch in batched(enumerate(objects), BATCH):
        refused |= _insist(collection, dict(batch), pauses_s)
    return refused


def _insist(
    collection: Collection[Any, Any], batch: Mapping[int, Any], pauses_s: Sequence[float]
) -> Mapping[int, str]:
    """Insert objects by their places; only those that were refused are tried again."""
    refused = _insert(collection, batch)
    for pause in pauses_s:
        if not refused:
            break
        log.warning("%d objects were refused (%s)", len(refused), _reason(refused))
        time.sleep(pause)
        refused = _insert(collection, {place: batch[place] for place in refused})
    return refused


def _insert(collection: Collection[Any, Any], batch: Mapping[int, Any]) -> Mapping[int, str]:
    """Why objects were refused, by their place."""
    from weaviate.exceptions import WeaviateInsertManyAllFailedError

    try:
        told = insisting(
            partial(collection.data.insert_many, list(batch.values())),
            WeaviateInsertManyAllFailedError,
        )
    except WeaviateInsertManyAllFailedError as error:
        return dict.fromkeys(batch, str(error))
    places = list(batch)
    return {places[at]: error.message for at, error in sorted(told.errors.items())}


def _reason(refused: Mapping[int, str]) -> str:
    return next(iter(refused.values()))[:300]


def delete(collection: Collection[Any, Any], where: _Filters) -> None:
    """Delete all that match. Raises `IndexUnavailable`."""
    while True:
        told = insisting(lambda: collection.data.delete_many(where=where))
        if told.failed:
            problem = f"{told.failed} objects could not be deleted"
            raise IndexUnavailable(problem, "See Weaviate's log, then run `tandem sync` again")
        if told.matches < PAGE:
            return


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size`, in order."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
