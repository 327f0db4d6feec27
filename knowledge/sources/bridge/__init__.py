"""Any reader of LlamaIndex by its dotted name: the long tail of sources that have none of ours."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from knowledge.sources.bridge.reader import BridgeSource, Called


def source(
    name: str,
    reader: str,
    options: dict[str, Any] | None = None,
    method: Literal["load_data", "lazy_load_data"] = "load_data",
    arguments: dict[str, Any] | None = None,
    link: str = "",
    max_documents: Annotated[int, Field(ge=1)] = 100_000,
    max_bytes: Annotated[int, Field(ge=1)] = 10 * 2**20,
) -> BridgeSource:
    """Read what a LlamaIndex reader loads: "llama_index.readers.web.SimpleWebPageReader".

    `options` build it, `arguments` are given to `method`; either may hold secret references.
    `link` is the metadata's name under which the address lies; default: the usual ones. It runs
    with the rights of Tandem, and asks the network as it likes: name only readers that you trust.
    """
    called = Called(reader, method, options or {}, arguments or {})
    return BridgeSource(name, called, link, max_documents, max_bytes)
