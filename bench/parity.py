"""The fast engine beside the reference: how much of what they write, greedily, is the same."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import takewhile

from bench import parts
from bench.common import Line, Table, about, options, publish, say
from model.backends import Message, Prompt, Sampling
from model.backends.local import LocalBackend, backend
from model.engines import Bits

SMALL, TOKENS = "SmolLM2-135M-Instruct", 24
SYSTEM = "You answer the people of a small pottery, in one or two sentences."
NOTES = (
    "Greedy, the same tokens of the same prompt. Transformers computes in float32 with float16 "
    "weights; OpenVINO's graph gives the same scores to 0.0001 uncompressed and unrounded "
    "(tests/test_engines.py). Here it keeps the weights with 8 or 4 bits (16: as they are), what "
    "an answer has read with 8, and rounds what it multiplies packed weights with to 8 bits. "
    "Where two words are nearly as likely, that rounding decides, and all that follows is "
    "another text: a difference in wording, not in kind.",
)
QUESTIONS = tuple(
    """
What is a kiln?|Why does clay crack when it dries?|What is glaze made of?|Who invented porcelain?
How hot is a bisque firing?|What is the capital of Portugal?|How many days has a leap year?
What is stoneware?|Why must a kiln cool slowly?|What does a thermocouple measure?
Write a short thank-you to a customer.|Say politely that a parcel is late.
Rewrite kindly: Your invoice is wrong.|Rewrite shorter: We write to let you know that we moved.
Summarise: The kiln failed on Monday. A fuse was replaced. It works again.
Is a mug a cup? Answer yes or no.|Is ice hot? Answer yes or no.|Name three colours.
Name two kinds of clay.|What is 12 times 12?|What is 7 plus 8?|Spell the word kiln.
Translate to French: Good morning.|Translate to German: Thank you.|What is the opposite of dry?
What do you call a person who makes pots?|What is raku?|What is slip casting?|What is a pyrometer?
How do I centre clay on a wheel?|How is a handle pulled?|Why is some clay red?|What is engobe?
What should I wear in the workshop?|What is silica dust?|Why should dust be wiped up wet?
Classify as praise or complaint: The vase arrived broken.
Classify as praise or complaint: I love the bowl.|Draft a reply: Can I return a plate?
Draft an announcement: The studio is closed on Friday.|What is a warranty?|What is VAT?
What does a first aider do?|How do I reset a password?|What is phishing?|What is a backup?
How do I write a good bug report?|What is a code review?|What is a release?
Explain in one sentence what an index is.
""".strip()
    .replace("\n", "|")
    .split("|")
)


def shared(one: str, other: str) -> float:
    """The share of the longer text, 0 to 1, that both begin with."""
    pairs = zip(one, other, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return same / max(len(one), len(other), 1)


def texts(writer: LocalBackend, questions: Sequence[str]) -> list[str]:
    """What it writes to each."""
    asked = [Prompt((Message("system", SYSTEM), Message("user", q))) for q in questions]
    return ["".join(writer.complete(prompt, Sampling(max_tokens=TOKENS))) for prompt in asked]


def compared(model: str, questions: Sequence[str], bits: Sequence[Bits]) -> list[Line]:
    """Two rows for each number of bits."""
    say("transformers writes")
    wanted = texts(backend(model, device="cpu", engine="transformers"), questions)
    lines = list[Line]()
    for count in bits:
        say(f"OpenVINO writes, {count} bits")
        found = texts(backend(model, device="cpu", engine="openvino", bits=count), questions)
        shares = [shared(one, other) for one, other in zip(wanted, found, strict=True)]
        equal, who = sum(share == 1 for share in shares), f"OpenVINO, {count} bits"
        lines += [
            Line(f"{who}: equal texts", equal, f"of {len(questions)}"),
            Line(f"{who}: mean share of the text before they part", statistics.mean(shares)),
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Greedy texts of OpenVINO beside those of transformers.")
    parser.add_argument("--model", help="the language model; the default one by default")
    parser.add_argument(
        "--bits", type=int, choices=(4, 8, 16), action="append", help="8 by default"
    )
    given = parser.parse_args(arguments)
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    questions = QUESTIONS[:4] if given.short else QUESTIONS
    details = about()
    lines = compared(model, questions, given.bits or (8,))
    notes = (f"{model}, {len(questions)} prompts, {TOKENS} tokens at most", *NOTES)
    publish(Table("bench.parity", "", tuple(lines), notes, details), given.json)


if __name__ == "__main__":
    main()
