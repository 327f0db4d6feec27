"""What can go wrong in the bot; each error says what, where, and what to do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.durations import lasting
from knowledge.errors import KnowledgeError
from model.errors import ModelError, PromptTooLong, UnknownTask


class BotError(Exception):
    """Any expected failure of this package."""


class WrongUse(BotError):
    """Something was asked for in a way, or set to a value, that cannot be: exit code 2."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the settings."""

    place: str  # file, line and key path, or the environment variable
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


class SettingsWrong(WrongUse):
    """The settings cannot be used; all that is wrong with them is told at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SecretMissing(WrongUse):
    """A secret that the settings refer to is not where they say."""

    def __init__(self, reference: str, problem: str, remedy: str) -> None:
        self.reference, self.problem, self.remedy = reference, problem, remedy
        super().__init__(f"Secret {reference}: {problem}. {remedy}.")


class UnknownPlugin(WrongUse):
    """No plugin of that kind has that name."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"No {kind} called {name!r}. There are: {', '.join(known) or 'none'}.")


class PluginOptionsWrong(WrongUse):
    """A plugin cannot be built from these options; one sentence for each that is wrong."""

    def __init__(self, kind: str, name: str, problems: Sequence[str]) -> None:
        self.kind, self.name, self.problems = kind, name, tuple(problems)
        super().__init__(f"{kind} {name!r}: {'; '.join(problems)}.")


class SourceNotMade(WrongUse):
    """A source cannot be made of its settings."""

    def __init__(self, source: str, error: SecretMissing | PluginOptionsWrong) -> None:
        self.source, self.error = source, error
        super().__init__(f"Source {source!r}: {str(error)[:1].lower()}{str(error)[1:]}")


class UnknownSpace(WrongUse):
    """No space has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No space called {name!r}. There are: {', '.join(known)}.")


class QuestionRefused(WrongUse):
    """A question that is not answered, and why; nothing was asked of anything."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why  # what was asked, cut to a readable length; in words
        super().__init__(f"{why} It was: {what!r}." if what else why)


class UnknownSource(WrongUse):
    """No source has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No source called {name!r}. There are: {', '.join(known) or 'none'}.")


class UnknownPart(WrongUse):
    """`tandem run --only` names a platform that is not set."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        there = ", ".join((*known, "jobs")) if known else "none"
        super().__init__(f"No platform {name!r} is set. There are: {there}.")


class NothingToRun(WrongUse):
    """No platform is set."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing to run: no platform is set. Add [platforms.slack] or [platforms.discord] to "
            "tandem.toml (docs/slack.md and docs/discord.md say how), or try `tandem chat`. "
            "`tandem run --only jobs` keeps the schedule alone."
        )


class WeaviateInUse(BotError):
    """Weaviate is not stopped: processes use it, and would start it again."""

    def __init__(self, processes: Sequence[int]) -> None:
        self.processes = tuple(processes)
        told = ", ".join(map(str, dict.fromkeys(processes)))
        super().__init__(
            f"Weaviate was not stopped: it is used (process {told}), and what uses it would "
            "start it again. End that first (`tandem run` ends at Ctrl-C or SIGTERM), or run "
            "`tandem stop --force` to have it started anew."
        )


class BatchWrong(WrongUse):
    """A file of questions or queries cannot be used; nothing of it was asked."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        told = "\n".join(f"  {problem}" for problem in problems[:20])
        more = f"\n  and {len(problems) - 20} more" if len(problems) > 20 else ""
        super().__init__(f"{path}: nothing was asked, since\n{told}{more}")


class ExampleFileUnreadable(WrongUse):
    """A file of examples cannot be read or written."""

    def __init__(self, path: object, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = str(path), problem, remedy
        super().__init__(f"{path}: {problem}. {remedy}.")


class NothingToExport(BotError):
    """No example is of the kind that a format takes; no file was written."""

    def __init__(self, format: str, held: int) -> None:
        self.format, self.held = format, held
        super().__init__(
            f"Nothing to export as {format}: none of the {held} accepted examples on that side of "
            "the split is of its kind. See `tandem examples` and `tandem examples review`."
        )


class UnknownJob(WrongUse):
    """No job has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No job called {name!r}. There are: {', '.join(known) or 'none'}.")


class UnknownJobRun(BotError):
    """No run of a job has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No run {id} of a job. See `tandem runs --what jobs`.")


class JobBusy(BotError):
    """Another process runs the job now."""

    def __init__(self, name: str, worker: str) -> None:
        self.name, self.worker = name, worker
        super().__init__(
            f"{name} is being run by {worker}. Wait until it is done: see `tandem jobs`."
        )


class JobFenced(BotError):
    """Another process took the job over: what this one still had to write is not written."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name} was taken over by another process, since this one was not heard of for too "
            "long. It wrote nothing more. Look whether the machine slept or was overloaded."
        )


class JobStopped(BotError):
    """The process is to end: what the job has in hand is kept, and it is gone on with."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} was stopped, as its process ends. It is gone on with.")


class JobOverdue(BotError):
    """A job took longer than it may; it was ended, and another may begin."""

    def __init__(self, name: str, limit: timedelta, section: str) -> None:
        self.name, self.limit, self.section = name, limit, section
        super().__init__(
            f"{name} was ended after {lasting(limit)}, the longest that it may take. What it had "
            f"done by then is kept, and it is tried again. If it needs more time, set a longer "
            f"`limit` in [{section}]; else see in the log where it stood still."
        )


class BackupFailed(BotError):
    """No copy was made, or none can be read back; what was there before is as it was."""

    ROOM = "Look whether the folder is there, may be written, and has room."

    def __init__(self, place: str, problem: str, remedy: str = ROOM) -> None:
        self.place, self.problem, self.remedy = place, problem, remedy
        super().__init__(f"{place}: {problem.rstrip('.')}. {remedy}".strip())


class UnknownInteraction(BotError):
    """No interaction has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No interaction {id}. See `tandem interactions`.")


class UnknownExample(BotError):
    """No example, judged passage or curated answer has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No example {id}. See `tandem examples`.")


class UnknownSnapshot(BotError):
    """No dataset has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No dataset {id}. See `tandem runs`.")


class UnknownRun(BotError):
    """No training has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No training {id}. See `tandem runs`.")


class UnknownVersion(BotError):
    """No version has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No version called {name!r}. There are: {', '.join(known) or 'none'}.")


class PromotionRefused(BotError):
    """Which version is live was not changed."""

    def __init__(self, what: str, problem: str, remedy: str) -> None:
        self.what, self.problem, self.remedy = what, problem, remedy
        super().__init__(f"{what}: {problem}. {remedy}.")


class GoldenUnusable(BotError):
    """A golden set is not what was frozen."""

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"Golden set {path}: {problem}. Put the file back as it was, or delete its folder and "
            "freeze anew (`tandem evaluate --freeze`)."
        )


class NothingToMeasure(BotError):
    """There is no text to measure a version with."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        super().__init__(f"{what}: there is nothing to measure it with. {remedy}.")


class OnlyRepeats(BotError):
    """A model wrote the same words again and again, and nothing else."""

    def __init__(self, writer: str) -> None:
        self.writer = writer
        super().__init__(
            f"{writer} only repeats itself. Look at how it was trained (`tandem versions show`), "
            "or go back to the version before (`tandem rollback`)."
        )


class LeaseLost(BotError):
    """A worker no longer holds its item: its lease ran out, and another may have taken it."""

    def __init__(self, item: int) -> None:
        self.item = item
        super().__init__(f"The lease of item {item} was lost. Whoever holds it now finishes it.")


class DatabaseError(BotError):
    """Something is wrong with the database at `url` (never with its password)."""

    def __init__(self, url: str, problem: str, remedy: str) -> None:
        self.url, self.problem, self.remedy = url, problem, remedy
        super().__init__(f"Database {url}: {problem}. {remedy}.")


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, opened, read or written."""


class DatabaseNewer(DatabaseError):
    """A newer Tandem made this database; it was left untouched."""

    def __init__(self, url: str, revision: str, newest: str) -> None:
        self.revision, self.newest = revision, newest
        super().__init__(
            url,
            f"it is at revision {revision}, which this Tandem (up to {newest}) does not know",
            "Update Tandem, or point `database.url` at another database; nothing was changed",
        )


class TooFewExamples(BotError):
    """A training is refused: there is too little to learn from."""

    def __init__(self, counts: Mapping[str, int], fewest: int) -> None:
        self.counts, self.fewest = dict(counts), fewest
        told = ", ".join(f"{task} has {count}" for task, count in self.counts.items())
        super().__init__(
            f"Too few accepted examples to train on; {fewest} are needed for a task: "
            f"{told or 'there are none'}. Accept more (`tandem examples review`), import some, "
            "or lower `learning.fewest`."
        )


class TooFewVotes(BotError):
    """A training of the retriever is refused: too few questions were judged."""

    def __init__(self, judged: int, fewest: int) -> None:
        self.judged, self.fewest = judged, fewest
        super().__init__(
            "The retriever learns from questions whose answer got a thumbs-up for what it cites: "
            f"there are {judged}, and {fewest} are needed (one in five is kept to measure with). "
            "Wait for more votes, or lower `learning.fewest`."
        )


class TooLittleRoom(BotError):
    """A training is refused: the machine has too little memory, or disk, for it."""

    def __init__(self, of: str, needed: int, free: int, remedy: str) -> None:
        self.of, self.needed, self.free, self.remedy = of, needed, free, remedy  # in bytes
        super().__init__(
            f"Too little {of} to train: about {needed / 1e9:.1f} GB are needed and "
            f"{free / 1e9:.1f} GB are free. {remedy}."
        )


class TrainingBusy(BotError):
    """Another training goes on in this home."""

    def __init__(self, home: str) -> None:
        self.home = home
        super().__init__(
            f"A training goes on in {home} already. Wait for it; `tandem runs` tells how far it is."
        )


class TrainingCut(BotError):
    """A training ended before its end, and can be gone on with."""

    def __init__(self, run: int, why: str) -> None:
        self.run, self.why = run, why
        super().__init__(
            f"Training {run} {why}. What it learned is kept: "
            f"`tandem train --resume {run}` goes on with it, `tandem train --anew` gives it up."
        )


class RunUnusable(WrongUse):
    """A training cannot be gone on with."""

    def __init__(self, run: int, problem: str) -> None:
        self.run, self.problem = run, problem
        super().__init__(f"Training {run} {problem}. See `tandem runs`.")


def failure_code() -> str:
    """A short code that ties an apology to its line in the log and its row in SQL."""
    return f"T-{secrets.token_hex(2).upper()}"


def apology(error: BaseException, code: str) -> str:
    """What a person in the chat reads; the details go to the log, never to the channel."""
    match error:
        case QuestionRefused():
            return error.why
        case UnknownTask() | UnknownSpace() | PromptTooLong():
            return f"{plain(error)} (code {code})"
        case OnlyRepeats():
            what = (
                "I only repeated myself on that, so I stopped, and there is nothing to show. "
                "Please ask again in other words."
            )
        case KnowledgeError():
            what = "I can't reach our sources right now. Please ask again in a few minutes."
        case ModelError():
            what = "My model is not available right now. Please ask again in a few minutes."
        case _:
            what = "Something went wrong on my side. It has been noted."
    return f"{what} (code {code})"


def plain(error: UnknownTask | UnknownSpace | PromptTooLong) -> str:
    """What a person can do about a question that cannot be answered as it stands."""
    match error:
        case PromptTooLong():
            return "That is too long for me. Please send a shorter text."
        case UnknownTask():
            return f"I know no task of that name. I know: {', '.join(error.known)}."
        case _:
            return "I know no space of that name."
