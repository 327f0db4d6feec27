"""What Discord refuses in application commands: names, descriptions, options, numbers of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.discord.refusals import (
    FORM,
    Json,
    Problem,
    Refused,
    bad_length,
    check,
    not_one_of,
    required,
    too_long,
)

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2  # types of options
MOST = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15}
MOST_OPTIONS, MOST_NAME, MOST_TEXT, MOST_IN_ALL = 25, 32, 100, 8000


def check_command(given: Json) -> None:
    """Refuse a command as Discord does: 50035 with the wrong fields."""
    check(command_problems(given, ""))


def check_commands(several: Sequence[Json]) -> None:
    """Refuse commands that are wrong, too many, or of one name."""
    check(
        problem
        for number, given in enumerate(several)
        for problem in command_problems(given, f"{number}.")
    )
    named = [(given.get("type") or SLASH, given["name"]) for given in several]
    for number, name in enumerate(named):
        if name in named[:number]:
            told = "Application command names must be unique"
            twice = Problem(str(number), "APPLICATION_COMMANDS_DUPLICATE_NAME", told)
            raise Refused(FORM, [twice])
    for kind, most in MOST.items():
        if sum(type == kind for type, _ in named) > most:
            raise Refused(FORM, [Problem("", "BASE_TYPE_MAX_LENGTH", f"Max of {most} allowed")])


def command_problems(given: Json, at: str) -> Iterator[Problem]:
    """All that is wrong with one command."""
    kind = given.get("type") or SLASH
    if kind not in MOST:
        yield not_one_of(f"{at}type", MOST)
    yield from name_problems(given.get("name"), f"{at}name", slash=kind == SLASH)
    if kind == SLASH:
        yield from description_problems(given.get("description"), f"{at}description")
        yield from options_problems(given.get("options") or [], f"{at}options")
    elif given.get("description"):
        told = "Context menu commands cannot have description"
        yield Problem(f"{at}description", "APPLICATION_COMMAND_INVALID_DESCRIPTION", told)
    elif given.get("options"):
        told = "Context menu commands cannot have options"
        yield Problem(f"{at}options", "APPLICATION_COMMAND_INVALID_OPTIONS", told)
    if size(given) > MOST_IN_ALL:
        told = f"Command exceeds maximum size ({MOST_IN_ALL})"
        yield Problem(at.rstrip("."), "APPLICATION_COMMAND_TOO_LARGE", told)


def name_problems(name: object, at: str, slash: bool) -> Iterator[Problem]:
    """1 to 32 characters; of slash commands and options letters, digits, `-_'`, none upper case."""
    if name is None:
        yield required(at)
    elif not isinstance(name, str) or not 0 < len(name.strip()) <= MOST_NAME:
        yield bad_length(at, 1, MOST_NAME)
    elif slash and (name != name.lower() or not all(c.isalnum() or c in "-_'" for c in name)):
        told = "Command name is invalid"
        yield Problem(at, "APPLICATION_COMMAND_INVALID_NAME", told)


def description_problems(text: object, at: str) -> Iterator[Problem]:
    """1 to 100 characters."""
    if text is None:
        yield required(at)
    elif not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_TEXT:
        yield bad_length(at, 1, MOST_TEXT)


def options_problems(options: Sequence[Json], at: str) -> Iterator[Problem]:
    """25 options with names of their own; those that are needed come first."""
    if len(options) > MOST_OPTIONS:
        yield too_long(at, MOST_OPTIONS)
    names = [option.get("name") for option in options]
    for number, option in enumerate(options):
        place = f"{at}.{number}"
        if option.get("name") in names[:number]:
            told = "Option names must be unique"
            yield Problem(place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", told)
        if option.get("required") and any(not one.get("required") for one in options[:number]):
            told = "Required options must be placed before non-required options"
            yield Problem(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", told)
        yield from option_problems(option, place)


def option_problems(option: Json, at: str) -> Iterator[Problem]:
    """One option: its type, name, description, choices; or the options of a subcommand."""
    if option.get("type") not in range(1, 12):
        yield not_one_of(f"{at}.type", range(1, 12))
    yield from name_problems(option.get("name"), f"{at}.name", slash=True)
    yield from description_problems(option.get("description"), f"{at}.description")
    yield from choices_problems(option.get("choices") or [], f"{at}.choices")
    if option.get("autocomplete") and option.get("choices"):
        told = "Autocomplete may not be enabled where choices are given"
        yield Problem(at, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", told)
    if option.get("type") in (SUBCOMMAND, GROUP):
        yield from options_problems(option.get("options") or [], f"{at}.options")


def choices_problems(choices: Sequence[Json], at: str) -> Iterator[Problem]:
    """25 choices, with names and values of 1 to 100 characters."""
    if len(choices) > MOST_OPTIONS:
        yield too_long(at, MOST_OPTIONS)
    for number, choice in enumerate(choices):
        for name in ("name", "value"):
            text = choice.get(name)
            if text is None or (isinstance(text, str) and not 0 < len(text) <= MOST_TEXT):
                yield bad_length(f"{at}.{number}.{name}", 1, MOST_TEXT)


def size(given: Json) -> int:
    """The characters of a command's names, descriptions and values."""
    own = sum(len(str(given.get(name) or "")) for name in ("name", "description"))
    chosen = sum(
        len(str(c.get("name"))) + len(str(c.get("value"))) for c in given.get("choices") or []
    )
    return own + chosen + sum(size(option) for option in given.get("options") or [])
