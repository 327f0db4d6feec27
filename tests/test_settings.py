"""What can be set, what is refused, and how it is told."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import SecretMissing, SettingsWrong, UnknownSpace
from bot.limits import Rate, Rates
from bot.secret import Secret
from bot.settings import Settings, load_settings
from bot.settings.jobs import Jobs
from bot.settings.sections import DEFAULT_EMBEDDER, DEFAULT_MODEL, Section

ROOT = Path(__file__).parents[1]
SetTo = Callable[..., Settings]  # the text of a tandem.toml, and variables
Wrong = Callable[..., list[str]]  # the same, to the problems that are told
EXAMPLE = ROOT / "settings.example.toml"


@pytest.fixture
def set_to(tmp_path: Path) -> SetTo:
    def settings(text: str, **environ: str) -> Settings:
        (tmp_path / "tandem.toml").write_text(text, encoding="utf-8")
        return load_settings(environ, tmp_path)

    return settings


@pytest.fixture
def wrong(set_to: SetTo) -> Wrong:
    def told(text: str, **environ: str) -> list[str]:
        with pytest.raises(SettingsWrong) as caught:
            set_to(text, **environ)
        return [str(problem) for problem in caught.value.problems]

    return told


def test_with_nothing_set_it_answers_from_the_example_handbook(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert list(settings.sources) == ["handbook"]
    assert Path(settings.sources["handbook"].options["path"]) == ROOT / "examples" / "handbook"
    assert (settings.model.name, settings.embedder.name) == (DEFAULT_MODEL, DEFAULT_EMBEDDER)
    assert settings.file is None


def test_a_source_takes_the_place_of_the_example(set_to: SetTo) -> None:
    settings = set_to('[sources.wiki]\nuse = "folder"\npath = "wiki"')
    assert list(settings.sources) == ["wiki"]


def test_the_file_is_looked_for_in_three_places(tmp_path: Path) -> None:
    folders = {}
    for number, name in enumerate(["home", "working", "pointed"], 1):
        folders[name] = tmp_path / name
        folders[name].mkdir()
        (folders[name] / "tandem.toml").write_text(f"search.limit = {number}")
    home = {"TANDEM_HOME": str(folders["home"])}
    pointed = home | {"TANDEM_CONFIG": str(folders["pointed"] / "tandem.toml")}
    assert load_settings(pointed, folders["working"]).search.limit == 3
    assert load_settings(home, folders["working"]).search.limit == 2
    assert load_settings(home, tmp_path).search.limit == 1


def test_a_file_that_is_pointed_at_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match=r"TANDEM_CONFIG: points at .*nowhere.*not there"):
        load_settings({"TANDEM_CONFIG": "nowhere.toml"}, tmp_path)
    with pytest.raises(SettingsWrong, match="a folder"):
        load_settings({"TANDEM_CONFIG": str(tmp_path)}, tmp_path)


def test_the_environment_goes_before_the_file(set_to: SetTo) -> None:
    settings = set_to(
        'home = "/file"\n[search]\nlimit = 3\nalpha = 0.25',
        TANDEM_HOME="/environment",
        TANDEM_SEARCH__LIMIT="12",
        TANDEM_WEAVIATE__LINGER="90s",
        TANDEM_SEARCH__ALPHA="",
    )
    assert (settings.search.limit, settings.search.alpha) == (12, 0.25)
    assert settings.weaviate.linger == timedelta(seconds=90)
    assert settings.home == Path("/environment")


def test_the_environment_reaches_named_sections_and_lists(set_to: SetTo) -> None:
    settings = set_to(
        '[sources.help-desk]\nuse = "folder"\npath = "a"\n[spaces.team]',
        TANDEM_SOURCES__HELP_DESK__SPACES="team, public",
        TANDEM_SOURCES__HELP_DESK__INCLUDE='["*.md", "*.txt"]',
        TANDEM_SOURCES__WIKI__USE="folder",
        TANDEM_SOURCES__WIKI__PATH="/wiki",
    )
    assert settings.sources["help-desk"].spaces == ("team", "public")
    assert settings.sources["help-desk"].options["include"] == ["*.md", "*.txt"]
    assert settings.sources["wiki"].options == {"path": "/wiki"}


def test_other_variables_that_begin_like_ours_are_left_alone(set_to: SetTo) -> None:
    set_to("", TANDEM_PORT="tcp://10.0.0.7:80", TANDEM_SERVICE_HOST="10.0.0.7", TANDEM_LOG="x")


def test_relative_paths_are_taken_from_the_file(set_to: SetTo, tmp_path: Path) -> None:
    settings = set_to(
        'home = "state"\ndatabase.url = "sqlite:///t.db"\n'
        '[sources.a]\nuse = "folder"\npath = "docs"\n'
        '[sources.b]\nuse = "folder"\npath = "s3://bucket/docs"'
    )
    assert settings.home == tmp_path / "state"
    assert settings.sources["a"].options["path"] == str(tmp_path / "docs")
    assert settings.sources["b"].options["path"] == "s3://bucket/docs"
    assert settings.database_url().get_secret_value() == f"sqlite:///{tmp_path}/t.db"


def test_sql_is_a_file_in_the_home_folder_by_default(home: Path) -> None:
    settings = load_settings({"TANDEM_HOME": str(home)}, home)
    assert settings.database_url().get_secret_value() == f"sqlite:///{home}/tandem.db"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90", 90), ('"90s"', 90), ('"2min"', 120), ('"2 m"', 120), ('"1.5h"', 5400), ('"1d"', 86400)],
)
def test_durations_are_seconds_or_words(set_to: SetTo, said: str, seconds: int) -> None:
    settings = set_to(f"weaviate.linger = {said}")
    assert settings.weaviate.linger == timedelta(seconds=seconds)


def test_a_source_may_be_read_by_hand_only(set_to: SetTo) -> None:
    settings = set_to('[sources.a]\nuse = "folder"\npath = "a"\nevery = "never"')
    assert settings.sources["a"].every is None


def test_a_limit_is_a_rate_or_none(set_to: SetTo) -> None:
    settings = set_to('[limits]\nper_person = "5/10min"', TANDEM_LIMITS__PER_CHANNEL="none")
    assert settings.limits.rates == Rates(Rate(5, timedelta(minutes=10)), None)


# -- secrets ----------------------------------------------------------------------------


def test_a_secret_is_read_on_use_and_never_printed(
    set_to: SetTo,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings = set_to(
        '[weaviate]\nurl = "http://weaviate:8080"\napi_key = { env = "KEY_OF_TEST" }\n'
        '[database]\nurl = { file = "url.txt" }'
    )
    reference = settings.weaviate.api_key
    assert reference is not None
    with pytest.raises(SecretMissing, match=r"KEY_OF_TEST.*not set"):
        reference.resolve()
    with pytest.raises(SecretMissing, match=r"url\.txt.*No such file"):
        settings.database_url()
    monkeypatch.setenv("KEY_OF_TEST", "hunter2")
    (tmp_path / "url.txt").write_text("sqlite:////hunter2.db\n")
    key, url = reference.resolve(), settings.database_url()
    assert (key.get_secret_value(), url.get_secret_value()) == ("hunter2", "sqlite:////hunter2.db")
    assert "hunter2" not in f"{settings!r} {key!r} {key} {url}"


def test_a_secret_may_stand_in_the_environment_itself(
    set_to: SetTo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {
        "TANDEM_DATABASE__URL": "postgresql://anna:hunter2@db/tandem",
        "TANDEM_SOURCES__A__OPTIONS__TOKEN": "hunter2",
    }
    settings = set_to('[sources.a]\nuse = "folder"\npath = "s3://a"', **given)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    assert settings.database_url().get_secret_value().endswith("hunter2@db/tandem")
    token = settings.sources["a"].options["options"]["token"]
    assert token == Secret(env="TANDEM_SOURCES__A__OPTIONS__TOKEN")
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        '[weaviate]\nurl = "http://w"\napi_key = "hunter2"',
        'database.url = "postgresql://anna:hunter2@db/tandem"',
        '[sources.a]\nuse = "folder"\npath = "https://anna:hunter2@files/"',
        '[sources.a]\nuse = "folder"\npath = "s3://a"\noptions = { secret = "hunter2" }',
        '[sources.a]\nuse = "folder"\npath = "xoxb-hunter2"',
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(wrong: Wrong, text: str) -> None:
    [told] = wrong(text)
    assert "plain text" in told
    assert '{ env = "NAME" }' in told
    assert "hunter2" not in told


# -- what is refused --------------------------------------------------------------------

BAD = """\
hom = "/x"

[sources.handbook]
use = "folder"
pth = "docs"
every = "soon"
spaces = ["enginering"]

[sources.other]
use = "fodler"

[spaces.engineering]
slack_channel = ["C0"]

[search]
limit = true
alpha = 3

[log]
level = "loud"
"""


def test_all_problems_are_told_at_once_with_place_and_remedy(wrong: Wrong, tmp_path: Path) -> None:
    told = wrong(
        BAD,
        TANDEM_ANSWERS__MAX_TOKEN="4",
        TANDEM_CHUNKING__MAX_TOKENS="many",
        TANDEM_DATABASE_URL="sqlite://",
    )
    told_of = [line.removeprefix(f"{tmp_path / 'tandem.toml'}") for line in told]
    expected = [
        r":1: hom: is unknown\. Did you mean `home`\?",
        r":3: sources\.handbook\.path: is missing\. Add it\.",
        r":5: sources\.handbook\.pth: is unknown\. Did you mean `path`\?",
        r':6: sources\.handbook\.every: must be a duration such as "90s".*\(not \'soon\'\)',
        r":7: sources\.handbook\.spaces: there is no space called 'enginering'.*`engineering`\?",
        r":10: sources\.other\.use: there is no source called 'fodler'\. Did you mean `folder`\?",
        r":12: spaces\.engineering: no source belongs to it",
        r":13: spaces\.engineering\.slack_channel: is unknown\. Did you mean `slack_channels`\?",
        r":16: search\.limit: must be a number",
        r":17: search\.alpha: must be less than or equal to 1 \(not 3\)",
        r":20: log\.level: must be 'debug', 'info', 'warning' or 'error' \(not 'loud'\)",
        r"environment variable TANDEM_ANSWERS__MAX_TOKEN: .*Did you mean `max_tokens`\?",
        r"environment variable TANDEM_CHUNKING__MAX_TOKENS: must be a whole number \(not 'many'\)",
        r"environment variable TANDEM_DATABASE_URL: .*Did you mean `TANDEM_DATABASE__URL`\?",
    ]
    for pattern in expected:
        assert sum(bool(re.match(pattern, line)) for line in told_of) == 1, (pattern, told_of)
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("[search\nlimit = 3", r"tandem\.toml:1: is not TOML: .*See settings\.example\.toml"),
        ("a = 1\nb = 2\nb = 3", r"tandem\.toml:3: is not TOML"),
        ("search = 4", r"search: must be a table\. Write \[search\]"),
        ("sources = 4", r"sources: must be a table"),
        ('[sources.a]\npath = "x"', r"sources\.a\.use: is missing\. Say which: .*folder"),
        ('[sources.a]\nuse = "folder"\npath = 4', r"sources\.a\.path: must be text \(not 4\)"),
        ('[sources.a]\nuse = "folder"\npath = "x"\nname = "b"', r"sources\.a\.name: is unknown"),
        ('[sources."a b"]\nuse = "folder"\npath = "x"', r"sources\.a b: .*pattern"),
        ('[sources.a]\nuse = "folder"\npath = "x"\nspaces = []', r"sources\.a\.spaces: "),
        ("[spaces.everyone]", r"spaces\.everyone: is built in"),
        ('[platforms.slak]\nx = "y"', r"platforms\.slak\.use: there is no platform called 'slak'"),
        ('[platforms.a]\nuse = "b"', r"sources: no source is set"),
        ('[model]\nuse = "lokal"\nname = "x"', r"model\.use: there is no backend called 'lokal'"),
        ('[model]\nuse = "openai"', r"model: `name` is missing"),
        ('[weaviate]\nurl = "weaviate:8080"', r"weaviate\.url: must begin with http"),
        ('[weaviate]\ngrpc_url = "http://w"', r"weaviate: .*`url`, which is missing"),
        ('[database]\nurl = "mysql://db"', r"database\.url: must be \"sqlite"),
        ('[database]\nurl = { evn = "X" }', r"database\.url: must be a reference"),
        ("[chunking]\nmin_tokens = 300", r"chunking: `min_tokens` must be at most"),
        ("weaviate.linger = -1", r"weaviate\.linger: must be a duration"),
        ('[limits]\nper_person = "often"', r"limits\.per_person: must be a rate such as \"30/h\""),
        ("[limits]\nper_channel = 30", r"limits\.per_channel: must be a rate"),
        ("[tasks.a]", r"tasks\.a\.instruction: is missing"),
    ],
)
def test_what_is_wrong_is_said(wrong: Wrong, text: str, pattern: str) -> None:
    told = wrong(text)
    assert any(re.search(pattern, line) for line in told), told


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "tandem.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(SettingsWrong, match=r"toml:2: is not UTF-8 text"):
        load_settings({}, tmp_path)


def test_a_file_that_windows_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / "tandem.toml").write_bytes("\ufeff[search]\r\nlimit = 3\r\n".encode())
    assert load_settings({}, tmp_path).search.limit == 3


def test_the_sources_of_a_space_are_known(set_to: SetTo) -> None:
    settings = set_to(
        '[sources.a]\nuse = "folder"\npath = "a"\nspaces = ["team"]\n[spaces.team]\n'
        '[sources.b]\nuse = "folder"\npath = "b"'
    )
    assert (settings.sources_of("team"), settings.sources_of("everyone")) == (("a",), ("b",))
    with pytest.raises(UnknownSpace, match="There are: everyone, public, team"):
        settings.sources_of("taem")


# -- the example ------------------------------------------------------------------------


def test_the_example_file_is_accepted_and_says_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TANDEM_EXAMPLE_DATABASE", "postgresql://anna:hunter2@db/tandem")
    settings = load_settings({"TANDEM_CONFIG": str(EXAMPLE)})
    plain = load_settings({}, ROOT / "tests")
    same = ("model", "embedder", "weaviate", "chunking", "search", "answers", "limits", "log")
    assert [getattr(settings, name) for name in same] == [getattr(plain, name) for name in same]
    assert settings.database_url().get_secret_value() == "postgresql://anna:hunter2@db/tandem"
    assert settings.sources["handbook"].options == plain.sources["handbook"].options


def test_the_example_file_shows_every_setting() -> None:
    shown, table = set[str](), ""
    for line in EXAMPLE.read_text().splitlines():
        if header := re.match(r"\[(\w+)", line):
            table = header[1]
        elif key := re.match(r"(?:#\s+)?(\w+) = ", line):
            shown.add(f"{table}.{key[1]}" if table else key[1])
    plain = {re.sub(r"^jobs\.\w+\.", "jobs.", key) for key in settable(Settings)}
    assert plain - shown - {"platforms.use"} == set()


def test_the_example_file_shows_every_job_with_its_default() -> None:
    plain, example = Jobs(), tomllib.loads(EXAMPLE.read_text())["jobs"]
    assert {*example} == {*Jobs.model_fields}
    for name in Jobs.model_fields.keys() - {"timezone", "train", "evaluate", "backup"}:
        assert getattr(Jobs.model_validate({name: example[name]}), name) == getattr(plain, name)


def test_a_job_has_an_interval_or_cron_in_a_zone(set_to: SetTo) -> None:
    settings = set_to(
        '[jobs]\ntimezone = "Europe/Berlin"\n[jobs.train]\ncron = "0 2 * * 1-5"\n'
        '[jobs.harvest]\ncron = "@daily"\ntimezone = "Asia/Tokyo"\n[jobs.health]\nevery = "never"\n'
        '[sources.a]\nuse = "folder"\npath = "a"\ncron = "*/20 * * * *"'
    )
    jobs = settings.jobs
    assert (jobs.train.cron, jobs.train.every, jobs.train.timezone) == ("0 2 * * 1-5", None, None)
    assert (jobs.harvest.every, jobs.harvest.timezone) == (None, "Asia/Tokyo")
    assert (jobs.health.every, jobs.health.cron) == (None, "")
    assert (settings.sources["a"].every, settings.sources["a"].cron) == (None, "*/20 * * * *")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[jobs.train]\nevery = "1h"\ncron = "0 2 * * *"', r":1: jobs\.train: .*two schedules"),
        ('[jobs.train]\ncron = "0 2 * *"', r":2: jobs\.train\.cron: .*has 4 fields"),
        ('[jobs.train]\ncron = "0 2 * * 8"', r":2: jobs\.train\.cron: .*no day of the week"),
        ('[jobs.train]\nevery = "0s"', r':2: jobs\.train\.every: must be at least "1s"'),
        ('[jobs]\ntimezone = "Berlin"', r":2: jobs\.timezone: must be an IANA time zone"),
        ("[jobs.trian]", r":1: jobs\.trian: is unknown. Did you mean `train`\?"),
    ],
)
def test_a_schedule_that_cannot_be_is_told_with_its_place(
    wrong: Wrong, text: str, told: str
) -> None:
    assert re.search(told, "\n".join(wrong(text)))


@pytest.mark.parametrize("given", ['"0d"', '"1s"', '"23h"', "0", '"0.5d"'])
def test_a_retention_under_which_a_harvest_would_delete_all_is_refused(
    wrong: Wrong, given: str
) -> None:
    (told,) = wrong(f"[learning]\nkeep = {given}")
    assert re.search(
        r':2: learning\.keep: must be at least "1d", .*"forever" deletes nothing', told
    )


@pytest.mark.parametrize("given", ['"-1d"', "-5", '"-0.1h"'])
def test_a_negative_retention_is_no_duration(wrong: Wrong, given: str) -> None:
    (told,) = wrong(f"[learning]\nkeep = {given}")
    assert re.search(r":2: learning\.keep: must be a duration", told)


def test_the_least_retention_and_none_at_all_are_taken(set_to: SetTo) -> None:
    assert set_to('[learning]\nkeep = "1d"').learning.keep == timedelta(days=1)
    assert set_to('[learning]\nkeep = "forever"').learning.keep is None


@pytest.mark.parametrize("key", ["search.half_life", "learning.votes_half_life"])
def test_a_half_life_of_nothing_by_which_ages_would_be_divided_is_refused(
    wrong: Wrong, key: str
) -> None:
    (told,) = wrong(f'{key} = "0d"')
    assert re.search(rf':1: {key}: must be at least "1h"', told)


def settable(model: type[Section]) -> set[str]:
    """The keys of the sections, such as `search.limit`."""
    keys = set[str]()
    for name, field in model.model_fields.items():
        inner = section_in(field.annotation)
        keys |= {f"{name}.{key}" for key in settable(inner)} if inner else {name}
    return {key for key in keys if not key.endswith(".options")}


def section_in(annotation: object) -> type[Section] | None:
    for part in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(part, type) and issubclass(part, Section):
            return part
    return None


def test_reading_the_settings_loads_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "torch", "transformers", "weaviate", "numpy", "alembic", "markitdown")
    code = (
        "import sys; from bot.settings import load_settings; load_settings();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout.strip() == "[]", told.stderr
