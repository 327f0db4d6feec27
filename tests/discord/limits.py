"""What Discord refuses in a message: its sizes, its embeds, and that it is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.discord.components import message_components_problems
from tests.discord.refusals import (
    EMPTY,
    Json,
    Problem,
    Refused,
    bad_length,
    check,
    not_a,
    required,
    too_long,
)

MOST_CONTENT = 2000  # code points; so for all below
MOST_EMBEDS, MOST_FIELDS, MOST_IN_EMBEDS = 10, 25, 6000
MOST_NONCE, MOST_REASON, MOST_THREAD_NAME = 25, 512, 100
TEXTS = {"title": 256, "description": 4096}
INNER_TEXTS = {("footer", "text"): 2048, ("author", "name"): 256}
FIELD_TEXTS = {"name": 256, "value": 1024}
URL = re.compile(r"(https?|attachment)://[^\s]+")
KINDS = {"users", "roles", "everyone"}
COMPONENTS_V2 = 1 << 15


def check_message(given: Json, at: str = "") -> None:
    """Refuse a message as Discord does: 50035 with the wrong fields, or 50006 when empty.

    `at`: where in the body it stands, such as "data.".
    """
    check_fields(given, at)
    if is_empty(given):
        raise Refused(EMPTY)


def check_fields(given: Json, at: str = "") -> None:
    """Refuse wrong fields alone: of an edit, where what is not given stays as it is."""
    check([Problem(at + p.at, p.code, p.message) for p in message_problems(given)])


def is_empty(message: Json) -> bool:
    """Has it nothing to show?"""
    named = ("embeds", "components", "attachments", "sticker_ids", "poll")
    shown = any(message.get(name) for name in named)
    return not shown and not str(message.get("content") or "").strip()


def message_problems(given: Json) -> Iterator[Problem]:
    """All that is wrong with a message that is sent or edited."""
    yield from text_problems(given.get("content"), "content", MOST_CONTENT)
    yield from nonce_problems(given)
    yield from embeds_problems(given.get("embeds"))
    yield from mentions_problems(given.get("allowed_mentions"))
    yield from message_components_problems(given.get("components"))
    if int(given.get("flags") or 0) & COMPONENTS_V2 and (
        given.get("content") or given.get("embeds")
    ):
        told = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        yield Problem("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", told)


def text_problems(value: object, at: str, most: int) -> Iterator[Problem]:
    """A text with a limit; spaces at its ends do not count."""
    if value is None:
        return
    if not isinstance(value, str):
        yield not_a(at, "STRING", f'Could not interpret "{value}" as string.')
    elif len(value.strip()) > most:
        yield too_long(at, most)


def nonce_problems(given: Json) -> Iterator[Problem]:
    """A nonce is a text of 25 characters at most, or a number; enforcing needs one."""
    nonce = given.get("nonce")
    if nonce is not None and len(str(nonce)) > MOST_NONCE:
        yield too_long("nonce", MOST_NONCE)
    if given.get("enforce_nonce") and nonce in (None, ""):
        yield required("nonce")


def embeds_problems(embeds: object) -> Iterator[Problem]:
    """Ten embeds with 6,000 characters in all."""
    if embeds is None:
        return
    if not isinstance(embeds, list):
        yield not_a("embeds", "LIST", "Only iterables may be used in a ListType")
        return
    if len(embeds) > MOST_EMBEDS:
        yield too_long("embeds", MOST_EMBEDS)
    for number, embed in enumerate(embeds):
        yield from embed_problems(embed, f"embeds.{number}")
    if sum(embed_size(embed) for embed in embeds) > MOST_IN_EMBEDS:
        told = f"Embed size exceeds maximum size of {MOST_IN_EMBEDS}"
        yield Problem("embeds", "MAX_EMBED_SIZE_EXCEEDED", told)


def embed_problems(embed: object, at: str) -> Iterator[Problem]:
    """One embed: its texts, its fields, its addresses."""
    if not isinstance(embed, dict):
        yield not_a(at, "DICT", "Only dictionaries may be used in a DictType")
        return
    for name, most in TEXTS.items():
        yield from text_problems(embed.get(name), f"{at}.{name}", most)
    for (outer, name), most in INNER_TEXTS.items():
        yield from text_problems((embed.get(outer) or {}).get(name), f"{at}.{outer}.{name}", most)
    yield from fields_problems(embed.get("fields") or [], f"{at}.fields")
    if embed.get("url") and not URL.fullmatch(str(embed["url"])):
        yield Problem(f"{at}.url", "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def fields_problems(fields: list[Json], at: str) -> Iterator[Problem]:
    """Twenty-five fields, each with a name and a value."""
    if len(fields) > MOST_FIELDS:
        yield too_long(at, MOST_FIELDS)
    for number, field in enumerate(fields):
        for name, most in FIELD_TEXTS.items():
            if not str(field.get(name) or "").strip():
                yield required(f"{at}.{number}.{name}")
            yield from text_problems(field.get(name), f"{at}.{number}.{name}", most)


def embed_size(embed: object) -> int:
    """The characters that count for the 6,000."""
    if not isinstance(embed, dict):
        return 0
    texts = [embed.get(name) for name in TEXTS]
    texts += [(embed.get(outer) or {}).get(name) for outer, name in INNER_TEXTS]
    texts += [field.get(name) for field in embed.get("fields") or [] for name in FIELD_TEXTS]
    return sum(len(str(text or "").strip()) for text in texts)


def mentions_problems(allowed: object) -> Iterator[Problem]:
    """Whom a message may ping: kinds, or people and roles by name, never both."""
    if not isinstance(allowed, dict):
        return
    parse = allowed.get("parse") or []
    for number, kind in enumerate(parse):
        if kind not in KINDS:
            told = "Value must be one of ('users', 'everyone', 'roles')."
            yield Problem(f"allowed_mentions.parse.{number}", "BASE_TYPE_CHOICES", told)
    for kind in ("users", "roles"):
        named = allowed.get(kind) or []
        if len(named) > 100:
            yield too_long(f"allowed_mentions.{kind}", 100)
        if named and kind in parse:
            told = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield Problem("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", told)


def check_thread(given: Json) -> None:
    """Refuse a thread whose name or pause Discord does not take."""
    check([*thread_problems(given)])


def thread_problems(given: Json) -> Iterator[Problem]:
    """A thread's name has 1 to 100 characters; it is archived after 1 hour, or 1, 3, 7 days."""
    yield from [required("name")] if given.get("name") is None else bad_name(given["name"])
    pause = given.get("auto_archive_duration")
    if pause is not None and pause not in (60, 1440, 4320, 10080):
        told = "Value must be one of (60, 1440, 4320, 10080)."
        yield Problem("auto_archive_duration", "BASE_TYPE_CHOICES", told)


def bad_name(name: object) -> list[Problem]:
    """The problem of a thread's name that is too long, or empty."""
    fits = isinstance(name, str) and 0 < len(name.strip()) <= MOST_THREAD_NAME
    return [] if fits else [bad_length("name", 1, MOST_THREAD_NAME)]


def check_reason(reason: str) -> None:
    """Refuse a reason for the audit log of more than 512 characters."""
    check([too_long("X-Audit-Log-Reason", MOST_REASON)] if len(reason) > MOST_REASON else [])
