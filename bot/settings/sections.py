"""The sections of tandem.toml, each with its settings, their units and their defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.limits import Rate, Rates, rate
from bot.secret import Secret, looks_like_reference, names_secret
from bot.settings.timing import Cron, Halving, Kept, Often, Zone, timed

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|m|min|h|d|w)?", re.IGNORECASE)
UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
DEFAULT_MODEL = "Qwen2.5-Coder-0.5B-Instruct"
DEFAULT_EMBEDDER = "bge-small-en-v1.5-int8"
FOR_ALL = ("everyone", "public")  # spaces that are there without being set
LONGEST = timedelta(days=3650)


class EnvText(str):
    """Text that an environment variable gave; `variable` is its name."""

    variable: str

    def __new__(cls, text: str, variable: str) -> EnvText:
        """Keep the text with the variable it came from."""
        made = super().__new__(cls, text)
        made.variable = variable
        return made


def duration(value: object) -> object:
    """Seconds as a number, or words such as "90s", "2min", "6h"."""
    if isinstance(value, timedelta):
        return value
    said = DURATION.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if said is None:
        raise ValueError('must be a duration such as "90s", "2min" or "6h"')
    seconds = float(said[1]) * UNITS[(said[2] or "s").lower()]
    if seconds > LONGEST.total_seconds():
        raise ValueError("must be at most ten years")
    return timedelta(seconds=seconds)


def secret(value: object) -> object:
    """A reference as TOML gives it, or what stands in an environment variable."""
    match value:
        case Secret():
            return value
        case EnvText():
            return Secret(env=value.variable)
        case {"env": str(name), **rest} if name and not rest:
            return Secret(env=name)
        case {"file": str(path), **rest} if path and not rest:
            return Secret(file=Path(path).expanduser())
    raise ValueError('must be a reference: { env = "NAME" } or { file = "PATH" }')


def names(value: object) -> object:
    """A list; an environment variable may also give it as words between commas."""
    if isinstance(value, EnvText):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def number(value: object) -> object:
    """A number, where TOML's `true` is none."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def web_url(value: str) -> str:
    """An address that begins with http:// or https://."""
    if not re.match(r"https?://[^\s/]+", value):
        raise ValueError("must begin with http:// or https:// and name a host")
    return value.rstrip("/")


Duration = Annotated[timedelta, BeforeValidator(duration)]
SecretRef = Annotated[Secret, BeforeValidator(secret)]
Count = Annotated[int, BeforeValidator(number), Field(ge=1)]
Share = Annotated[float, BeforeValidator(number), Field(ge=0, le=1)]
Port = Annotated[int, BeforeValidator(number), Field(ge=1, le=65535)]
WebUrl = Annotated[str, AfterValidator(web_url)]
Names = Annotated[tuple[str, ...], BeforeValidator(names)]


def rate_of(value: object) -> object:
    """A rate in words such as "30/h"; "none" is no limit."""
    return value if value is None or isinstance(value, Rate) else rate(str(value))


RateLimit = Annotated[Rate | None, BeforeValidator(rate_of)]


class Section(BaseModel):
    """A part of the settings; a key that it does not have is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PluginSection(Section):
    """A part of the settings that names a plugin; other keys are the plugin's options."""

    use: str
    options: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        own = cls.model_fields.keys() - {"options"}
        options = {key: referenced(value, key) for key, value in given.items() if key not in own}
        return {key: value for key, value in given.items() if key in own} | {"options": options}


def referenced(value: Any, key: str = "") -> Any:
    """`value` with every table that is a reference as a `Secret`."""
    if looks_like_reference(value) or (isinstance(value, EnvText) and names_secret(key)):
        return secret(value)
    if isinstance(value, dict):
        return {inner: referenced(part, inner) for inner, part in value.items()}
    return [referenced(part) for part in value] if isinstance(value, list) else value


class Platform(PluginSection):
    """Where people speak; `use` defaults to the section's name."""


class Source(PluginSection):
    """Where documents come from, how often they are looked at, and who may read them."""

    every: Annotated[Duration | None, Often] = timedelta(hours=1)  # None ("never"): only by hand
    cron: Cron = ""
    timezone: Zone | None = None  # of cron; None: that of all jobs
    limit: Duration | None = timedelta(hours=12)  # of one sync; None ("none"): as long as it takes
    spaces: Annotated[Names, Field(min_length=1)] = ("everyone",)

    @model_validator(mode="before")
    @classmethod
    def _timed(cls, given: Any) -> Any:
        return timed(given)


class Space(Section):
    """Who may read the sources that belong to the space."""

    slack_channels: Names = ()
    discord_guilds: Names = ()  # all members of these servers, by their ids
    discord_channels: Names = ()
    discord_roles: Names = ()  # ids, "<server's id>/<name>"; with one server: names
    groups: Names = ()  # Slack user groups
    people: Names = ()


class Model(PluginSection):
    """What writes the answers; the options are those of the backend."""

    use: str = "local"
    name: str = DEFAULT_MODEL

    @model_validator(mode="after")
    def _named(self) -> Model:
        if self.use != "local" and "name" not in self.model_fields_set:
            raise ValueError(f"`name` is missing: say which model {self.use!r} shall use")
        return self


class Embedder(Section):
    """What turns text into vectors."""

    name: str = DEFAULT_EMBEDDER
    device: str = "auto"  # "auto", "cpu", "cuda", "mps"
    threads: Count | None = None  # None: all cores
    batch: Count | None = None  # texts at a time; None: as suits the device


class Weaviate(Section):
    """Where the vectors lie: at `url`, else in a server that Tandem starts itself."""

    url: WebUrl | None = None
    grpc_url: WebUrl | None = None
    api_key: SecretRef | None = None
    port: Port | None = None  # of our own server; None: a free one
    linger: Duration = timedelta(minutes=2)  # how long our own server outlives its last user

    @model_validator(mode="after")
    def _either(self) -> Weaviate:
        if self.url is None and (self.api_key or self.grpc_url):
            raise ValueError("`api_key` and `grpc_url` are for a server at `url`, which is missing")
        if self.url is not None and self.port:
            raise ValueError("`port` is of our own server; leave it or `url` out")
        return self


def database_url(value: object) -> object:
    """A SQLite or PostgreSQL address in SQLAlchemy's form, or a reference to one."""
    if isinstance(value, dict | Secret):
        return secret(value)
    if isinstance(value, str) and re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", value):
        return secret(value) if isinstance(value, EnvText) else value
    raise ValueError('must be "sqlite:///PATH" or "postgresql://USER@HOST/NAME", or a reference')


class Database(Section):
    """Where SQL lies; None: a SQLite file in the home folder."""

    url: Annotated[Secret | str | None, BeforeValidator(database_url)] = None


class Chunking(Section):
    """How documents are cut; a change makes the index anew."""

    max_tokens: Annotated[Count, Field(ge=32)] = 256  # with the line of title and headings
    min_tokens: Annotated[int, BeforeValidator(number), Field(ge=0)] = 64  # below: merged

    @model_validator(mode="after")
    def _ordered(self) -> Chunking:
        if self.min_tokens > self.max_tokens:
            raise ValueError("`min_tokens` must be at most `max_tokens`")
        return self


class Search(Section):
    """How passages are found."""

    limit: Annotated[Count, Field(le=1000)] = 12  # passages that are read per question
    alpha: Share = 0.7  # weight of the vectors; the rest is for the keywords
    per_page: Count = 3  # passages of one page, while other pages have some too
    reranker: str = "shipped"  # or "none", or a sentence-transformers CrossEncoder
    half_life: Annotated[Duration | None, Halving] = None  # of a page's freshness; None ("never")

    @model_validator(mode="before")
    @classmethod
    def _never(cls, given: Any) -> Any:
        never = isinstance(given, dict) and given.get("half_life") == "never"
        return given | {"half_life": None} if never else given


class Answers(Section):
    """How answers are written.

    `quotes` are the documents' own words that stand below what the model wrote, at most; with a
    model that can be trusted to choose the deciding words, 0 gives the shorter answers.
    `min_confidence` is the probability that the answer is right. Higher: fewer wrong answers,
    and more questions left unanswered (the curve stands in bench/README.md).
    """

    words: Annotated[Count, Field(le=4000)] = 160  # of the documents that the model is shown
    max_tokens: Count = 80
    quotes: Annotated[int, BeforeValidator(number), Field(ge=0, le=10)] = 3
    min_confidence: Share = 0.4  # below it: "the sources don't say"
    entailment: str = "none"  # or a CrossEncoder that must agree with each claim
    min_entailment: Share = 0.5  # how surely the quote must entail the claim
    max_question_chars: Count = 20_000
    at_once: Count = 4  # answers that are written at a time; who asks further waits in line
    cache: bool = True  # give an answer again while all that it relies on is the same
    cache_size: Count = 1000  # answers that are kept for that
    cache_age: Duration = timedelta(days=7)  # after which one is written anew


class Routing(Section):
    """When a message is a task for the tuned mode, and not a question for the documents."""

    min_confidence: Share = 0.6  # that it is a task; below it: a question


class Limits(Section):
    """How many questions are answered; who asks more is told when to come back."""

    per_person: RateLimit = Rate(30, timedelta(hours=1))  # None ("none"): as many as they like
    per_channel: RateLimit = Rate(200, timedelta(hours=1))

    @property
    def rates(self) -> Rates:
        """Both together."""
        return Rates(self.per_person, self.per_channel)


class Task(Section):
    """A stylistic job of the tuned model."""

    instruction: Annotated[str, Field(min_length=1)]
    examples: Path | None = None  # JSON Lines
    labels: Names = ()
    max_tokens: Count | None = None
    measure: str = ""  # that a new version must be better by: accuracy, chrf, voice, bleu, …


class Learning(Section):
    """How verdicts become better models; docs/learning.md tells the whole."""

    policy: Literal["auto", "review"] = "review"  # of clear examples; doubtful ones always wait
    policies: Mapping[str, Literal["auto", "review"]] = Field(default_factory=dict)  # by task
    keep: Annotated[Duration | None, Kept] = timedelta(days=365)  # None ("forever")
    silent_channels: Names = ()  # ids of channels from which nothing is learned
    fewest: Count = 20  # accepted examples without which nothing is trained
    canary: Share = 0.0  # the share of places on which what passed the gate is tried first
    canary_votes: Count = 20  # on the candidate's answers, before they count
    auto_promote: bool = False  # what passed the gate, and its trial if one is set, goes live
    votes_in_search: Share = 0.05  # of a cosine: the most that verdicts move a passage; 0: off
    votes_half_life: Annotated[Duration, Halving] = timedelta(days=180)  # of a verdict's say
    curated: bool = True  # corrections that were accepted are given to the same question again
    recipes: Path | None = (
        None  # a folder of TOML recipes: style.toml, answers.toml, retriever.toml
    )

    @model_validator(mode="before")
    @classmethod
    def _forever(cls, given: Any) -> Any:
        forever = isinstance(given, dict) and given.get("keep") == "forever"
        return given | {"keep": None} if forever else given


class Log(Section):
    """What is told about the work, on stderr and in the log file."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
