"""A GitHub with a repository in it, as fixtures."""

from __future__ import annotations

import pytest

from tests.faults import Server
from tests.github.reading import LATER, release
from tests.github.service import Repository, Service, connection, wrote


@pytest.fixture
def service(server: Server) -> Service:
    return Service(server)


@pytest.fixture
def web(service: Service) -> Repository:
    """acme/web, which has something of each kind but a wiki."""
    made = service.repository("acme/web")
    made.thread(1, "Issue", "The kiln is cold", "It says **E4**.", labels=["kiln"])
    reply = wrote("DiscussionComment", "r1", "Thanks!", "ana")
    said = [
        wrote("DiscussionComment", "c1", "Try at noon.", "ben", replies=connection([])),
        wrote(
            "DiscussionComment", "c2", "27 days.", "eve", LATER,
            isAnswer=True, reactions={"HEART": 2}, replies=connection([reply]),
        ),
    ]  # fmt: skip
    made.thread(2, "Discussion", "How much leave?", "I am new.", comments=said)
    made.thread(3, "PullRequest", "Warm the kiln", "Closes #1.", state="MERGED")
    made.thread(4, "Issue", "Bump lodash", "Bumps it.", login="dependabot[bot]")
    made.releases.append(release("v1.2", "Warmer"))
    return made
