"""Trains the reader: which of some passages is relevant, and which statement answers, if any."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.reranker import Page, Reading
from knowledge.reranker.layout import HEAD, QUESTION, STATEMENT, Layout, laid_out, tokens_of
from knowledge.reranker.lessons import Candidate, Lesson, Lessons

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from torch.nn import ModuleDict, Parameter

HEADS = ("rel", "ans", "ev")  # relevance, answers, evidence
DROPPED = 0.1
FIRST = 0.02  # the standard deviation of a head's first weights
POSITIVES = 3  # of a question in a batch
OTHERS, OTHERS_RANKED, OTHERS_ALONE = 6, 5, 7  # other passages beside them; alone: none answers
BINARY = 0.3  # the weight of each yes-or-no loss beside the choices among all, which weigh 1
RARE = 3.0  # how much more a statement that answers weighs in its yes-or-no loss
NEVER = -1e4  # a score that the softmax does not see


@dataclass(frozen=True)
class Dials:
    """How the reader is trained; the prototype's values."""

    epochs: float = 2.6
    batch: int = 16  # questions
    rate: float = 8e-5  # of the encoder; the heads learn at `head_rate` times it
    head_rate: float = 5.0
    decay: float = 0.01
    warm: float = 0.08  # of all steps
    seed: int = 1


@dataclass(frozen=True)
class Texts:
    """Tokens of questions and pages, each tokenised once."""

    tokenizer: Tokenizer
    lessons: Lessons
    _asked: dict[str, list[int]] = field(default_factory=dict)
    _pages: dict[str, tuple[list[int], list[list[int]]]] = field(default_factory=dict)

    def layout(self, question: str, page: str) -> Layout:
        """A question and a page as the reader sees them."""
        if question not in self._asked:
            self._asked[question] = tokens_of(self.tokenizer, [question])[0][:QUESTION]
        if page not in self._pages:
            self._pages[page] = self._tokens(self.lessons.pages[page])
        head, said = self._pages[page]
        return laid_out(self._asked[question], head, said)

    def _tokens(self, page: Page) -> tuple[list[int], list[list[int]]]:
        head, *said = tokens_of(self.tokenizer, [page.head, *page.statements])
        return head[:HEAD], [tokens[:STATEMENT] for tokens in said]


@dataclass(frozen=True)
class Read:
    """What the reader says of a batch of passages, as log-odds."""

    relevance: Tensor  # (passages,)
    answers: Tensor  # (passages,)
    evidence: Tensor  # (passages, most statements), the mean over a statement's tokens
    there: Tensor  # (passages, most statements), bool: is there such a statement?

    def rows(self, begin: int, end: int) -> Read:
        """What is said of these passages."""
        given = (self.relevance, self.answers, self.evidence, self.there)
        return Read(*(values[begin:end] for values in given))


def trainee(bert: Any) -> ModuleDict:
    """The encoder with its three heads, new; word vectors stay as they are, so they need no room.

    `bert` gives `last_hidden_state`, (passages, tokens, dims).
    """
    import torch
    from torch.nn import Linear, ModuleDict

    parts = ModuleDict({"bert": bert})
    for name in HEADS:
        head = Linear(bert.config.hidden_size, 1)
        torch.nn.init.normal_(head.weight, std=FIRST)
        torch.nn.init.zeros_(head.bias)
        parts[name] = head
    bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return parts


def learning(parts: ModuleDict, dials: Dials) -> list[dict[str, Any]]:
    """The parameters that learn, with their rates, as an optimizer takes them."""
    heads = [p for name in HEADS for p in parts[name].parameters()]
    encoder = [p for p in _of(parts["bert"]) if p.requires_grad]
    return [
        {"params": encoder, "lr": dials.rate},
        {"params": heads, "lr": dials.rate * dials.head_rate},
    ]


def _of(module: Any) -> Iterator[Parameter]:
    yield from module.parameters()


def epoch(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons as often as they come in an epoch."""
    return [lesson for lesson in lessons for _ in range(lesson.turns)]


def drawn(lesson: Lesson, chance: random.Random) -> list[Candidate]:
    """The candidates of a lesson that one batch shows: those that answer first."""
    right = [c for c in lesson.candidates if c.relevant or c.evidence]
    others = [c for c in lesson.candidates if c not in right]
    if lesson.ranks:
        right, most = [chance.choice(right)] if right else [], OTHERS_RANKED
    else:
        right, most = right[:POSITIVES], OTHERS if right else OTHERS_ALONE
    return [*right, *chance.sample(others, min(most, len(others)))]


def loss(parts: ModuleDict, texts: Texts, lessons: Sequence[Lesson], seed: str) -> Tensor:
    """The loss of a batch of lessons; `seed` decides which candidates are shown."""
    import torch

    chance = random.Random(seed)  # noqa: S311  # no secret hangs on it
    shown = [(lesson, drawn(lesson, chance)) for lesson in lessons]
    layouts = [texts.layout(lesson.question, c.page) for lesson, some in shown for c in some]
    said, begin = read(parts, layouts), 0
    losses: list[Tensor] = []
    for _, candidates in shown:
        end = begin + len(candidates)
        part = said.rows(begin, end)
        losses += [*_ranking(part, candidates), *_evidence(part, candidates)]
        begin = end
    return torch.stack(losses).sum() / len(lessons)


def _ranking(said: Read, candidates: Sequence[Candidate]) -> Iterator[Tensor]:
    """Each relevant passage against all others: the log of its share."""
    import torch

    judged = [c.relevant for c in candidates]
    if True not in judged or False not in judged:
        return
    right = torch.tensor([j is True for j in judged], device=said.relevance.device)
    others = said.relevance[~right]
    scores = [score.reshape(1) for score in said.relevance[right]]
    yield torch.stack([torch.logsumexp(torch.cat([s, others]), 0) - s[0] for s in scores]).mean()


def _evidence(said: Read, candidates: Sequence[Candidate]) -> Iterator[Tensor]:
    """The statements that answer against all others and against "none"; and each by itself."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as yes_or_no

    if any(c.evidence is None for c in candidates):
        return
    device = said.evidence.device
    right = answering(candidates, said.evidence.shape[1]).to(device) & said.there
    zero = torch.zeros(1, device=device)
    scores, marked = said.evidence[said.there], right[said.there]
    among = torch.cat([zero, scores])
    good = torch.cat([~marked.any()[None], marked])  # "none", where no statement answers
    yield torch.logsumexp(among, 0) - torch.logsumexp(among.masked_fill(~good, NEVER), 0)
    holds = torch.tensor([float(bool(c.evidence)) for c in candidates], device=device)
    yield BINARY * yes_or_no(said.answers, holds)
    rare = torch.tensor(RARE, device=device)
    if len(scores):
        yield BINARY * yes_or_no(scores, marked.float(), pos_weight=rare)


def answering(candidates: Sequence[Candidate], most: int) -> Tensor:
    """Which statements answer: bool, (candidates, most); those beyond `most` were cut."""
    import torch

    found = torch.zeros(len(candidates), most, dtype=torch.bool)
    for row, candidate in enumerate(candidates):
        for place in candidate.evidence or ():
            if place < most:
                found[row, place] = True
    return found


def read(parts: ModuleDict, layouts: Sequence[Layout]) -> Read:
    """Passages read together; in bfloat16 where the parts are on a GPU."""
    import torch
    from torch.nn.functional import dropout

    device = next(iter(parts["rel"].parameters())).device
    ids, types, mask, places = (t.to(device) for t in tensors(layouts))
    most = max(1, *(len(layout.spans) for layout in layouts))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        states = parts["bert"](input_ids=ids, token_type_ids=types, attention_mask=mask)
        hidden = dropout(states.last_hidden_state, DROPPED, training=parts.training)
        tokens = parts["ev"](hidden).squeeze(-1).float()
        first = hidden[:, 0]
        relevance, answers = (parts[n](first).squeeze(-1).float() for n in ("rel", "ans"))
    sums = torch.zeros(len(layouts), most + 1, device=device).scatter_add(1, places, tokens)
    sizes = torch.zeros_like(sums).scatter_add(1, places, torch.ones_like(tokens))
    mean = (sums / sizes.clamp(min=1))[:, 1:]
    return Read(relevance, answers, mean, sizes[:, 1:] > 0)


def tensors(layouts: Sequence[Layout]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Ids, types, mask and, of each token, its statement from 1, else 0: int64, padded."""
    import torch

    longest = max(len(layout.ids) for layout in layouts)
    ids, types, mask, places = (
        torch.zeros(len(layouts), longest, dtype=torch.long) for _ in range(4)
    )
    for row, layout in enumerate(layouts):
        size = len(layout.ids)
        ids[row, :size] = torch.tensor(layout.ids)
        types[row, layout.second : size] = 1
        mask[row, :size] = 1
        for number, (begin, end) in enumerate(layout.spans, start=1):
            places[row, begin:end] = number
    return ids, types, mask, places


def readings(
    parts: ModuleDict, texts: Texts, lessons: Sequence[Lesson], batch: int = 128, most: int = 40
) -> list[list[Reading]]:
    """Of each lesson the readings of its first `most` candidates."""
    import torch

    asked = [(n, x.question, c.page) for n, x in enumerate(lessons) for c in x.candidates[:most]]
    layouts = [texts.layout(question, page) for _, question, page in asked]
    order = sorted(range(len(asked)), key=lambda i: len(layouts[i].ids))
    found = dict[int, Reading]()
    parts.eval()
    with torch.no_grad():
        for begin in range(0, len(order), batch):
            some = order[begin : begin + batch]
            found |= zip(some, _values(read(parts, [layouts[i] for i in some])), strict=True)
    told: list[list[Reading]] = [[] for _ in lessons]
    for place, (number, _, _) in enumerate(asked):
        told[number].append(found[place])
    return told


def _values(said: Read) -> Iterator[Reading]:
    rows = zip(
        said.relevance.tolist(),
        said.answers.tolist(),
        said.evidence.tolist(),
        said.there.tolist(),
        strict=True,
    )
    for relevance, answers, evidence, there in rows:
        kept = tuple(value for value, held in zip(evidence, there, strict=True) if held)
        yield Reading(relevance, answers, kept)
