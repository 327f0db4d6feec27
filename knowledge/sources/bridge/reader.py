"""A reader of LlamaIndex as a source: built, called, and every trouble of it in words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Keyed, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.reading.plain import Content, NotReadable, one_line
from knowledge.sources.bridge.given import (
    LINKS,
    TITLES,
    first,
    is_image,
    key_of,
    marked,
    metadata_of,
    modified_at,
    text_of,
)

SHORTEST_SECRET = 4  # characters; what is shorter would tear holes into any text
LATER = "Check `options` and `arguments`; the next sync tries again"
TWICE = (
    "stands for two documents of the reader that differ; give each an id of its own, or exclude one"
)
IMAGE = "is an image without text; describe it in a text, or exclude it"


@dataclass(frozen=True)
class Called:
    """A reader, and how it is called."""

    reader: str
    method: str
    options: Mapping[str, Any] = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)

    @property
    def secrets(self) -> list[str]:
        """Texts among the options, that an error must not repeat; the longest first."""
        return sorted(set(texts([self.options, self.arguments])), key=len, reverse=True)


@dataclass(frozen=True)
class BridgeSource:
    """What a reader loads."""

    name: str
    called: Called
    link: str = ""
    max_documents: int = 100_000
    max_bytes: int = 10 * 2**20

    def expected(self) -> int | None:
        """Unknown: a reader does not count."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Keyed]:
        """Everything the reader gives, each time anew; digests tell what changed."""
        seen: dict[str, str] = {}
        held = since or Checkpoint({})
        number = 0
        for number, made in enumerate(self.loaded(), 1):
            if number > self.max_documents:
                problem = f"the reader gives over {self.max_documents} documents"
                raise self.trouble(problem, "Narrow its options, or raise `max_documents`")
            yield from self.items(made, number, seen, held)
        if not number and held.held:
            raise self.trouble("the reader gives nothing, and gave something before", NOTHING)

    def items(
        self, made: Any, number: int, seen: dict[str, str], held: Checkpoint
    ) -> Iterator[Keyed]:
        """What one of the reader's documents becomes; the same once more becomes nothing."""
        key, metadata = key_of(made), metadata_of(made)
        if key is None:
            problem = f"number {number} of what the reader gives is no document ({kind(made)})"
            raise self.trouble(problem, "Name a reader whose `method` gives documents")
        text = text_of(made)
        fingerprint = marked(text, metadata)
        if key in seen:
            if seen[key] != fingerprint:
                yield Unreadable(f"{key} (number {number})", TWICE)
            return
        seen[key] = fingerprint
        if held.has(key, fingerprint):
            yield Unchanged(key)
        elif not text.strip() and is_image(made):
            yield Unreadable(key, IMAGE)
        else:
            yield self.document(key, fingerprint, text, metadata)

    def document(
        self, key: str, fingerprint: str, text: str, metadata: Mapping[str, Any]
    ) -> Document | Unreadable:
        """A document, or why it is none."""
        if len(text.encode("utf-8", "surrogatepass")) > self.max_bytes:
            most = f"is over {self.max_bytes / 2**20:g} MiB"
            return Unreadable(key, f"{most}; raise `max_bytes`, or exclude it")
        try:
            content = reading.finished(Content(text, first(metadata, TITLES)), key)
        except NotReadable as error:
            return Unreadable(key, error.reason)
        url = first(metadata, (self.link,) if self.link else LINKS)
        url = url if self.link or url.startswith(("http://", "https://")) else ""
        modified = modified_at(metadata)
        return Document(self.name, key, content.title, content.text, url, fingerprint, modified)

    # -- the reader ------------------------------------------------------------------

    def loaded(self) -> Iterator[Any]:
        """What the reader gives. Raises `SourceUnreadable`."""
        made = self.built()
        load: Callable[..., Any] = getattr(made, self.called.method)
        try:
            given = load(**self.called.arguments)
            if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
                problem = f"`{self.called.method}` gives no list of documents but {kind(given)}"
                raise self.trouble(problem, "Name a LlamaIndex reader")
            yield from given
        except SourceUnreadable:
            raise
        except ModuleNotFoundError as error:
            raise self.missing(error) from None
        except NotImplementedError:
            other = "load_data" if self.called.method != "load_data" else "lazy_load_data"
            problem = f"the reader has no `{self.called.method}` of its own"
            raise self.trouble(problem, f'Set `method = "{other}"`') from None
        except (Exception, SystemExit) as error:  # some end the program; it may quote a secret
            problem = f"the reader failed ({self.said(error)})"
            raise self.trouble(problem, LATER) from None

    def built(self) -> Any:
        """The reader, made with its options. Raises `SourceUnreadable`."""
        found = self.found()
        try:
            return found(**self.called.options)
        except ModuleNotFoundError as error:
            raise self.missing(error) from None
        except (Exception, SystemExit) as error:  # it may quote a secret
            problem = f"the reader can't be made ({self.said(error)})"
            raise self.trouble(problem, f"Its options are: {taken(found)}") from None

    def found(self) -> type:
        """The reader's class. Raises `SourceUnreadable` for what is none."""
        home, _, name = self.called.reader.rpartition(".")
        if not home or not all(part.isidentifier() for part in self.called.reader.split(".")):
            raise self.refused("is no dotted name")
        try:
            base = import_module("llama_index.core.readers.base").BaseReader
            found = getattr(import_module(home), name, None)
        except ModuleNotFoundError as error:
            raise self.missing(error) from None
        except (Exception, SystemExit) as error:  # code of others, at import
            raise self.refused(f"can't be imported ({self.said(error)})") from None
        if found is None:
            raise self.refused(f"is not there: {home} has no {name}")
        if not inspect.isclass(found) or not issubclass(found, base):
            raise self.refused(f"is no LlamaIndex reader but {kind(found)}")
        return found

    # -- trouble in words ------------------------------------------------------------

    def trouble(self, problem: str, remedy: str) -> SourceUnreadable:
        """The failure of this source."""
        return SourceUnreadable(self.name, problem, remedy)

    def refused(self, why: str) -> SourceUnreadable:
        """Something else than a reader was named."""
        problem = f"`reader` {self.called.reader!r} {why}"
        return self.trouble(problem, "Write it as `llama_index.readers.web.SimpleWebPageReader`")

    def missing(self, error: ModuleNotFoundError) -> SourceUnreadable:
        """What to install."""
        module = error.name or "a package"
        wanted = package_of(module, self.called.reader)
        problem = f"the package of {module} is not installed"
        return self.trouble(problem, f"Run `uv pip install {wanted}`, and check `reader`")

    def said(self, error: BaseException) -> str:
        """An error in a few words, without the options' values."""
        name, whole = type(error).__name__, str(error)
        for secret in self.called.secrets:
            whole = whole.replace(secret, "***")
        return f"{name}: {one_line(whole)[:200]}".rstrip(". ") if whole else name


NOTHING = (
    "Check its options; if it is right, take the source out of the settings and run "
    "`tandem sync --prune`"
)


def package_of(module: str, reader: str) -> str:
    """What to install for a module: LlamaIndex has a package for each kind of reader."""
    parts = module.split(".")
    if module in ("llama_index", "llama_index.core") or parts[:2] == ["llama_index", "core"]:
        return "llama-index-core"
    if parts[:2] == ["llama_index", "readers"]:
        kinds = reader.split(".")[2:3]
        return "-".join(["llama-index-readers", *kinds]).replace("_", "-")
    return parts[0].replace("_", "-")


def taken(found: type) -> str:
    """The options that a reader has."""
    try:
        names = [name for name in inspect.signature(found).parameters if name != "self"]
    except (TypeError, ValueError):
        return "as its documentation says"
    return ", ".join(names) or "none"


def texts(value: Any) -> Iterator[str]:
    """All texts in options, at any depth, that are long enough to be secrets."""
    match value:
        case str():
            if len(value) >= SHORTEST_SECRET:
                yield value
        case Mapping():
            yield from texts(list(value.values()))
        case list() | tuple():
            for part in value:
                yield from texts(part)


def kind(value: object) -> str:
    """What something is, in words."""
    named = value.__name__ if inspect.isclass(value) or inspect.isfunction(value) else ""
    if inspect.isclass(value):
        return f"the class {named}"
    return f"the function {named}" if named else f"a {type(value).__name__}"
