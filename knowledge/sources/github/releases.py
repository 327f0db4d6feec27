"""A pass over the releases of one repository."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from knowledge.documents import Document, Keyed, Unchanged
from knowledge.reading.plain import one_line
from knowledge.sources.github.api import Json
from knowledge.sources.github.bodies import body
from knowledge.sources.github.talking import Place
from knowledge.sources.github.threads import ODD, field, moment

ENDING = ".release"


@dataclass
class Releases:
    """See the module. `after` is what to remember: the list's ETag, where it has one page."""

    place: Place
    known: str = ""
    after: str = ""

    def items(self) -> Iterator[Keyed]:
        """Every release that is published. Raises `NetError`."""
        facts, github = self.place.facts, self.place.github
        path = f"/repos/{facts.full}/releases"
        first = github.get(path, facts.owner, {"per_page": 100}, self.known)
        if first.unchanged:
            self.after = self.known
            yield from (Unchanged(key) for key in self.held())
            return
        entries = list(github.listed(first, facts.owner))
        try:
            found = {each.key: each for each in map(self.release, entries) if each}
        except ODD as error:
            raise first.garbled(f"answered no releases ({error})") from error
        for key in sorted(found):
            fresh = not self.place.held.has(key, found[key].fingerprint)
            yield found[key] if fresh else Unchanged(key)
        self.after = first.version.etag if "next" not in first.links else ""

    def held(self) -> list[str]:
        """The keys of releases that the index holds."""
        return self.place.held_keys(ENDING)

    def release(self, entry: Json) -> Document | None:
        """A release as a document; None for a draft. Raises `Odd`."""
        if entry.get("draft") is True:
            return None
        tag, name = field(entry, "tag_name", str), one_line(str(entry.get("name") or ""))
        when, text = moment(entry, "published_at"), self.text(entry)
        titled = name if tag in name else f"{name} ({tag})" if name else tag
        return Document(
            self.place.source,
            f"{self.place.facts.full}/{tag}{ENDING}",
            title=f"{self.place.facts.full} {titled}",
            text=text,
            url=field(entry, "html_url", str),
            fingerprint=self.place.fingerprint(digest(titled, text)),
            modified_at=when.astimezone(UTC),
        )

    def text(self, entry: Json) -> str:
        """What it says, below a line that says what it is."""
        early = "Pre-release" if entry.get("prerelease") is True else "Release"
        when, tag = moment(entry, "published_at"), field(entry, "tag_name", str)
        by = (entry.get("author") or {}).get("login")
        who = f" by {by}" if by and not str(by).endswith("[bot]") else ""
        head = f"{early} {tag} of {self.place.facts.full}, published{who} on {when:%Y-%m-%d}."
        said = body(str(entry.get("body") or ""), 0)
        return f"{head}\n\n{said}" if said else head


def digest(*parts: str) -> str:
    """A mark of these words."""
    told = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:24]
