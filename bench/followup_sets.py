"""Follow-ups to measure on: conversations, a rewrite of the last turn, what answers it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from bench import corpora
from bot.conversation import Place, Question, Turn
from knowledge.documents import Chunk

TOGETHER = 3  # answers of a canard dialogue that make a passage
WRITTEN = Path(__file__).with_name("followups.jsonl")
DATA = corpora.SHARED / "data"
Key = tuple[str, str]  # source and key of a page


@dataclass(frozen=True)
class Case:
    """A question in its thread."""

    conversation: str
    thread: tuple[Turn, ...]
    text: str
    human: str = ""  # the standalone question as a person wrote it; empty: nobody did
    gold: frozenset[Key] = frozenset()  # pages to be found; empty: unknown
    evidence: tuple[str, ...] = ()  # words that a found chunk of a gold page must hold

    @property
    def held_out(self) -> bool:
        """Half of the conversations were not tuned on."""
        return crc32(self.conversation.encode()) % 2 == 1

    @property
    def question(self) -> Question:
        """As the bot gets it."""
        return Question(self.text, "", Place("terminal"), self.thread)


@dataclass(frozen=True)
class Sets:
    """Cases by the name of their set, and the passages of the sets that bring their own."""

    cases: Mapping[str, Sequence[Case]]
    chunks: Sequence[Chunk]


def ours() -> Sets:
    """Follow-ups and changes of topic in chats about the example handbook."""
    written = list(chats(WRITTEN, "handbook"))
    old = list(chats(corpora.EXAMPLE_QUESTIONS, "handbook"))
    changes = [case for case in written if case.human == case.text]
    follow = [case for case in written if case.human != case.text]
    named = {
        "handbook": [case for case in follow if case.gold],
        "handbook, tests": old,
        "handbook, new topic": changes,
        "help pages": [case for case in follow if not case.gold],
    }
    return Sets(named, ())


def shared() -> Sets:
    """The shared sets, of which `handbook-18f` gives its even numbers only."""
    mtrag, named = DATA / "mtrag", dict[str, Sequence[Case]]()
    named["mtrag"] = list(mtrag_conversations(mtrag))
    for name in ("clapnq", "fiqa"):
        named[f"mtrag {name}"] = list(mtrag_rewrites(mtrag, name))
    named["canard"], chunks = canard(DATA / "canard")
    named["handbook-18f"] = list(chats(DATA / "handbook-18f" / "questions.jsonl", "18f", 2))
    return Sets(named, [*chunks, *mtrag_passages(mtrag), *paragraphs(DATA / "squad2")])


def mtrag_passages(folder: Path) -> Iterator[Chunk]:
    """All passages of the conversations, each once."""
    contexts: Any = [row["contexts"] for row in corpora.lines(folder / "answerability.jsonl")]
    texts = {str(one["document_id"]): str(one["text"]) for found in contexts for one in found}
    return (Chunk("mtrag", key, "", "", (), 0, text) for key, text in texts.items())


def paragraphs(folder: Path) -> Iterator[Chunk]:
    """Wikipedia's paragraphs of squad2, among which nothing is to be found."""
    for article in json.loads((folder / "train.json").read_text(encoding="utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        for number, paragraph in enumerate(article["paragraphs"]):
            yield Chunk("squad2", f"{title}-{number}", title, "", (), 0, paragraph["context"])


def mtrag_conversations(folder: Path) -> Iterator[Case]:
    """Conversations with the passages that answer their last turn; nobody rewrote these."""
    for row in corpora.lines(folder / "answerability.jsonl"):
        said: Any = row["input"]
        turns = [Turn("user" if t["speaker"] == "user" else "assistant", t["text"]) for t in said]
        contexts: Any = row["contexts"]
        gold = frozenset(("mtrag", str(context["document_id"])) for context in contexts)
        if len(turns) > 1 and gold:
            yield Case(str(row["conversation_id"]), tuple(turns[:-1]), turns[-1].text, gold=gold)


def mtrag_rewrites(folder: Path, name: str) -> Iterator[Case]:
    """Last turns, the users' turns before them, and their standalone rewrites."""
    human = {str(r["_id"]): bare(r) for r in corpora.lines(folder / f"{name}_rewrite.jsonl")}
    for row in corpora.lines(folder / f"{name}_questions.jsonl"):
        turns = [turn.strip() for turn in str(row["text"]).split("|user|:") if turn.strip()]
        thread = tuple(Turn("user", turn) for turn in turns[:-1])
        if thread:
            yield Case(str(row["_id"])[:32], thread, turns[-1], human[str(row["_id"])])


def bare(row: Mapping[str, object]) -> str:
    """The text without the speaker's mark."""
    return str(row["text"]).replace("|user|:", " ").strip()


def canard(folder: Path) -> tuple[list[Case], list[Chunk]]:
    """Dialogues with a person's rewrites, and passages made of their answers."""
    dialogues: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in json.loads((folder / "part.json").read_text(encoding="utf-8")):
        dialogues[row["QuAC_dialog_id"]].append(row)
    cases, chunks = list[Case](), list[Chunk]()
    for name, rows in dialogues.items():
        last: list[str] = max((row["History"] for row in rows), key=len)
        answers = last[3::2]
        for first in range(0, len(answers), TOGETHER):
            text = " ".join(answers[first : first + TOGETHER])
            key = f"{name}-{first // TOGETHER}"
            chunks.append(Chunk("canard", key, last[0], "", (last[1],), 0, text))
        for row in rows:
            place = row["Question_no"] - 1
            gold = {("canard", f"{name}-{place // TOGETHER}")} if place < len(answers) else set()
            thread = tuple(
                Turn("assistant" if n % 2 else "user", text)
                for n, text in enumerate(row["History"])
            )
            cases.append(Case(name, thread, row["Question"], row["Rewrite"], frozenset(gold)))
    return cases, chunks


def chats(file: Path, source: str, every: int = 1) -> Iterator[Case]:
    """The follow-ups of a file of questions; of numbered ones each `every`th."""
    for row in corpora.lines(file):
        asked: Any = row
        number = "".join(c for c in str(asked.get("id", "")).split("-")[-1] if c.isdigit())
        if not asked.get("thread") or (number and int(number) % every):
            continue
        named = asked.get("pages") or asked.get("page")
        pages = [named] if isinstance(named, str) else named or ()
        turns = tuple(Turn(turn["role"], turn["text"]) for turn in asked["thread"])
        gold = frozenset((source, page) for page in pages)
        evidence = tuple(asked.get("evidence") or ())
        yield Case(
            turns[0].text, turns, asked["question"], asked.get("standalone", ""), gold, evidence
        )
