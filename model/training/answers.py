"""Teaches a language model to answer from numbered notes, or to say that they do not tell."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.backends import Prompt
from model.grounding import Notes, expected, grounded

if TYPE_CHECKING:
    from torch import Tensor

WORDS, MOST = 120, 9  # of all notes together; notes
GOLD = 3  # notes that answer, of all that do
NAMED = 2  # notes that a reply names, where several are needed
FIRST = 2.0  # how much the first token weighs, which decides between an answer and silence
MARKER = "\u2060reply\u2060"
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Dials:
    """How the adapter is trained."""

    epochs: float = 1.4
    batch: int = 24
    rate: float = 1.5e-4
    rank: int = 8
    dropout: float = 0.05
    warm: float = 0.06  # of all steps
    seed: int = 5


@dataclass(frozen=True)
class Note:
    """A statement that may be shown."""

    title: str  # of its page and section
    text: str
    answers: bool
    place: tuple[str, int]  # its passage, and where it stands there


@dataclass(frozen=True)
class Case:
    """A question with all that was found for it, the likeliest note first."""

    set: str
    id: str
    question: str
    notes: tuple[Note, ...]
    answer: str = ""
    several: bool = False  # it takes several notes together
    turns: int = 1  # examples that are made of it
    withheld: float = 0.2  # the share of those from which the notes that answer are kept


@dataclass(frozen=True)
class Example:
    """A prompt and the reply that is wanted."""

    prompt: Prompt
    reply: str
    notes: tuple[Note, ...]  # in the order of their numbers
    case: Case

    @property
    def right(self) -> frozenset[int]:
        """The numbers of the notes that answer."""
        return frozenset(n for n, note in enumerate(self.notes, start=1) if note.answers)


def examples(cases: Iterable[Case], seed: int) -> list[Example]:
    """What the cases teach; the same for the same seed."""
    made: list[Example] = []
    for case in cases:
        for turn in range(case.turns):
            chance = random.Random(f"{seed}.{case.set}.{case.id}.{turn}")  # noqa: S311  # no secret
            if example := _example(case, chance):
                made.append(example)
    return made


def _example(case: Case, chance: random.Random) -> Example | None:
    """One example; none where nothing is left to be shown."""
    gold = [note for note in case.notes if note.answers]
    others = [note for note in case.notes if not note.answers]
    if gold and chance.random() >= case.withheld:
        shown = beside(gold[:GOLD], others, chance)
        return composed(case, shown, chance)
    if gold:  # its answer may stand elsewhere too: what holds it is no lesson in silence
        others = [note for note in others if plain(case.answer) not in plain(note.text)]
    shown = within(others[chance.choice((0, 0, 0, 1)) :])
    return composed(case, shown, chance) if shown else None


def beside(gold: Sequence[Note], others: Sequence[Note], chance: random.Random) -> list[Note]:
    """The notes that answer and the likeliest others, as many as fit or half of that."""
    room = WORDS - sum(len(note.text.split()) for note in gold)
    room = chance.choice((room, room, room // 2))
    return [*gold, *(within(others, room) if room > 5 else ())][:MOST]


def within(notes: Sequence[Note], words: int = WORDS) -> list[Note]:
    """The first notes that fit; at least one, if there is any."""
    kept: list[Note] = []
    for note in notes:
        size = len(note.text.split())
        if kept and (size > words or len(kept) >= MOST):
            break
        kept.append(note)
        words -= size
    return kept


def composed(case: Case, shown: Sequence[Note], chance: random.Random | None = None) -> Example:
    """The prompt with these notes and its reply; without `chance` the best page comes last."""
    groups: dict[str, list[Note]] = {}
    for note in shown:
        groups.setdefault(note.title, []).append(note)
    titles = list(groups)[::-1]
    if chance is not None:
        chance.shuffle(titles)
    ordered = [sorted(groups[title], key=lambda note: note.place) for title in titles]
    told = [
        Notes(t, tuple(n.text for n in group)) for t, group in zip(titles, ordered, strict=True)
    ]
    numbered = tuple(note for group in ordered for note in group)
    right = [n for n, note in enumerate(numbered, start=1) if note.answers]
    reply = expected(right[: NAMED if case.several else 1], case.answer)
    return Example(grounded(case.question, told), reply, numbered, case)


def distinct(notes: Iterable[Note]) -> Iterator[Note]:
    """Notes whose words were not there before."""
    seen: set[str] = set()
    for note in notes:
        if (words := plain(note.text)) not in seen:
            seen.add(words)
            yield note


def plain(text: str) -> str:
    """Words in lower case."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


@dataclass(frozen=True)
class Writing:
    """An example in tokens."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]  # with the end of the turn


def writings(tokenizer: Any, made: Sequence[Example]) -> list[Writing]:
    """The examples in tokens, as the model's chat template lays them out."""
    end = end_of_turn(tokenizer)
    return [
        Writing(prompt_ids(tokenizer, each.prompt), (*_ids(tokenizer, each.reply), *end))
        for each in made
    ]


def prompt_ids(tokenizer: Any, prompt: Prompt) -> tuple[int, ...]:
    """The tokens that are before a reply."""
    told = [{"role": message.role, "content": message.text} for message in prompt.messages]
    text = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    return _ids(tokenizer, text)


def end_of_turn(tokenizer: Any) -> tuple[int, ...]:
    """The token with which the template ends a reply."""
    told = [{"role": "user", "content": "?"}, {"role": "assistant", "content": MARKER}]
    text = tokenizer.apply_chat_template(told, tokenize=False)
    return _ids(tokenizer, text.partition(MARKER)[2])[:1] or (tokenizer.eos_token_id,)


def _ids(tokenizer: Any, text: str) -> tuple[int, ...]:
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def adapted(model: Any, dials: Dials) -> Any:
    """The model with a new adapter on all its layers; only that learns."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(dials.seed)
    config = LoraConfig(
        r=dials.rank,
        lora_alpha=2 * dials.rank,
        lora_dropout=dials.dropout,
        target_modules=list(LAYERS),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def loss(adapted_model: Any, some: Sequence[Writing]) -> Tensor:
    """The mean loss of the replies' tokens; the vocabulary is scored for those alone."""
    import torch
    from torch.nn.functional import cross_entropy

    inner = adapted_model.get_base_model()
    device = inner.lm_head.weight.device
    ids, mask = (t.to(device) for t in padded([(*each.prompt, *each.reply) for each in some]))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        hidden = inner.model(input_ids=ids, attention_mask=mask).last_hidden_state
        before = [
            hidden[row, len(each.prompt) - 1 : len(each.prompt) - 1 + len(each.reply)]
            for row, each in enumerate(some)
        ]
        scores = inner.lm_head(torch.cat(before)).float()
    wanted = torch.tensor([token for each in some for token in each.reply], device=device)
    heavy = [FIRST if place == 0 else 1.0 for each in some for place in range(len(each.reply))]
    weights = torch.tensor(heavy, device=device)
    return (cross_entropy(scores, wanted, reduction="none") * weights).sum() / weights.sum()


def padded(rows: Sequence[Sequence[int]], left: bool = False) -> tuple[Tensor, Tensor]:
    """Ids and mask, int64, (rows, longest); padding is 0 and not attended to."""
    import torch

    longest = max(map(len, rows))
    ids, mask = torch.zeros(2, len(rows), longest, dtype=torch.long)
    for number, row in enumerate(rows):
        place = slice(longest - len(row), longest) if left else slice(0, len(row))
        ids[number, place] = torch.tensor(row)
        mask[number, place] = 1
    return ids, mask


@dataclass(frozen=True)
class Written:
    """What the model replied to an example."""

    example: Example
    text: str
    certainty: float  # 0 to 1: that it begins an answer, rather than saying that none is known


def replies(
    model: Any, tokenizer: Any, asked: Sequence[Example], batch: int = 32, tokens: int = 40
) -> list[Written]:
    """Greedy replies, in the order asked."""
    import torch

    ids = [prompt_ids(tokenizer, each.prompt) for each in asked]
    begins = [_ids(tokenizer, expected(notes, "x"))[0] for notes in ((1,), ())]
    end = [*end_of_turn(tokenizer), *([tokenizer.eos_token_id] if tokenizer.eos_token_id else [])]
    device, found = next(model.parameters()).device, dict[int, Written]()
    order = sorted(range(len(asked)), key=lambda i: len(ids[i]))
    model.eval()
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        given, mask = (t.to(device) for t in padded([ids[i] for i in some], left=True))
        with torch.no_grad():
            told = model.generate(
                input_ids=given,
                attention_mask=mask,
                max_new_tokens=tokens,
                do_sample=False,
                eos_token_id=end,
                pad_token_id=end[0],
                return_dict_in_generate=True,
                output_scores=True,
            )
        chances = torch.softmax(told.scores[0].float(), -1)[:, begins].tolist()
        for i, row, (answers, silent) in zip(some, told.sequences, chances, strict=True):
            text = tokenizer.decode(row[given.shape[1] :], skip_special_tokens=True)
            found[i] = Written(asked[i], text, answers / (answers + silent + 1e-9))
    return [found[i] for i in range(len(asked))]


def counts(made: Sequence[Example]) -> Mapping[str, Mapping[str, int]]:
    """By set: examples, and those of them whose reply is silence."""
    found: dict[str, dict[str, int]] = {}
    for each in made:
        row = found.setdefault(each.case.set, {"examples": 0, "silent": 0})
        row["examples"] += 1
        row["silent"] += not each.right
    return found
