"""The website source: a site of 2,000 pages on a local nginx, and a sync with 10 changed."""

from __future__ import annotations

import html
import re
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from bench import corpora, parts
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bench.memory import Cheap
from knowledge.documents import Document
from knowledge.sources.website import source
from knowledge.sources.website.site import WebsiteSource
from knowledge.sync import sync
from tests.nginx import Nginx, serving

PAGE = 5000  # characters of a page's own text
NOTES = (
    "The pages are the corpus's texts, cut into pieces of about 5,000 characters and dressed as a "
    "site: a header, a menu of 90 links (`<nav>`), a footer. Half of them mark "
    "their main part (`<main>`), of the others it has to be found. A sitemap names all.",
    "`a bare loop`: httpx gets the same pages one after the other, trafilatura extracts each; no "
    "links, no robots.txt, nothing kept. The ratio is pages per second by the source ÷ by it.",
    "The sync is the whole of it, but that the embedder makes its vectors of a text's digest: "
    "pages asked for, read, cut, written to a real Weaviate. The site allows it: `delay_s = 0`, "
    "`at_once = 8` and `allow_private = true` are set for it, which no site of others should be "
    "asked with.",
    "`read in full` is what nginx's log says was answered with 200, the sitemap not counted.",
)


def texts(folder: Path) -> Iterator[str]:
    """Pieces of the corpus, again and again."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in corpora.TEXT)
    for number, path in cycle(enumerate(files)):
        whole = path.read_text(encoding="utf-8", errors="replace")
        for start in range(0, len(whole), PAGE):
            yield f"Part {start // PAGE} of {path.stem}, {number}\n\n{whole[start : start + PAGE]}"


def page(number: int, text: str, pages: int) -> str:
    """A page of the site."""
    near = range(max(0, number - 45), min(pages, number + 45))
    links = "".join(f'<li><a href="page-{n}.html">Page {n} of the site</a></li>' for n in near)
    title = html.escape(text.partition("\n")[0])
    body = "\n".join(block(part) for part in re.split(r"\n\s*\n", text))
    main, end = ("<main>", "</main>") if number % 2 else ('<div class="page">', "</div>")
    return (
        f"<!doctype html><html><head><title>{title}</title><meta charset='utf-8'></head><body>"
        f"<header><a href='/'>Acme</a></header><nav><ul>{links}</ul></nav>"
        f"{main}<h1>{title}</h1>{body}{end}<footer>Made by Acme. All rights reserved.</footer>"
        "</body></html>"
    )


def block(text: str) -> str:
    """A paragraph, a heading, a list or code of a page."""
    escaped = html.escape(text.strip("\n"))
    if re.search(r"\n[-=~]{3,}\s*$", text):
        return f"<h2>{escaped.partition(chr(10))[0]}</h2>"
    if text.startswith("    "):
        return f"<pre><code>{escaped}</code></pre>"
    if text.startswith(("* ", "- ")):
        return f"<ul><li>{escaped[2:]}</li></ul>"
    return f"<p>{escaped}</p>"


def build(site: Nginx, folder: Path, pages: int) -> None:
    """The whole site."""
    for number, text in enumerate(islice(texts(folder), pages)):
        site.put(f"/page-{number}.html", page(number, text, pages))
    places = "".join(f"<url><loc>{site.url}/page-{n}.html</loc></url>" for n in range(pages))
    spaced = "http://www.sitemaps.org/schemas/sitemap/0.9"
    site.put("/sitemap.xml", f'<urlset xmlns="{spaced}">{places}</urlset>')


def change(site: Nginx, pages: int, changed: int, turn: int) -> None:
    """Some pages are saved anew, spread over all."""
    for number in range(turn % 7, pages, pages // changed):
        file = site.home / "site" / f"page-{number}.html"
        page = file.read_text().replace("</h1>", f"</h1><p>Edition {turn} of this page.</p>", 1)
        site.put(f"/page-{number}.html", page)


def the_source(site: Nginx) -> WebsiteSource:
    """The site as it is read."""
    return source("bench", f"{site.url}/", delay_s=0, at_once=8, allow_private=True)


def read(site: Nginx) -> None:
    """All pages by the source alone."""
    count = sum(isinstance(item, Document) for item in the_source(site).documents(None))
    say(f"{count} pages read")


def bare(site: Nginx, pages: int) -> None:
    """The same by what anybody would write."""
    import httpx
    from trafilatura import extract

    with httpx.Client() as client:
        for number in range(pages):
            answer = client.get(f"{site.url}/page-{number}.html")
            extract(answer.text, output_format="markdown", include_links=True)


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def whole(site: Nginx) -> int:
    """Pages that were answered in full since this was last asked."""
    counts = Counter(status for status, path in site.asked() if path.startswith("/page-"))
    say(f"answered: {dict(counts)}")
    return counts[200]


def measured(given: Namespace, work: Path, site: Nginx) -> list[Line]:
    """The lines."""
    pages, changed, turns = (60, 5, 1) if given.short else (given.pages, 10, given.repeats)
    build(site, corpora.documents("peps", given.folder).folder, pages)
    return [*reading(site, pages, turns), *syncing(work, site, pages, changed, turns)]


def reading(site: Nginx, pages: int, turns: int) -> list[Line]:
    """How fast the pages are read, in turn with the bare loop."""
    alone, ours = [], []
    for _ in range(turns):
        alone.append(pages / timed(lambda: bare(site, pages)))
        ours.append(pages / timed(lambda: read(site)))
    floor, found = Sample(tuple(alone)), Sample(tuple(ours))
    ratio = found.median / floor.median
    return [
        Line(f"{pages} pages: a bare loop", floor.median, "pages/s", floor.spread),
        Line(f"{pages} pages: the source", found.median, "pages/s", found.spread, ratio),
    ]


def syncing(work: Path, site: Nginx, pages: int, changed: int, turns: int) -> list[Line]:
    """How long syncs take: the first, and those after some pages changed."""
    cheap = Cheap(parts.embedder())
    again, full = [], []
    with parts.weaviate(work / "home") as server:
        index = parts.index(server, cheap)

        def synced() -> None:
            told = sync(the_source(site), index, cheap, lambda page: parts.cut(page, cheap))
            say(str(told))

        first = pages / timed(synced)
        for turn in range(turns):
            change(site, pages, changed, turn)
            whole(site)
            again.append(timed(synced))
            full.append(whole(site))
    what, later = f"{pages} pages, {changed} changed", Sample(tuple(again))
    return [
        Line(f"{pages} pages: the first sync", first, "pages/s", goal=Goal(">=", 50)),
        Line(f"{what}: the sync", later.median, "s", later.spread, goal=Goal("<=", 15)),
        Line(f"{what}: read in full, at most", max(full), "pages", goal=Goal("<=", changed)),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("The website source, beside httpx and trafilatura alone.")
    parser.add_argument("--pages", type=int, default=2000, help="of the site; 2000 by default")
    parser.add_argument("--repeats", type=int, default=3, help="turns; 3 by default")
    parser.add_argument("--folder", type=Path, help="of the texts; default: the shared peps")
    given, found = parser.parse_args(arguments), about()
    with scratch() as work, serving(work) as site:
        told = measured(given, work, site)
    publish(Table("bench.website", "ratio", tuple(told), NOTES, found), given.json)


if __name__ == "__main__":
    main()
