"""How well `tandem search` finds: nDCG@10 and recall@100, by keywords, by vectors, and as set."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import corpora, parts
from bench.commands import run, settle
from bench.common import Goal, Line, Table, about, options, publish, say, scratch
from bench.scores import Judged, Retrieved, read_qrels, read_run, retrieved

DEPTH = 100
SETS = {"scifact": "train", "feedbackqa": "valid"}  # the part whose judgments are used
WAYS = {"BM25 alone": ("--alpha", "0"), "vectors alone": ("--alpha", "1"), "as set": ()}


@dataclass(frozen=True)
class Judgments:
    """A corpus with questions and what is relevant to each."""

    name: str
    folder: Path  # synced as it is
    queries: Mapping[str, str]
    judged: Judged


def beir(name: str, part: str) -> Judgments:
    """One of the shared sets."""
    folder = corpora.SHARED / "data" / name
    judged = read_qrels(folder / "qrels" / f"{part}.tsv")
    texts = {str(row["_id"]): str(row["text"]) for row in corpora.lines(folder / "queries.jsonl")}
    return Judgments(f"{name} {part}", folder, {query: texts[query] for query in judged}, judged)


def handbook() -> Judgments:
    """The example handbook: the pages of each question that stands alone."""
    rows = [row for row in corpora.lines(corpora.EXAMPLE_QUESTIONS) if not row.get("thread")]
    pages = {str(row["id"]): row["pages"] for row in rows if row.get("pages")}
    texts = {str(row["id"]): str(row["question"]) for row in rows if str(row["id"]) in pages}
    judged = {query: dict.fromkeys(map(str, found), 1) for query, found in pages.items()}  # type: ignore[call-overload]
    return Judgments("examples/handbook", corpora.EXAMPLE, texts, judged)


def shortened(given: Judgments, target: Path, queries: int = 10, others: int = 30) -> Judgments:
    """A few questions, their documents and some more."""
    some = dict(list(given.judged.items())[:queries])
    texts = {query: given.queries[query] for query in some}
    wanted, kept = {document for gains in some.values() for document in gains}, list[str]()
    if not (given.folder / "corpus.jsonl").is_file():  # a folder of pages, as people write them
        corpora.pages_of([{"pages": wanted}], given.folder, target)
        return Judgments(f"{given.name}, a part", target, texts, some)
    for row in (given.folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
        if len(kept) < others or any(f'"{document}"' in row[:80] for document in wanted):
            kept.append(row)
    target.mkdir(parents=True)
    (target / "corpus.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return Judgments(f"{given.name}, a part", target, texts, some)


def measured(given: Judgments, work: Path, ways: Mapping[str, Sequence[str]]) -> Iterable[Line]:
    """Sync with the real command, search with the real command, score."""
    source = {"use": "folder", "path": str(given.folder)}
    settle(work, {"sources.judged": source, "search": {"reranker": "none"}})  # the halves alone
    say(run(work, "sync", "--json").strip())
    write_queries(given.queries, work / "queries.tsv")
    scores = {way: scored(given, work, options) for way, options in ways.items()}
    run(work, "stop")
    best = max(scores["BM25 alone"].ndcg10, scores["vectors alone"].ndcg10)
    for way, score in scores.items():
        last = way == "as set"
        told = f"recall@100 {score.recall100:.3f}, {score.queries} queries"
        # compared as they are shown, to a thousandth
        ratio = round(score.ndcg10, 3) / round(best, 3) if last else None
        goal = Goal(">=", 1.0) if last else None
        yield Line(f"{given.name}: {way}", round(score.ndcg10, 3), "nDCG@10", told, ratio, goal)


def write_queries(queries: Mapping[str, str], file: Path) -> None:
    """As `tandem search --queries` reads them."""
    rows = [f"{query}\t{' '.join(text.split())}\n" for query, text in queries.items()]
    file.write_text("".join(rows), encoding="utf-8")


def scored(given: Judgments, work: Path, options: Sequence[str]) -> Retrieved:
    """The scores of one way; the shared measure must find the same."""
    found = work / "run.trec"
    asked = ("--queries", str(work / "queries.tsv"), "--run", str(found), "-k", str(DEPTH))
    run(work, "search", *asked, *options)
    score = retrieved(given.judged, read_run(found))
    say(f"{given.name} {' '.join(options)}: {score}")
    agree(given.judged, found, score)
    return score


def agree(judged: Judged, found: Path, score: Retrieved) -> None:
    """Hold our figures against those of ../shared/measure/ndcg.py, where that is."""
    measure = corpora.SHARED / "measure" / "ndcg.py"
    if not measure.is_file():
        return
    qrels = found.with_name("qrels.tsv")
    rows = [f"{q}\t{d}\t{gain}\n" for q, gains in judged.items() for d, gain in gains.items()]
    qrels.write_text("query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8")
    asked = [sys.executable, str(measure), str(qrels), str(found)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    if f"nDCG@10 {score.ndcg10:.4f}  R@100 {score.recall100:.4f}" not in told:
        raise SystemExit(f"the shared measure says otherwise: {told} where we have {score}")


def chosen(names: Sequence[str]) -> tuple[list[Judgments], list[str]]:
    """The sets that are wanted and here; the notes say what is missing."""
    sets, notes = list[Judgments](), list[str]()
    for name in names:
        if name == "handbook":
            sets.append(handbook())
        elif (corpora.SHARED / "data" / name).is_dir():
            sets.append(beir(name, SETS[name]))
        else:
            notes.append(f"{corpora.SHARED / 'data' / name} is missing: {name} was left out")
    return sets, notes


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Retrieval quality of `tandem search`.")
    known = ("handbook", *SETS)
    parser.add_argument("--set", action="append", choices=known, help="all by default")
    parser.add_argument("--alpha", action="append", default=[], help="another weight to try")
    given = parser.parse_args(arguments)
    ways = WAYS | {f"alpha {alpha}": ("--alpha", str(alpha)) for alpha in given.alpha}
    details = about()
    sets, notes = chosen(given.set or known)
    rows = list[Line]()
    for number, each in enumerate(sets):
        with scratch() as work:
            part = shortened(each, work / "part") if given.short else each
            rows += measured(part, work / str(number), ways)
    notes += [
        f"`tandem sync`, then `tandem search --queries --run -k {DEPTH}` with {parts.EMBEDDER}; "
        "the ratio is of `as set` over the better of the other two.",
        "scifact: judgments of the train part; feedbackqa: of the valid part. The handbook's "
        "questions are our own.",
    ]
    publish(
        Table("bench.retrieval", "÷ the better", tuple(rows), tuple(notes), details), given.json
    )


if __name__ == "__main__":
    main()
