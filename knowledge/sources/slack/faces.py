"""Emoji by the names that Slack has for them; those that people react with."""

from __future__ import annotations

import re

NAME = re.compile(r"(?<![\w:]):([a-z0-9_+'-]{1,60}):(?::skin-tone-[2-6]:)?(?![\w:])")
FACES = {
    **dict.fromkeys(("+1", "thumbsup"), "👍"),
    **dict.fromkeys(("-1", "thumbsdown"), "👎"),
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "ballot_box_with_check": "☑️",
    **dict.fromkeys(("x", "negative_squared_cross_mark"), "❌"),
    **dict.fromkeys(("tada", "partying_face"), "🎉"),
    **dict.fromkeys(("pray", "bow"), "🙏"),
    **dict.fromkeys(("joy", "rolling_on_the_floor_laughing"), "😂"),
    **dict.fromkeys(("smile", "grinning", "smiley", "laughing", "satisfied"), "😄"),
    **dict.fromkeys(("slightly_smiling_face", "blush", "relaxed"), "🙂"),
    **dict.fromkeys(("cry", "sob"), "😢"),
    **dict.fromkeys(("thinking_face", "thinking"), "🤔"),
    **dict.fromkeys(("warning", "construction"), "⚠️"),
    **dict.fromkeys(("rotating_light", "bangbang"), "🚨"),
    **dict.fromkeys(("bulb", "sparkles"), "💡"),
    "heart": "❤️",
    "eyes": "👀",
    "rocket": "🚀",
    "fire": "🔥",
    "100": "💯",
    "clap": "👏",
    "raised_hands": "🙌",
    "ok_hand": "👌",
    "muscle": "💪",
    "wave": "👋",
    "wink": "😉",
    "heart_eyes": "😍",
    "point_up": "☝️",
    "question": "❓",
    "exclamation": "❗",
    "memo": "📝",
    "bug": "🐛",
    "star": "⭐",
    "link": "🔗",
    "lock": "🔒",
    "key": "🔑",
    "calendar": "📅",
    "robot_face": "🤖",
}


def face(name: str) -> str:
    """An emoji by its name ("+1::skin-tone-3"), or the name between colons."""
    bare = name.split("::")[0].strip(":")
    return FACES.get(bare, f":{bare}:")


def faced(text: str) -> str:
    """Names of emoji in a text as the signs, where they are known."""
    return NAME.sub(lambda found: FACES.get(found[1], found[0]), text)
