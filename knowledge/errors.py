"""What can go wrong with knowledge; each error says what, where, and what to do."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Any expected failure of this package."""


class SourceUnreadable(KnowledgeError):
    """A source could not be read; what it gave before stays in the index."""

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        self.source, self.problem, self.remedy = source, problem, remedy
        super().__init__(f"Source {source!r}: {problem}. {remedy}.")


class IndexUnavailable(KnowledgeError):
    """Weaviate did not do what it was asked; nothing is known about what it holds."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"The index: {problem}. {remedy}.")


class ServerUnavailable(KnowledgeError):
    """The embedded Weaviate could not be found, built, started or kept."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"Weaviate: {problem}. {remedy}.")


class EmbeddingFailed(KnowledgeError):
    """The embedder could not be loaded or gave no vectors."""

    def __init__(self, embedder: str, problem: str, remedy: str) -> None:
        self.embedder, self.problem, self.remedy = embedder, problem, remedy
        super().__init__(f"Embedder {embedder!r}: {problem}. {remedy}.")


class JudgeUnavailable(KnowledgeError):
    """The cross-encoder that a setting names could not be loaded or could not judge."""

    def __init__(self, setting: str, name: str, problem: str) -> None:
        self.setting, self.name, self.problem = setting, name, problem
        remedy = "Name a folder or a hub id of a sentence-transformers CrossEncoder"
        super().__init__(f"{setting} = {name!r}: {problem}. {remedy}, or leave the setting out.")
