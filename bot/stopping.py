"""`tandem stop`: ends the embedded Weaviate, which nobody may need."""

from __future__ import annotations

from pathlib import Path

from bot.errors import WeaviateInUse
from knowledge import server


def stop(home: Path, force: bool) -> str:
    """End it, and say so; `force`: also while it is used. Raises `WeaviateInUse`.

    Who uses it would start it again at once, so that to stop it means nothing.
    """
    using = server.status(home).processes
    if using and not force:
        raise WeaviateInUse(using)
    if not server.stop(home):
        return "Weaviate was not running."
    if not using:
        return "Weaviate is stopped."
    told = ", ".join(map(str, dict.fromkeys(using)))
    return f"Weaviate is stopped; what uses it starts it again (process {told})."
