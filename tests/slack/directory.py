"""The methods about the app itself, people and user groups."""

from __future__ import annotations

from tests.slack.conversations import page, paged
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused
from tests.slack.workspace import Workspace
from tests.slack.world import APP, BOT, BOT_USER, TEAM, Group, Person


async def auth_test(slack: Workspace, args: Args) -> Json:
    """Who the bot is."""
    return {
        "ok": True,
        "url": f"{slack.base}/",
        "team": "Tandem tests",
        "team_id": TEAM,
        "user": "tandem",
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


async def connections_open(slack: Workspace, args: Args) -> Json:
    """Where to open a socket, once."""
    base = slack.base.replace("http", "ws", 1)
    return {"ok": True, "url": f"{base}/link/?ticket={slack.sockets.ticket()}&app_id={APP}"}


async def user_info(slack: Workspace, args: Args) -> Json:
    """One person."""
    person = slack.world.people.get(args.needed("user"))
    if person is None:
        raise Refused("user_not_found")
    return {"ok": True, "user": person_json(person)}


async def user_list(slack: Workspace, args: Args) -> Json:
    """All people, in pages."""
    found, cursor = page(list(slack.world.people.values()), args, 1000)
    return {"ok": True, "members": [person_json(person) for person in found]} | paged(cursor)


async def group_list(slack: Workspace, args: Args) -> Json:
    """All user groups."""
    with_users = args.flag("include_users")
    groups = [group_json(group, with_users) for group in slack.world.groups.values()]
    return {"ok": True, "usergroups": groups}


async def group_users(slack: Workspace, args: Args) -> Json:
    """Who is in a user group."""
    group = slack.world.groups.get(args.needed("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"ok": True, "users": list(group.members)}


def person_json(person: Person) -> Json:
    """A person as Slack words it."""
    profile = {
        "real_name": person.name.title(),
        "display_name": person.name,
        "team": person.team_id,
    }
    grid = {"enterprise_user": {"enterprise_id": person.enterprise_id}}
    return (grid if person.enterprise_id else {}) | {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "real_name": person.name.title(),
        "deleted": person.deleted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_stranger": person.team_id != TEAM and not person.enterprise_id,
        "tz": person.tz,
        "tz_offset": 3600,
        "locale": person.locale,
        "profile": profile,
    }


def group_json(group: Group, with_users: bool) -> Json:
    """A user group as Slack words it."""
    told: Json = {"id": group.id, "team_id": TEAM, "handle": group.handle, "name": group.handle}
    users = {"users": list(group.members)} if with_users else {}
    return told | {"user_count": len(group.members), "date_delete": 0} | users


METHODS = {
    "auth.test": Method(auth_test, 4),
    "apps.connections.open": Method(connections_open, 1, of_app=True),
    "users.info": Method(user_info, 4, ("users:read",)),
    "users.list": Method(user_list, 2, ("users:read",)),
    "usergroups.list": Method(group_list, 2, ("usergroups:read",)),
    "usergroups.users.list": Method(group_users, 2, ("usergroups:read",)),
}
