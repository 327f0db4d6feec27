"""The questions in GraphQL.

A thread's `MARKS` change when it does, in a list and in the thread itself: `updatedAt`, how many
comments it has, and when one was last edited (which `updatedAt` need not tell).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LISTED = 100  # threads on a page of a list; GitHub's most
PAGE = "pageInfo { hasNextPage endCursor }"
AUTHOR = "author { login __typename }"
SIGNALS = "reactionGroups { content reactors { totalCount } }"
SAID = f"id url body createdAt {AUTHOR} {SIGNALS}"
COMMENT = f"{SAID} isMinimized"
ANSWER = f"{COMMENT} isAnswer"
REVIEW = f"{SAID} state"
EDITED = """
  marks: comments(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) {
    totalCount nodes { updatedAt }
  }"""
OPENING = f"{SAID} title labels(first: 20) {{ nodes {{ name }} }}"


@dataclass(frozen=True)
class Kind:
    """How threads of a kind are asked for."""

    name: str  # as the settings have it
    type: str  # GraphQL's
    one: str  # the field of a repository that has one by its number
    all: str  # and the one that has all of them
    word: str  # in a document
    ending: str  # of a document's key
    marks: str
    parts: str

    @property
    def listed(self) -> str:
        """The fields of a thread in a list."""
        return f"number updatedAt {AUTHOR} {self.marks}"


ISSUES = Kind(
    name="issues",
    type="Issue",
    one="issue",
    all="issues",
    word="Issue",
    ending=".issue",
    marks=EDITED,
    parts=f"{OPENING} state stateReason comments(first: 60) {{ {PAGE} nodes {{ {COMMENT} }} }}",
)
PULLS = Kind(
    name="pulls",
    type="PullRequest",
    one="pullRequest",
    all="pullRequests",
    word="Pull request",
    ending=".pull",
    marks=f"{EDITED} counts: reviewThreads {{ totalCount }} more: reviews {{ totalCount }}",
    parts=f"""{OPENING} state
  comments(first: 60) {{ {PAGE} nodes {{ {COMMENT} }} }}
  reviews(first: 30) {{ {PAGE} nodes {{ {REVIEW} }} }}
  reviewThreads(first: 30) {{ {PAGE} nodes {{ id path isResolved
    comments(first: 20) {{ {PAGE} nodes {{ {COMMENT} }} }} }} }}""",
)
DISCUSSIONS = Kind(
    name="discussions",
    type="Discussion",
    one="discussion",
    all="discussions",
    word="Discussion",
    ending=".discussion",
    marks="counts: comments { totalCount } answerChosenAt",
    parts=f"""{OPENING} closed category {{ name }}
  comments(first: 40) {{ {PAGE} nodes {{ {ANSWER}
    replies(first: 20) {{ {PAGE} nodes {{ {ANSWER} }} }} }} }}""",
)
THREADS = {kind.name: kind for kind in (ISSUES, PULLS, DISCUSSIONS)}
FURTHER = {  # what stands in further pages: the fields of its nodes
    ("Issue", "comments"): COMMENT,
    ("PullRequest", "comments"): COMMENT,
    ("PullRequest", "reviews"): REVIEW,
    (
        "PullRequest",
        "reviewThreads",
    ): f"id path isResolved comments(first: 20) {{ {PAGE} nodes {{ {COMMENT} }} }}",
    ("PullRequestReviewThread", "comments"): COMMENT,
    (
        "Discussion",
        "comments",
    ): f"{ANSWER} replies(first: 20) {{ {PAGE} nodes {{ {ANSWER} }} }}",
    ("DiscussionComment", "replies"): ANSWER,
}


def listing(kind: Kind, order: str, since: bool) -> str:
    """A page of a list: `order` is `CREATED_AT, direction: ASC` or the like."""
    parameter, limit = (", $since: DateTime", ", filterBy: {since: $since}") if since else ("", "")
    return f"""query Listed($owner: String!, $name: String!, $after: String{parameter}) {{
  repository(owner: $owner, name: $name) {{
    all: {kind.all} {{ totalCount }}
    {kind.all}(first: {LISTED}, after: $after, orderBy: {{field: {order}}}{limit}) {{
      {PAGE} nodes {{ {kind.listed} }}
    }}
  }}
}}"""


def reading(kind: Kind, numbers: Iterable[int]) -> str:
    """Threads by their numbers, each as `t<number>`."""
    each = "\n    ".join(f"t{n}: {kind.one}(number: {n}) {{ ...Parts }}" for n in numbers)
    return f"""query Read($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
    {each}
  }}
}}
fragment Parts on {kind.type} {{ {kind.listed} {kind.parts} }}"""


def further(type: str, connection: str) -> str:
    """A further page of what a node has: `comments` and the like, as `more`."""
    return f"""query Further($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on {type} {{ more: {connection}(first: 100, after: $after) {{
      {PAGE} nodes {{ {FURTHER[type, connection]} }}
    }} }}
  }}
}}"""
