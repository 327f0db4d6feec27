"""What people press in Slack: thumbs, Stop, Redo, Share, shortcuts, modals, privacy choices."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import wording
from bot.brief import brief
from bot.conversation import Mode, Place, Verdict
from bot.desk import Ballot, Desk, Ears
from bot.errors import BotError, UnknownInteraction
from bot.noted import noted
from bot.platforms.slack import controls
from bot.platforms.slack.calls import Tries, calling
from bot.platforms.slack.fields import Malformed, table, word
from bot.platforms.slack.homes import Homes
from bot.platforms.slack.listening import lenient
from bot.platforms.slack.manifest import SHORTCUTS
from bot.platforms.slack.membership import Membership
from bot.platforms.slack.reading import PLATFORM, Chosen, Me, Pressed, read_press, read_shortcut
from bot.platforms.slack.views import (
    REASON,
    RESULT,
    ViewUnreadable,
    notice_modal,
    read_reason,
    reason_modal,
    working_modal,
)
from bot.posts import Answered, Door, Post, shared
from bot.working import Worker

log = logging.getLogger(__name__)

AT_ONCE = Tries(times=2, pause_s=0.2)  # a trigger opens a modal for 3 s
CHOSEN = {  # what a shortcut forces, by its callback id
    "ask_tandem": (Mode.AUTO, None),
    "summarize_style": (Mode.TUNED, "summarize"),
    "rewrite_style": (Mode.TUNED, "rewrite"),
}


class Pressing:
    """Buttons, shortcuts and modals; what is pressed is kept before it is acknowledged."""

    def __init__(
        self,
        client: AsyncWebClient,
        desk: Desk,
        me: Me,
        ears: Ears,
        worker: Worker,
        membership: Membership,
        homes: Homes,
    ) -> None:
        self.client, self.desk, self.me, self.ears = client, desk, me, ears
        self.worker, self.membership, self.homes = worker, membership, homes

    def wire(self, app: AsyncApp) -> None:
        """Have the app call us."""
        for action, press in (
            (controls.VERDICT, self.thumb),
            (controls.STOP, self.stop),
            (controls.REDO, self.redo),
            (controls.SHARE, self.share),
            (controls.LEARN, self.learn),
            (controls.FORGET, self.forget),
        ):
            app.action(action)(self._pressed(press))
        for callback, *_ in SHORTCUTS:
            app.shortcut(callback)(self._shortcut)
        app.view(REASON)(self._reasoned)
        app.view(RESULT)(self._posted)

    def _pressed(self, press: Any) -> Any:
        async def listen(ack: Any, body: dict[str, Any]) -> None:
            await lenient(self._read)(press, body)
            await ack()

        return listen

    async def _read(self, press: Any, body: dict[str, Any]) -> None:
        await press(read_press(body, self.me))

    # -- thumbs ------------------------------------------------------------------------

    async def thumb(self, pressed: Pressed) -> None:
        """Keep the vote; then ask what was wrong, where it is down."""
        read = controls.read_vote(pressed.value)
        if read is None:
            raise Malformed("a thumb", f"its value is {pressed.value[:60]!r}")
        verdict, interaction = read
        ballot = Ballot(pressed.event, interaction, pressed.author, verdict, pressed.pressed_at)
        await brief(self.desk.vote, ballot, pressed.place)
        if verdict is Verdict.DOWN:
            await self._open(pressed.trigger, reason_modal(interaction))

    async def _reasoned(self, ack: Any, body: dict[str, Any]) -> None:
        try:
            reasoned = read_reason(table(body, "view", "a modal"))
            author = word(table(body, "user", "a modal"), "id", "a modal")
            told = (reasoned.interaction, author, reasoned.reason, reasoned.correction)
            await brief(self.desk.correct, *told, Place(PLATFORM, self.me.team, ""))
        except (Malformed, ViewUnreadable, UnknownInteraction) as error:
            log.warning("%s", error)
        await ack()

    # -- answers -----------------------------------------------------------------------

    async def stop(self, pressed: Pressed) -> None:
        """End the writing of this answer; what else is asked in its thread goes on."""
        await self._answered(pressed)  # it may have been posted this very moment
        alone = replace(pressed.place, thread="")
        self.worker.stop(await brief(self.desk.stop, alone, pressed.message))

    async def redo(self, pressed: Pressed) -> None:
        """Answer in another mode, in place; only for who asked."""
        wished = controls.read_redo(pressed.value)
        answered = await self._answered(pressed)
        if wished is None or answered is None:
            await self._tell(pressed, wording.NO_ANSWER_HERE)
        elif answered.author != pressed.author:
            await self._tell(pressed, wording.NOT_YOURS)
        else:
            place = answered.place
            await brief(
                self.desk.redo, pressed.place, pressed.message, place, wished.mode, wished.task
            )

    async def _answered(self, pressed: Pressed) -> Answered | None:
        """What the message answers whose button was pressed."""
        look = partial(self.desk.answered, pressed.place, pressed.message)
        return await noted(self.desk, PLATFORM, look)

    async def share(self, pressed: Pressed) -> None:
        """Show a private answer in the thread that it was asked in."""
        answered = await self._answered(pressed)
        if answered is None or answered.author != pressed.author:
            await self._tell(pressed, wording.NOT_YOURS)
            return
        await self._tell(pressed, await self._share(answered))

    async def _share(self, answered: Answered) -> str:
        """What is said to who shares an answer."""
        if answered.interaction is None:
            return wording.NO_ANSWER_HERE
        interaction = await brief(self.desk.assistant.recorded, answered.interaction)
        place = replace(answered.place, thread=answered.about or answered.place.thread)
        if not await self.membership.joined(place.channel):
            return wording.NOT_HERE
        there = await self.membership.in_channel(place.channel, answered.author)
        if hidden := await brief(self.desk.withheld, interaction, there):
            return wording.kept_back(hidden)
        await brief(self.desk.share, shared(answered, interaction, place), interaction.id)
        return wording.POSTED

    async def _posted(self, ack: Any, body: dict[str, Any]) -> None:
        """The button "Post to thread" in the modal of a shortcut."""
        said = wording.NO_ANSWER_HERE
        try:
            view = table(body, "view", "a modal")
            told = json.loads(word(view, "private_metadata", "a modal"))
            item = told.get("item") if isinstance(told, dict) else None
            author = word(table(body, "user", "a modal"), "id", "a modal")
            answered = await brief(self.desk.answer_to, item) if isinstance(item, int) else None
            if answered is not None and answered.author == author:
                said = await self._share(answered)
        except (Malformed, UnknownInteraction, ValueError) as error:
            log.warning("%s", error)
        await ack(response_action="update", view=notice_modal(wording.NAME, said))

    # -- shortcuts ---------------------------------------------------------------------

    async def _shortcut(self, ack: Any, body: dict[str, Any]) -> None:
        await lenient(self.shortcut)(body)
        await ack()

    async def shortcut(self, body: dict[str, Any]) -> None:
        """Open a modal at once; its result is a question like any other."""
        chosen = read_shortcut(body, self.me)
        if not chosen.text:
            await self._open(chosen.trigger, notice_modal(wording.NAME, wording.NO_TEXT))
            return
        view = await self._open(chosen.trigger, working_modal(wording.NAME))
        await brief(self.desk.hear, asked(chosen, view), self.ears)

    async def _open(self, trigger: str, view: dict[str, Any]) -> str:
        """The id of the modal; empty: it could not be opened."""
        call = partial(self.client.views_open, trigger_id=trigger, view=view)
        try:
            told = await calling("views.open", call, AT_ONCE, patient=False)
        except BotError as error:
            log.warning("a modal could not be opened: %s", error)
            return ""
        opened = told.get("view")
        return str(opened.get("id", "")) if isinstance(opened, dict) else ""

    # -- privacy -----------------------------------------------------------------------

    async def learn(self, pressed: Pressed) -> None:
        """The switch on the home tab."""
        place = Place(PLATFORM, self.me.team)
        await brief(self.desk.choose, pressed.author, place, pressed.value == "yes")
        self.homes.publish(pressed.author)

    async def forget(self, pressed: Pressed) -> None:
        """Forget me, by the button on the home tab."""
        await brief(self.desk.forget, pressed.author, Place(PLATFORM, self.me.team))
        self.homes.publish(pressed.author)

    async def _tell(self, pressed: Pressed, text: str) -> None:
        """Say something to who pressed, alone."""
        call = partial(
            self.client.chat_postEphemeral,
            channel=pressed.place.channel,
            user=pressed.author,
            text=text,
            thread_ts=None if pressed.place.thread == pressed.message else pressed.place.thread,
        )
        try:
            await calling("chat.postEphemeral", call, AT_ONCE, patient=False)
        except BotError as error:
            log.warning("%s was not told %r: %s", pressed.author, text, error)


def asked(chosen: Chosen, view: str) -> Post:
    """The question that a shortcut asks."""
    mode, task = CHOSEN.get(chosen.callback, (Mode.AUTO, None))
    return Post(
        event=chosen.event,
        id=chosen.event,
        place=replace(chosen.place, thread=""),
        author=chosen.author,
        text=chosen.text,
        written_at=datetime.now(UTC),
        door=Door.SHORTCUT,
        addressed=True,
        outsider=chosen.outsider,
        mode=mode,
        task=task,
        about=chosen.place.thread,
        back=view,
    )
