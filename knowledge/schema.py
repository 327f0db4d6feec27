"""The shape of the collections in Weaviate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weaviate import WeaviateClient


def chunk_properties() -> list[Any]:
    """Names are matched whole (`field`), `knowledge.terms` by the words, what is shown not at all.

    Keys are not matched, as Weaviate takes no notice of white space at the ends of a value;
    `document` has the id of the chunk's document instead.
    """
    return [
        *(_name(name) for name in ("source", "document", "digest", "fingerprint")),
        *(_terms(name) for name in ("stems", "pairs")),
        *(_shown(name) for name in ("key", "title", "url", "headings", "text")),
        _number("ordinal"),
        _date("modified_at"),
    ]


def document_properties() -> list[Any]:
    """One record for each document."""
    return [
        *(_name(name) for name in ("source", "fingerprint")),
        *(_shown(name) for name in ("key", "title", "url")),
        _number("chunks"),
        _date("modified_at"),
    ]


def create_alias(client: WeaviateClient, alias: str, collection: str) -> None:
    """Make the alias if there is none; another process may do so meanwhile."""
    from weaviate.exceptions import UnexpectedStatusCodeError

    if client.alias.get(alias_name=alias) is not None:
        return
    try:
        client.alias.create(alias_name=alias, target_collection=collection)
    except UnexpectedStatusCodeError:
        if client.alias.get(alias_name=alias) is None:
            raise


def create(client: WeaviateClient, name: str, properties: list[Any], about: str) -> None:
    """Make a collection if there is none of that name; another process may do so meanwhile."""
    from weaviate.classes.config import Configure, StopwordsPreset, VectorDistances
    from weaviate.exceptions import UnexpectedStatusCodeError

    if client.collections.exists(name):
        return
    try:
        client.collections.create(
            name,
            description=about,
            properties=properties,
            vector_config=Configure.Vectors.self_provided(
                vector_index_config=Configure.VectorIndex.hnsw(
                    distance_metric=VectorDistances.COSINE
                )
            ),
            inverted_index_config=Configure.inverted_index(
                index_null_state=False, stopwords_preset=StopwordsPreset.NONE
            ),
            multi_tenancy_config=Configure.multi_tenancy(
                enabled=True, auto_tenant_creation=True, auto_tenant_activation=True
            ),
        )
    except UnexpectedStatusCodeError:
        if not client.collections.exists(name):
            raise


def _name(name: str) -> Any:
    from weaviate.classes.config import DataType, Property, Tokenization

    return Property(
        name=name,
        data_type=DataType.TEXT,
        tokenization=Tokenization.FIELD,
        index_filterable=True,
        index_searchable=False,
    )


def _terms(name: str) -> Any:
    """Terms between spaces, taken as they stand."""
    from weaviate.classes.config import DataType, Property, Tokenization

    return Property(
        name=name,
        data_type=DataType.TEXT,
        tokenization=Tokenization.WHITESPACE,
        index_filterable=False,
        index_searchable=True,
    )


def _shown(name: str) -> Any:
    from weaviate.classes.config import DataType, Property

    return Property(
        name=name, data_type=DataType.TEXT, index_filterable=False, index_searchable=False
    )


def _number(name: str) -> Any:
    from weaviate.classes.config import DataType, Property

    return Property(name=name, data_type=DataType.INT, index_filterable=True)


def _date(name: str) -> Any:
    from weaviate.classes.config import DataType, Property

    return Property(name=name, data_type=DataType.DATE, index_filterable=True)
