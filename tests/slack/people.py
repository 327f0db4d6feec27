"""What tests do in the local Slack, in the same process or another: the control client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.patience import PATIENCE_S
from tests.slack.payloads import Json
from tests.slack.seen import Answered, Seen, Shown


class ControlRefused(AssertionError):
    """The server cannot do what a test asked for."""


@dataclass
class People:
    """People in the workspace, and the hand that breaks things.

    People and channels are named by id or name: "ben", "general"; "dm-ben" is Ben's own with the
    bot, and "dm" that of whoever speaks.
    """

    base: str
    http: aiohttp.ClientSession

    @property
    def api(self) -> str:
        """The `base_url` of a Web API client."""
        return f"{self.base}/api/"

    async def say(
        self, channel: str, user: str, text: str, thread: str | None = None, **more: Any
    ) -> str:
        """Post; `more` goes into the message as it is. The message's ts."""
        ts = await self._do(
            "say", channel=channel, user=user, text=text, thread=thread or "", more=more
        )
        return str(ts)

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """Change the words of a message."""
        await self._do("edit", channel=channel, ts=ts, text=text)

    async def unfurl(self, channel: str, ts: str) -> None:
        """Slack adds a link's preview: changed, with the same words."""
        await self._do("unfurl", channel=channel, ts=ts)

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message."""
        await self._do("delete", channel=channel, ts=ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Add a reaction, such as "+1"."""
        await self._do("react", user=user, channel=channel, ts=ts, name=name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Take a reaction back."""
        await self._do("unreact", user=user, channel=channel, ts=ts, name=name)

    async def press(self, user: str, channel: str, ts: str, what: str, block: str = "") -> Answered:
        """Press what has this action_id, value or label; thumbs: "positive", "negative"."""
        return answered(
            await self._do("press", user=user, channel=channel, ts=ts, what=what, block=block)
        )

    async def press_view(self, user: str, view_id: str, what: str, block: str = "") -> Answered:
        """Press something in a modal, or in the Home (`view_id`: "home")."""
        return answered(
            await self._do("press_view", user=user, view_id=view_id, what=what, block=block)
        )

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Answered:
        """Run a slash command, such as "/ask"."""
        return answered(
            await self._do("command", user=user, channel=channel, command=command, text=text)
        )

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Answered:
        """Choose a shortcut from a message's menu; without `ts`: a global one."""
        return answered(
            await self._do("shortcut", user=user, channel=channel, ts=ts, callback_id=callback_id)
        )

    async def submit(self, view_id: str, user: str, values: Mapping[str, object]) -> Answered:
        """Send a form: values by action_id or block_id, choices by their value."""
        return answered(await self._do("submit", view_id=view_id, user=user, values=dict(values)))

    async def close_view(self, view_id: str, user: str) -> Answered:
        """Close a modal without sending it."""
        return answered(await self._do("close_view", view_id=view_id, user=user))

    async def open_views(self, user_id: str) -> list[Json]:
        """The modals that somebody (by id) has open, the top one last."""
        return list((await self.look()).views.get(user_id, []))

    async def open_home(self, user: str, tab: str = "home") -> str:
        """Open the app's "home" or "messages" tab. The id of the DM."""
        return str(await self._do("open_home", user=user, tab=tab))

    async def stop_stream(self, user: str, channel: str, ts: str) -> None:
        """Press Stop in the thread of this message; there must be a session that processes."""
        await self._do("stop_stream", user=user, channel=channel, ts=ts)

    async def redeliver(self, event_id: str, reason: str = "timeout") -> None:
        """Slack sends an event once more, marked as a retry."""
        await self._do("redeliver", event_id=event_id, reason=reason)

    async def emit(self, event: Json) -> str:
        """Send any event, properly wrapped; its id, or "" where the app may not have it."""
        return str(await self._do("emit", event=event))

    async def raw(self, text: str) -> None:
        """Send anything at all through a socket."""
        await self._do("raw", text=text)

    async def configure(self, **changes: Any) -> None:
        """Turn dials of `Settings` while the server runs."""
        sets = {k: sorted(v) if isinstance(v, (set, frozenset)) else v for k, v in changes.items()}
        await self._do("configure", **sets)

    async def fault(self, method: str, **fault: Any) -> None:
        """Let the next calls of a method go wrong; the fields of `Fault`."""
        await self._do("fault", method=method, **fault)

    async def clear_faults(self) -> None:
        """Let all go well again."""
        await self._do("clear_faults")

    async def disconnect(self, reason: str = "refresh_requested", closes: bool = True) -> None:
        """Slack tells the sockets to go: "warning", "refresh_requested", "link_disabled"."""
        await self._do("disconnect", reason=reason, closes=closes)

    async def drop(self) -> None:
        """The sockets break."""
        await self._do("drop")

    async def add_person(self, id: str, name: str, **more: Any) -> None:
        """Somebody new, or changed; the fields of `Person`."""
        await self._do("add_person", id=id, name=name, **more)

    async def add_channel(self, id: str, name: str, **more: Any) -> None:
        """A channel, new or changed; the fields of `Channel`."""
        await self._do("add_channel", id=id, name=name, **more)

    async def add_group(self, id: str, handle: str, members: tuple[str, ...] = ()) -> None:
        """A user group, new or changed."""
        await self._do("add_group", id=id, handle=handle, members=members)

    async def look(self, channel: str = "") -> Seen:
        """All that people see now, in one channel or in all."""
        return Seen.read(await self._do("look", channel=channel))

    async def transcript(self, channel: str = "") -> str:
        """The channel as a person would see it."""
        return (await self.look(channel)).text

    async def messages(self, channel: str, thread: str = "") -> list[Shown]:
        """The messages of a channel, or of one of its threads, oldest first."""
        seen = (await self.look(channel)).messages
        return [m for m in seen if thread in ("", m.thread_ts, m.ts)]

    async def calls(self, method: str = "") -> list[Json]:
        """The latest calls of the Web API: at, took_s, method, error, args."""
        return list(await self._do("calls", method=method))

    async def sendings(self) -> list[Json]:
        """The latest events: event_id, sent_at, acked_at, tries, reasons, first_sign_at (s)."""
        return list(await self._do("sendings"))

    async def timings(self) -> list[Json]:
        """For a bench, per event: sent_at, acked_at, first_sign_at (s, one clock), tries, ts."""
        return list(await self._do("timings"))

    async def strays(self) -> list[str]:
        """What the app said through a socket that no envelope asked for."""
        return list(await self._do("strays"))

    async def wait_for(
        self, true: Callable[[Seen], object], timeout_s: float = PATIENCE_S, channel: str = ""
    ) -> Seen:
        """Wait until it is so, and give what is seen then; fails with the transcript."""
        limit = time.monotonic() + timeout_s
        while not true(seen := await self.look(channel)):
            left = limit - time.monotonic()
            if left <= 0:
                raise AssertionError(f"never within {timeout_s} s; there stands:\n{seen.text}")
            await self._do("changes", seen=seen.count, timeout_s=min(left, 5.0))
        return seen

    async def wait_for_calls(
        self, method: str, count: int = 1, timeout_s: float = PATIENCE_S
    ) -> None:
        """Wait until a method was called so often."""
        limit = time.monotonic() + timeout_s
        while len(told := await self.calls(method)) < count:
            assert time.monotonic() < limit, f"{method}: only {len(told)} calls"
            await asyncio.sleep(0.02)

    async def connected(self, sockets: int = 1, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many sockets are open."""
        await self.wait_for(lambda seen: seen.sockets >= sockets, timeout_s)

    async def _do(self, control: str, /, **args: Any) -> Any:
        async with self.http.post(f"{self.base}/control/{control}", json=args) as answer:
            told = await answer.json()
            if answer.status != 200:
                raise ControlRefused(f"{control}: {told['error']}")
            return told


def answered(told: Json) -> Answered:
    """What the app made of a click."""
    return Answered(told["acked"], told["payload"], told.get("errors", {}))


@asynccontextmanager
async def people_at(base: str) -> AsyncIterator[People]:
    """A client of the server that listens there."""
    async with aiohttp.ClientSession() as http:
        yield People(base, http)
