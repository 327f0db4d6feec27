"""What the settings choose: folders, shared drives, and what of them is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from knowledge.sources.googledrive.entries import ID


@dataclass(frozen=True)
class Wanted:
    """Folders and drives, by ids or by the addresses that people see."""

    folders: tuple[str, ...] = ()
    drives: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_bytes: int = 50 * 2**20

    @property
    def everything(self) -> bool:
        """Is all read that the account may see?"""
        return not self.folders and not self.drives

    @property
    def problem(self) -> str:
        """What is wrong with it; "" when nothing is."""
        odd = [told for told in (*self.folders, *self.drives) if not id_of(told)]
        return f"{odd[0]!r} is neither the id of a folder nor its address" if odd else ""

    def bars(self, path: Sequence[str]) -> bool:
        """Is it left out, or in a folder that is? `path`: the names that lead there."""
        from knowledge.files import matches

        key = "/".join(name.replace("/", "_") for name in path)
        return any(matches(pattern, key) for pattern in self.exclude)


def id_of(told: str) -> str:
    """The id in an address such as `https://drive.google.com/drive/folders/ID`; "": none."""
    parts = urlsplit(told.strip())
    if not parts.scheme:
        return told.strip() if ID.fullmatch(told.strip()) else ""
    last = parts.path.rstrip("/").rpartition("/")[2]
    found = parse_qs(parts.query).get("id", [last])[0]
    return found if "/" in parts.path and ID.fullmatch(found) else ""
