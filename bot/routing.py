"""Which mode and task a question gets, and why."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.conversation import Mode, Question, Route

POLITE = r"(?:(?:please|hey|hi|ok|kindly|can you|could you|would you|will you|help me)[,\s]+)*"
KEYWORD = re.compile(r"^\s*(?P<mode>rag|tuned)(?:\s+(?P<task>[\w-]+))?\s*[:：]\s*", re.IGNORECASE)
VERBS = {
    "rewrite": r"re-?write|rephrase|reword|paraphrase|polish|proofread|make (?:this|it|that)",
    "summarize": r"summari[sz]e|tl;?dr|sum up|shorten|condense",
    "classify": r"classify|categori[sz]e|label|tag",
    "translate": r"translate",
    "draft": r"draft|compose|write",
}
STARTS = {
    task: re.compile(rf"^\W*{POLITE}(?:{verbs})\b(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
    for task, verbs in VERBS.items()
}
CARRIES = re.compile(r"[:\n]\s*\S+(?:\s+\S+){2,}|[\"“«`].{12,}[\"”»`]", re.DOTALL)
ASKS = re.compile(  # "Rewrite rules of nginx: where are they?" is no order
    r"\s+(?!this\b|that\b|it\b|the\b|for\b|in\b|to\b|as\b)[^:\n\"“«`]+[:\n]\s*"
    r"(?:where|what|how|who|when|why|which|is|are|do|does|can|should)\b[^:\n]*$",
    re.IGNORECASE,
)
PIECE = re.compile(
    r"^\W*(?:me\s+|us\s+)?(?:an?|the|some|our)\s+(?:\w+\s+){0,3}?(?:announcement|e-?mail|message|"
    r"reply|response|post|note|memo|text|invitation|reminder|tweet|headline|thank-you)\b",
    re.IGNORECASE,
)


Router = Callable[[Question], Route]
"""What chooses the mode and the task of a question."""


def choose_route(question: Question, tasks: frozenset[str] = frozenset(VERBS)) -> Route:
    """A forced mode as it is; else by how the question begins and whether it brings its text.

    A stylistic task works on words that the person gives: "Summarize: …" is one, "Summarize
    our leave policy" is a question to the documents.
    """
    if question.mode is Mode.RAG:
        return Route(Mode.RAG, None, "forced: rag", 1.0)
    if question.mode is Mode.TUNED:
        task = question.task or _task_of(question.text, tasks) or "rewrite"
        return Route(Mode.TUNED, task, "forced: tuned", 1.0)
    for task, start in STARTS.items():
        begun = start.match(question.text)
        if task not in tasks or not begun:
            continue
        if CARRIES.search(begun["rest"]) and not ASKS.match(begun["rest"]):
            return Route(Mode.TUNED, task, f"asks to {task} the text it brings", 0.95)
        if task == "draft" and PIECE.match(begun["rest"]):
            return Route(Mode.TUNED, task, "asks for a text to be drafted", 0.8)
        return Route(Mode.RAG, None, f"asks to {task}, but brings no text: a question", 0.7)
    return Route(Mode.RAG, None, "a question for the documents", 0.9)


def _task_of(text: str, tasks: frozenset[str]) -> str | None:
    return next((t for t, start in STARTS.items() if t in tasks and start.match(text)), None)


def keyword(text: str) -> tuple[str, Mode, str | None]:
    """The text without a leading `rag:`, `tuned:` or `tuned TASK:`, and what that forces."""
    found = KEYWORD.match(text)
    if not found:
        return text, Mode.AUTO, None
    mode = Mode(found["mode"].lower())
    if mode is Mode.RAG and found["task"]:
        return text, Mode.AUTO, None
    return text[found.end() :], mode, found["task"]
