"""What people do with buttons, commands, shortcuts and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.slack import events, views
from tests.slack.delivery import Reply
from tests.slack.payloads import Json, Refused
from tests.slack.surfaces import ResponseUrl
from tests.slack.transcript import plain
from tests.slack.workspace import Workspace
from tests.slack.world import APP, TEAM, Channel, Message, Person

CHOICES = {"static_select", "overflow", "radio_buttons", "external_select"}


async def press(
    slack: Workspace, user: str, channel: str, ts: str, what: str, block: str = ""
) -> Json:
    """Somebody presses what has this action_id, value or label.

    Thumbs are also found as "positive" and "negative". Gives whether the app acknowledged.
    """
    person, place = slack.world.person(user), slack.world.channel(channel)
    message = pressed_message(slack, person, place, ts)
    action = found(events.all_blocks(message), what, block) | {"action_ts": slack.world.clock.ts()}
    payload = begun(slack, "block_actions", person, place, message)
    payload["container"] = {
        "type": "message",
        "message_ts": ts,
        "channel_id": place.id,
        "is_ephemeral": bool(message.only_for),
    }
    payload |= {"actions": [action], "state": {"values": {}}}
    return told(await slack.ask("interactive", payload))


async def press_view(slack: Workspace, user: str, view_id: str, what: str, block: str = "") -> Json:
    """Somebody presses something in a modal, or in the Home (`view_id`: "home")."""
    person = slack.world.person(user)
    view = a_view(slack, person, view_id)
    action = found(view["blocks"], what, block) | {"action_ts": slack.world.clock.ts()}
    payload = begun(slack, "block_actions", person)
    payload |= {"container": {"type": "view", "view_id": view["id"]}, "view": view}
    return told(await slack.ask("interactive", payload | {"actions": [action]}))


async def command(slack: Workspace, user: str, channel: str, command: str, text: str = "") -> Json:
    """Somebody runs a slash command. What the app answers at once is shown to them alone."""
    person = slack.world.person(user)
    place = slack.world.direct(user) if channel == "dm" else slack.world.channel(channel)
    url = response_url(slack, ResponseUrl(place.id, person.id))
    form = {"token": "verification-of-the-tests", "team_id": TEAM, "team_domain": "tandem"}
    form |= {"channel_id": place.id, "channel_name": place.name, "user_id": person.id}
    form |= {"user_name": person.name, "command": command, "text": text, "api_app_id": APP}
    form |= {"is_enterprise_install": "false", "response_url": url}
    form["trigger_id"] = slack.surfaces.trigger(person.id)
    reply = await slack.ask("slash_commands", form)
    if reply.payload and (reply.payload.get("text") or reply.payload.get("blocks")):
        slack.respond(ResponseUrl(place.id, person.id), reply.payload)
    return told(reply)


async def shortcut(
    slack: Workspace, user: str, callback_id: str, channel: str = "", ts: str = ""
) -> Json:
    """Somebody chooses a shortcut, from a message's menu where `ts` is given."""
    person = slack.world.person(user)
    if not ts:
        payload = begun(slack, "shortcut", person)
    else:
        place = slack.world.channel(channel)
        message = slack.world.message(place.id, ts)
        payload = begun(slack, "message_action", person, place, message) | {"message_ts": ts}
    payload |= {"callback_id": callback_id, "action_ts": slack.world.clock.ts()}
    return told(await slack.ask("interactive", payload))


async def submit(slack: Workspace, view_id: str, user: str, values: Mapping[str, object]) -> Json:
    """Somebody sends a form: `values` by action_id (or block_id), choices by their value.

    A form that Slack would not send raises `Refused`. Gives the errors that the app found.
    """
    person = slack.world.person(user)
    view = a_view(slack, person, view_id)
    state = {"values": filled(view["blocks"], values)}
    payload = begun(slack, "view_submission", person)
    payload |= {"view": {**view, "state": state}, "response_urls": []}
    reply = await slack.ask("interactive", payload)
    errors = views.responded(slack, person.id, view, reply.payload or {}) if reply.acked else {}
    return told(reply) | {"errors": errors}


async def close_view(slack: Workspace, view_id: str, user: str) -> Json:
    """Somebody closes a modal; the app hears of it where it asked to."""
    person = slack.world.person(user)
    view = a_view(slack, person, view_id)
    slack.surfaces.views[person.id].remove(view)
    slack.world.changes.tell()
    if not view["notify_on_close"]:
        return {"acked": True, "payload": {}}
    payload = begun(slack, "view_closed", person) | {"view": view, "is_cleared": False}
    return told(await slack.ask("interactive", payload))


def begun(
    slack: Workspace,
    kind: str,
    person: Person,
    channel: Channel | None = None,
    message: Message | None = None,
) -> Json:
    """What every interaction begins with."""
    user = {
        "id": person.id,
        "username": person.name,
        "name": person.name,
        "team_id": person.team_id,
    }
    payload: Json = {"type": kind, "user": user, "api_app_id": APP, "enterprise": None}
    payload |= {"token": "verification-of-the-tests", "is_enterprise_install": False}
    payload |= {"team": {"id": TEAM, "domain": "tandem"}}
    payload["trigger_id"] = slack.surfaces.trigger(person.id)
    if channel is not None and message is not None:
        made = ResponseUrl(channel.id, person.id, message.ts, message.only_for)
        payload["channel"] = {"id": channel.id, "name": channel.name}
        payload["response_url"] = response_url(slack, made)
        if not message.only_for:
            payload["message"] = events.message_json(slack.world, message)
    return payload


def response_url(slack: Workspace, made: ResponseUrl) -> str:
    """An address at which the app may answer."""
    return f"{slack.base}/response/{slack.surfaces.response_url(made)}"


def pressed_message(slack: Workspace, person: Person, channel: Channel, ts: str) -> Message:
    """The message that somebody sees, perhaps alone."""
    for whisper in slack.world.whispers:
        if (whisper.channel, whisper.ts, whisper.only_for) == (channel.id, ts, person.id):
            return whisper
    return slack.world.message(channel.id, ts)


def a_view(slack: Workspace, person: Person, view_id: str) -> Json:
    """A modal that somebody has open, or their Home."""
    home = slack.surfaces.homes.get(person.id)
    seen = [*slack.surfaces.views.get(person.id, []), *([home] if home else [])]
    for view in seen:
        if view_id == view["id"] or (view_id == "home" and view is home):
            return view
    raise Refused("no_such_view")


def found(blocks: Sequence[Json], what: str, block: str) -> Json:
    """The action of pressing what is meant, or `no_such_button` with what there is."""
    there = []
    for block_id, element in elements(blocks):
        for names, action in actions(element):
            if what in names and block in ("", block_id):
                return {**action, "type": element["type"], "block_id": block_id}
            there.append(names)
    raise Refused("no_such_button", [f"there are: {there}"])


def elements(blocks: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """Everything that can be pressed, with the id of its block."""
    for number, block in enumerate(blocks):
        inside = [*(block.get("elements") or []), block.get("accessory")]
        for element in inside:
            if isinstance(element, dict):
                yield block.get("block_id") or f"b{number}", element


def actions(element: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    """What pressing an element can say, with the names by which a test knows it."""
    id = element.get("action_id", "")
    if element.get("type") in ("button", "icon_button"):
        value, label = element.get("value", ""), plain(element.get("text"))
        action = {"action_id": id, "text": element.get("text"), "value": value}
        yield (id, value, label), action
    elif element.get("type") == "feedback_buttons":
        for name in ("positive", "negative"):
            button = element[f"{name}_button"]
            action = {"action_id": id, "text": button.get("text"), "value": button["value"]}
            yield (name, button["value"], plain(button.get("text"))), action
    elif element.get("type") in CHOICES:
        for option in element.get("options", []):
            action = {"action_id": id, "selected_option": option}
            yield (option["value"], plain(option["text"])), action


def filled(blocks: Sequence[Json], values: Mapping[str, object]) -> Json:
    """The state of a form, with what somebody filled in."""
    state: Json = {}
    used = set()
    for block in blocks:
        element = block.get("element")
        if block["type"] != "input" or not isinstance(element, dict):
            continue
        names = {element.get("action_id", ""), block["block_id"]} & values.keys()
        used |= names
        value = values[names.pop()] if names else None
        if value in (None, "") and not block.get("optional") and "initial" not in str(element):
            raise Refused("form_not_sent", [f"needs a value: {plain(block.get('label'))}"])
        state[block["block_id"]] = {element.get("action_id", ""): entered(element, value)}
    if values.keys() - used:
        raise Refused("no_such_field", sorted(values.keys() - used))
    return state


def entered(element: Json, value: object) -> Json:
    """What a field says, as Slack words it."""
    kind = element["type"]
    options = {o["value"]: o for o in element.get("options", [])}
    if kind in CHOICES:
        return {"type": kind, "selected_option": chosen(options, value, element)}
    if kind in ("checkboxes", "multi_static_select"):
        wanted = value if isinstance(value, list) else []
        return {"type": kind, "selected_options": [options[one] for one in wanted]}
    if kind == "conversations_select":
        return {"type": kind, "selected_conversation": value}
    return {"type": kind, "value": element.get("initial_value") if value is None else value}


def chosen(options: Mapping[str, Json], value: object, element: Json) -> Json | None:
    """The option that was chosen, or stood there."""
    if value is None:
        initial = element.get("initial_option")
        return initial if isinstance(initial, dict) else None
    if value not in options:
        raise Refused("no_such_option", [f"there are: {sorted(options)}"])
    return options[str(value)]


def told(reply: Reply) -> Json:
    """What the app made of it."""
    return {"acked": reply.acked, "payload": reply.payload or {}}


CLICKS = {
    click.__name__: click for click in (press, press_view, command, shortcut, submit, close_view)
}
