"""What sources remember between passes (`Reached.state`), as versioned JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

State = Mapping[str, object]
NOTHING: State = MappingProxyType({})


def written_state(version: int, remembered: State) -> str:
    """A state in words; `version` rises when the source understands its old ones no more."""
    told = {"version": version, **remembered}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_state(state: str, version: int) -> State:
    """What was remembered; nothing of another version's state or of what is no state at all."""
    try:
        told = json.loads(state or "{}")
    except (ValueError, RecursionError):
        return NOTHING
    if not isinstance(told, dict) or told.get("version") != version:
        return NOTHING
    return {name: value for name, value in told.items() if name != "version"}
