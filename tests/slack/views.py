"""The methods of modals and the App Home, and what the app answers to a submission."""

from __future__ import annotations

import uuid

from tests.slack.limits import check_view
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused
from tests.slack.workspace import Workspace
from tests.slack.world import APP, BOT, TEAM

MOST_STACKED = 3


async def opened(slack: Workspace, args: Args) -> Json:
    """Open a modal for the one whose trigger it is."""
    view = given(args)
    user = slack.surfaces.exchange(args.needed("trigger_id"))
    return put(slack, user, [made(view)])


async def pushed(slack: Workspace, args: Args) -> Json:
    """Open a modal on top of another."""
    view = given(args)
    user = slack.surfaces.exchange(args.needed("trigger_id"))
    stack = slack.surfaces.views.get(user, [])
    if not 0 < len(stack) < MOST_STACKED:
        raise Refused("push_limit_reached")
    root = {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
    return put(slack, user, [*stack, made(view) | root])


async def updated(slack: Workspace, args: Args) -> Json:
    """Change a modal that is open."""
    view, user, old = given(args), *found(slack, args)
    if args.text("hash") and args.text("hash") != old["hash"]:
        raise Refused("hash_conflict")
    return put(slack, user, exchanged(slack, user, old, view), top=old["id"])


async def published(slack: Workspace, args: Args) -> Json:
    """Show somebody's App Home."""
    view, user = given(args), slack.world.person(args.needed("user_id"))
    if view.get("type") != "home":
        raise Refused("invalid_arguments", ["must be a valid enum value [json-pointer:/view/type]"])
    slack.surfaces.homes[user.id] = made(view)
    slack.world.changes.tell()
    return {"ok": True, "view": slack.surfaces.homes[user.id]}


def given(args: Args) -> Json:
    """The view of a call, checked."""
    view = args.object("view", "invalid_arguments")
    if view is None:
        raise Refused("invalid_arguments", ["missing required field: view"])
    check_view(view)
    return view


def made(view: Json) -> Json:
    """A view with all that Slack adds to it."""
    id = f"V{uuid.uuid4().hex[:10].upper()}"
    usual: Json = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None}
    blocks = [{"block_id": uuid.uuid4().hex[:5], **block} for block in view["blocks"]]
    ours = {"id": id, "root_view_id": id, "previous_view_id": None, "hash": uuid.uuid4().hex}
    app = {"team_id": TEAM, "app_id": APP, "bot_id": BOT, "app_installed_team_id": TEAM}
    return {**usual, "notify_on_close": False, **view, "blocks": blocks, **ours, **app} | {
        "state": {"values": {}}
    }


def found(slack: Workspace, args: Args) -> tuple[str, Json]:
    """Whose modal is meant, and the modal."""
    id, external = args.text("view_id"), args.text("external_id")
    for user, stack in slack.surfaces.views.items():
        for view in stack:
            if id == view["id"] or (external and external == view["external_id"]):
                return user, view
    raise Refused("not_found")


def exchanged(slack: Workspace, user: str, old: Json, view: Json) -> list[Json]:
    """The stack of modals with one of them changed; its id stays."""
    same = {name: old[name] for name in ("id", "root_view_id", "previous_view_id")}
    return [made(view) | same if v["id"] == old["id"] else v for v in slack.surfaces.views[user]]


def put(slack: Workspace, user: str, stack: list[Json], top: str = "") -> Json:
    """Show a stack of modals to somebody."""
    slack.surfaces.views[user] = stack
    slack.world.changes.tell()
    return {"ok": True, "view": next((v for v in stack if v["id"] == top), stack[-1])}


def responded(slack: Workspace, user: str, view: Json, answer: Json) -> Json:
    """Do what the app answered to a submission: close, clear, update, push, or show errors.

    Gives the errors by their block, and raises `Refused` for a view that Slack would not show.
    """
    action, stack = answer.get("response_action"), slack.surfaces.views.get(user, [])
    match action:
        case "errors":
            return dict(answer.get("errors") or {})
        case "update":
            check_view(answer["view"])
            slack.surfaces.views[user] = exchanged(slack, user, view, answer["view"])
        case "push":
            check_view(answer["view"])
            slack.surfaces.views[user] = [*stack, made(answer["view"])]
        case "clear":
            slack.surfaces.views.pop(user, None)
        case _:
            slack.surfaces.views[user] = [v for v in stack if v["id"] != view["id"]]
    slack.world.changes.tell()
    return {}


METHODS = {
    "views.open": Method(opened, 4),
    "views.push": Method(pushed, 4),
    "views.update": Method(updated, 4),
    "views.publish": Method(published, 4),
}
