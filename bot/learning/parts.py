"""What the jobs of learning work with, made from the app at first use."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.learning.book import Book
from bot.learning.channels import Channels
from bot.learning.openness import Openness
from bot.learning.readings import Consent
from bot.learning.registry import Registry
from bot.learning.sweeping import Sweeper, sweep
from bot.people import People

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.app import App
    from bot.settings.sections import Learning as LearningSettings
    from model.tasks import Task
    from model.weights import Weights


class Learning:
    """The stores and settings of learning."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def settings(self) -> LearningSettings:
        """How to learn."""
        return self.app.settings.learning

    @property
    def home(self) -> Path:
        """The folder that holds `versions`."""
        return self.app.settings.home

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The stylistic tasks by name."""
        return self.app.tasks

    @cached_property
    def people(self) -> People:
        """Who may be learned from."""
        return People(self.app.sessions)

    @cached_property
    def book(self) -> Book:
        """What is learned from."""
        return Book(self.app.sessions)

    @cached_property
    def registry(self) -> Registry:
        """What was trained, and which version is live."""
        return Registry(self.app.sessions, self.home)

    @cached_property
    def channels(self) -> Channels:
        """Where is learned."""
        return Channels(self.app.sessions)

    @property
    def consent(self) -> Consent:
        """Who may be learned from, where, and since when, as of now."""
        keep = self.settings.keep
        since = datetime.now(UTC) - keep if keep else None
        return Consent(self.people.may_learn, self.openness.learns_in, since)

    @cached_property
    def openness(self) -> Openness:
        """What people in a chat may know and decide."""
        silent = frozenset(self.settings.silent_channels)
        return Openness(self.channels, silent, self.registry.live, self.sweeper.soon)

    @cached_property
    def sweeper(self) -> Sweeper:
        """What takes off the disk what was forgotten."""
        return Sweeper(lambda: sweep(self))

    def base(self) -> Weights:
        """The weights that style and answers are taught upon; fetched where they are not here."""
        from model.weights import resolve

        mine = self.app.settings
        return resolve(mine.model.name, mine.cache, self.app.progress)
