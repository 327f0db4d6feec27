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
    for batch in batched(objects, BATCH):
        refused = _insert(collection, batch)
        for pause in pauses_s:
            if not refused:
                break
            log.warning("%d objects were refused (%s)", len(refused), _reason(refused))
            time.sleep(pause)
            batch = [batch[i] for i in sorted(refused)]
            refused = _insert(collection, batch)
        if refused:
            times = f"{len(refused)} objects were refused {1 + len(pauses_s)} times"
            remedy = "None of their documents was noted as indexed; run `tandem sync` again"
            raise IndexUnavailable(f"{times} ({_reason(refused)})", remedy)


def _insert(collection: Collection[Any, Any], objects: Sequence[Any]) -> Mapping[int, str]:
    """Why objects were refused, by their place."""
    from weaviate.exceptions import WeaviateInsertManyAllFailedError

    try:
        told = insisting(
            partial(collection.data.insert_many, objects), WeaviateInsertManyAllFailedError
        )
    except WeaviateInsertManyAllFailedError as error:
        return dict.fromkeys(range(len(objects)), str(error))
    return {place: error.message for place, error in told.errors.items()}


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
