"""What can go wrong with models; each error says what, where, and what to do."""

from __future__ import annotations


class ModelError(Exception):
    """Any expected failure of this package."""


class WeightsUnavailable(ModelError):
    """Weights could not be had from any of the places tried."""

    def __init__(self, name: str, tried: tuple[str, ...], remedy: str) -> None:
        self.name, self.tried, self.remedy = name, tried, remedy
        places = "; ".join(tried)
        super().__init__(f"Weights {name!r} could not be had. Tried: {places}. {remedy}.")


class WeightsDamaged(ModelError):
    """A weights file is not what it must be."""

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = path, problem, remedy
        super().__init__(f"Weights at {path}: {problem}. {remedy}.")


class BackendUnavailable(ModelError):
    """A backend cannot be reached or cannot answer now."""

    def __init__(self, backend: str, problem: str, remedy: str) -> None:
        self.backend, self.problem, self.remedy = backend, problem, remedy
        super().__init__(f"Backend {backend!r}: {problem}. {remedy}.")


class PromptTooLong(ModelError):
    """A prompt does not fit the model's context; nothing was cut."""

    def __init__(self, tokens: int, limit: int) -> None:
        self.tokens, self.limit = tokens, limit
        super().__init__(
            f"The prompt has {tokens} tokens and the model takes {limit} with its answer. "
            "Shorten it, or choose a model with a longer context."
        )


class LikelihoodsUnknown(ModelError):
    """How likely a model finds an answer cannot be told here."""

    def __init__(self, backend: str, problem: str, remedy: str) -> None:
        self.backend, self.problem, self.remedy = backend, problem, remedy
        super().__init__(
            f"how likely {backend!r} finds an answer is not known, {problem}. {remedy}"
        )


class UnknownTask(ModelError):
    """No task has that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(f"No task called {name!r}. There are: {', '.join(known)}.")


class TaskUnusable(ModelError):
    """A task of the settings cannot be used as it is."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"Task {name!r}: {problem}. {remedy}.")


class TrainingFailed(ModelError):
    """A training cannot begin, go on, or be trusted."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"Training: {problem}.")


class VersionUnusable(ModelError):
    """A trained version is not there, not whole, or does not fit."""

    def __init__(self, name: str, problem: str, remedy: str = "See `tandem versions`") -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"Version {name!r}: {problem}. {remedy}.")


class RecipeWrong(ModelError):
    """A recipe cannot be used; all that is wrong with it is told at once."""

    def __init__(self, place: str, problems: tuple[str, ...]) -> None:
        self.place, self.problems = place, problems
        super().__init__(f"Recipe {place}: {'; '.join(problems)}.")
