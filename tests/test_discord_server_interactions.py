"""Interactions in the local Discord: commands, menus, buttons, forms, and the real discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.platforms.discord.heartbeats import Ending
from tests.discord.clients import connected, raw
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE
from tests.discord.interactions import Outcome
from tests.discord.people import People
from tests.discord.permissions import VIEW_CHANNEL
from tests.discord.refusals import Json
from tests.discord.server import DiscordServer
from tests.discord.trouble import ControlRefused
from tests.patience import PATIENCE_S

Act = Callable[[discord.Interaction], Awaitable[Any]]
HOME = discord.Object(int(GUILD))
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


class Bot(Ending, discord.Client):
    """A bot that does with each interaction what a test gives it to do."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents.default(),
            guild_ready_timeout=0.05,  # seconds without a further guild, until it is ready
        )
        self.tree = app_commands.CommandTree(self)
        self.acts: list[Act] = []
        self.failed: list[Exception] = []
        self.done = 0
        self.heard: list[discord.Message] = []

    async def on_message(self, message: discord.Message) -> None:
        """Note what is told of messages."""
        self.heard.append(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Do the next act."""
        try:
            await self.acts.pop(0)(interaction)
        except Exception as error:
            self.failed.append(error)
        self.done += 1

    async def acted(self, often: int = 1) -> None:
        """Wait until so many acts are done."""
        async with asyncio.timeout(PATIENCE_S):
            while self.done < often:
                await asyncio.sleep(0.01)


@pytest.fixture
async def bot(discord_server: DiscordServer) -> AsyncIterator[Bot]:
    """The bot, told of everything by the gateway, with its commands registered."""
    made = Bot()
    made.tree.add_command(ask, guild=HOME)
    made.tree.add_command(about, guild=HOME)
    made.tree.add_command(Orders(name="tandem", description="Orders"), guild=HOME)
    async with connected(discord_server, made):
        await made.tree.sync(guild=HOME)
        yield made


@app_commands.command(description="Ask a question")
@app_commands.describe(question="What do you want to know?", task="How", who="About whom")
async def ask(
    interaction: discord.Interaction,
    question: str,
    task: str | None = None,
    who: discord.Member | None = None,
) -> None:
    """Never run here: the tests answer themselves."""


@ask.autocomplete("task")
async def tasks(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    """The tasks that begin so."""
    names = [name for name in ("rewrite", "reply", "summarize") if name.startswith(current)]
    return [app_commands.Choice(name=name.title(), value=name) for name in names]


@app_commands.context_menu(name="Ask Tandem about this")
async def about(interaction: discord.Interaction, message: discord.Message) -> None:
    """Never run here."""


class Orders(app_commands.Group):
    """A group of commands."""

    @app_commands.command(description="Be silent here")
    async def mute(self, interaction: discord.Interaction) -> None:
        """Never run here."""


async def asked(people: People, **options: object) -> Outcome:
    """Ben asks in general."""
    return await people.command("ben", "general", "ask", {"question": "Leave?", **options})


async def reply(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("30 days.")


async def reply_alone(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("30 days.", ephemeral=True)


async def reply_with_button(interaction: discord.Interaction) -> None:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Redo", custom_id="redo", emoji="🔁"))
    view.add_item(discord.ui.Button(label="Off", custom_id="off", disabled=True))
    await interaction.response.send_message("30 days.", view=view)


async def leave_to_the_tree(interaction: discord.Interaction) -> None:
    """The command tree answers by itself."""


async def defer(interaction: discord.Interaction) -> None:
    await interaction.response.defer(thinking=True)


class Reason(discord.ui.Modal, title="What was wrong?"):
    """A form of all kinds of fields that are used."""

    why: discord.ui.Label[Any] = discord.ui.Label(
        text="Why",
        component=discord.ui.RadioGroup(
            custom_id="why",
            options=[
                discord.RadioGroupOption(label="Wrong", value="wrong"),
                discord.RadioGroupOption(label="Too long", value="long"),
            ],
        ),
    )
    right: discord.ui.Label[Any] = discord.ui.Label(
        text="The right answer",
        component=discord.ui.TextInput(
            custom_id="right", style=discord.TextStyle.long, required=False, max_length=50
        ),
    )


async def open_form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Reason(custom_id="reason"))


async def test_a_command_is_answered_where_it_was_given(bot: Bot, discord_people: People) -> None:
    bot.acts = [reply]
    outcome = await asked(discord_people)
    assert (outcome.kind, outcome.ephemeral) == ("answered", False)
    (seen,) = await discord_people.messages("general")
    assert (seen.id, seen.content, seen.author) == (outcome.message, "30 days.", BOT)
    assert seen.raw["interaction_metadata"]["user"]["id"] == PEOPLE["ben"]


async def test_the_application_is_told_who_asked_what_and_where(
    bot: Bot, discord_people: People
) -> None:
    told: list[discord.Interaction] = []

    async def note(interaction: discord.Interaction) -> None:
        told.append(interaction)
        await reply(interaction)

    bot.acts = [note]
    await asked(discord_people, who="pia")
    (got,) = told
    assert isinstance(got.user, discord.Member)
    assert (got.user.id, got.guild_id) == (int(PEOPLE["ben"]), int(GUILD))
    assert (got.channel_id, got.permissions.view_channel) == (int(CHANNELS["general"]), True)
    assert got.app_permissions.send_messages
    assert got.context.guild
    data: Any = got.data
    options = {option["name"]: option["value"] for option in data["options"]}
    assert options == {"question": "Leave?", "who": PEOPLE["pia"]}
    assert PEOPLE["pia"] in data["resolved"]["members"]


async def test_a_deferred_answer_is_shown_as_thinking_until_it_stands(
    bot: Bot, discord_people: People
) -> None:
    held: list[discord.Interaction] = []

    async def hold(interaction: discord.Interaction) -> None:
        await defer(interaction)
        held.append(interaction)

    bot.acts = [hold]
    assert (await asked(discord_people)).kind == "deferred"
    (seen,) = await discord_people.messages("general")
    assert seen.deferred
    await bot.acted()
    await held[0].edit_original_response(content="30 days.")
    (seen,) = await discord_people.messages("general")
    assert (seen.deferred, seen.content) == (False, "30 days.")
    assert await discord_people.told("MESSAGE_UPDATE")
    await held[0].delete_original_response()
    assert await discord_people.messages("general") == []


async def test_what_follows_answers_the_answer_and_the_first_after_a_defer_is_it(
    bot: Bot, discord_people: People
) -> None:
    async def follow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("First.")
        await interaction.followup.send("Second.")

    bot.acts = [follow]
    outcome = await asked(discord_people)
    await bot.acted()
    assert bot.failed == []
    first, second = await discord_people.messages("general")
    whispered, open_to_all = sorted((first, second), key=lambda seen: seen.content)
    assert (whispered.id, whispered.only_for) == (outcome.message, PEOPLE["ben"])
    assert (open_to_all.replies_to, open_to_all.only_for) == (whispered.id, "")


async def test_an_ephemeral_answer_is_seen_by_one_and_is_in_no_history(
    bot: Bot, discord_people: People
) -> None:
    bot.acts = [reply_alone]
    outcome = await asked(discord_people)
    (seen,) = await discord_people.messages("general")
    assert (outcome.ephemeral, seen.only_for) == (True, PEOPLE["ben"])
    channel = bot.get_channel(int(CHANNELS["general"]))
    assert isinstance(channel, discord.TextChannel)
    assert [message async for message in channel.history()] == []
    with pytest.raises(discord.NotFound) as refused:
        await channel.fetch_message(int(seen.id))
    assert refused.value.code == 10008


async def test_the_bot_hears_its_own_answers_and_the_ephemeral_ones_without_their_guild(
    bot: Bot, discord_people: People
) -> None:
    bot.acts = [reply, reply_alone]
    for _ in range(2):
        await asked(discord_people)
    async with asyncio.timeout(PATIENCE_S):
        while len(bot.heard) < 2:
            await asyncio.sleep(0.01)
    assert [(m.flags.ephemeral, m.guild is None) for m in bot.heard] == [
        (False, False),
        (True, True),
    ]


async def test_an_interaction_is_answered_once(bot: Bot, discord_people: People) -> None:
    async def twice(interaction: discord.Interaction) -> None:
        await reply(interaction)
        await again(interaction, 5)

    bot.acts = [twice]
    await asked(discord_people)
    await bot.acted()
    calls = await discord_people.calls(CALLBACK)
    assert [(call["status"], call["code"]) for call in calls] == [(200, 0), (400, 40060)]


async def again(interaction: discord.Interaction, kind: int, **inside: object) -> Json:
    """Answer past discord.py's own check that it was answered already."""
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    route = discord.http.Route("POST", path)
    try:
        await interaction.client.http.request(route, json={"type": kind, "data": inside})
    except discord.HTTPException as error:
        return {"status": error.status, "code": error.code}
    return {"status": 204}


async def test_who_answers_too_late_did_not_respond(bot: Bot, discord_people: People) -> None:
    late = asyncio.Event()

    async def wait(interaction: discord.Interaction) -> None:
        await late.wait()
        await reply(interaction)

    bot.acts = [wait]
    await discord_people.configure(first_response_s=0.05)
    outcome = await asked(discord_people)
    late.set()
    await bot.acted()
    assert outcome.kind == "failed"
    (error,) = bot.failed
    assert isinstance(error, discord.NotFound)
    assert error.code == 10062


async def test_a_token_is_good_for_fifteen_minutes(bot: Bot, discord_people: People) -> None:
    held: list[discord.Interaction] = []

    async def hold(interaction: discord.Interaction) -> None:
        await defer(interaction)
        held.append(interaction)

    bot.acts = [hold]
    await asked(discord_people)
    await bot.acted()
    await discord_people.move_clock(901)
    for late in (
        held[0].edit_original_response(content="x"),
        held[0].followup.send("x"),
        held[0].original_response(),
    ):
        with pytest.raises(discord.HTTPException) as refused:
            await late
        assert (refused.value.status, refused.value.code) == (401, 50027)


async def test_an_answer_over_the_limits_is_refused_with_its_place(
    bot: Bot, discord_people: People
) -> None:
    async def too_long(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.HTTPException, match=r"In data\.content: Must be 2000 or fewer"):
            await interaction.response.send_message("x" * 2001)
        await reply(interaction)

    bot.acts = [too_long]
    assert (await asked(discord_people)).kind == "answered"
    await bot.acted()
    assert bot.failed == []


async def test_an_option_completes_while_it_is_typed(bot: Bot, discord_people: People) -> None:
    bot.acts = [leave_to_the_tree]
    outcome = await discord_people.autocomplete("ben", "general", "ask", "task", "re")
    assert outcome.kind == "choices"
    assert [choice["value"] for choice in outcome.choices] == ["rewrite", "reply"]


async def test_a_menu_gives_the_whole_message_without_the_content_intent(
    bot: Bot, discord_people: People
) -> None:
    told: list[Any] = []

    async def note(interaction: discord.Interaction) -> None:
        told.append(interaction.data)
        await reply_alone(interaction)

    bot.acts = [note]
    await discord_people.set_content_intent(False)
    message = await discord_people.say("general", "ana", "We deploy on Tuesdays.")
    await discord_people.menu("ben", "general", message, "Ask Tandem about this")
    assert told[0]["target_id"] == message
    assert told[0]["resolved"]["messages"][message]["content"] == "We deploy on Tuesdays."


async def test_a_command_is_told_even_where_the_bot_sees_nothing(
    bot: Bot, discord_people: People
) -> None:
    bot.acts = [reply]
    await discord_people.overwrite("general", "tandem", deny=VIEW_CHANNEL)
    assert (await asked(discord_people)).kind == "answered"


async def test_a_button_changes_the_message_that_it_stands_under(
    bot: Bot, discord_people: People
) -> None:
    async def change(interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content="31 days.", view=None)

    bot.acts = [reply_with_button, change]
    message = (await asked(discord_people)).message
    assert (await discord_people.press("ana", message, "🔁")).kind == "updated"
    (seen,) = await discord_people.messages("general")
    assert (seen.content, seen.buttons) == ("31 days.", ())


async def test_a_button_may_be_acknowledged_and_the_message_changed_later(
    bot: Bot, discord_people: People
) -> None:
    async def later(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="31 days.")
        await interaction.followup.send("Noted.", ephemeral=True)

    bot.acts = [reply_with_button, later]
    message = (await asked(discord_people)).message
    assert (await discord_people.press("ana", message, "Redo")).kind == "acknowledged"
    await bot.acted(2)
    assert bot.failed == []
    answer, noted = await discord_people.messages("general")
    assert (answer.content, noted.content) == ("31 days.", "Noted.")
    assert noted.only_for == PEOPLE["ana"]


async def test_nobody_presses_what_is_off_or_what_others_see_alone(
    bot: Bot, discord_people: People
) -> None:
    async def alone(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Share", custom_id="share"))
        await interaction.response.send_message("30 days.", view=view, ephemeral=True)

    bot.acts = [reply_with_button, alone]
    for_all = (await asked(discord_people)).message
    for_ben = (await asked(discord_people)).message
    with pytest.raises(ControlRefused, match="no 'Off'"):
        await discord_people.press("ben", for_all, "Off")
    with pytest.raises(ControlRefused, match="ana does not see it"):
        await discord_people.press("ana", for_ben, "Share")


async def test_a_form_is_opened_filled_in_and_sent(bot: Bot, discord_people: People) -> None:
    told: list[Any] = []

    async def thank(interaction: discord.Interaction) -> None:
        told.append(interaction)
        await interaction.response.send_message("Thanks.", ephemeral=True)

    bot.acts = [reply_with_button, open_form, thank]
    message = (await asked(discord_people)).message
    outcome = await discord_people.press("ben", message, "Redo")
    assert (outcome.kind, (outcome.modal or {})["title"]) == ("modal", "What was wrong?")
    sent = await discord_people.submit("ben", {"Why": "Too long", "right": "28 days"})
    assert (sent.kind, sent.ephemeral) == ("answered", True)
    assert told[0].message.id == int(message)
    parts = [part["component"] for part in told[0].data["components"]]
    assert [part["value"] for part in parts] == ["long", "28 days"]
    assert await discord_people.open_modal("ben") is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"right": "28 days"}, "needs a choice: Why"),
        ({"Why": "nonsense"}, "no option 'nonsense'"),
        ({"Why": "wrong", "right": "x" * 51}, "0 to 50 characters"),
        ({"Why": "wrong", "Who": "me"}, "no such field"),
    ],
)
async def test_a_form_is_not_sent_as_nobody_can_fill_it_in(
    bot: Bot, discord_people: People, values: Json, told: str
) -> None:
    bot.acts = [open_form]
    await asked(discord_people)
    with pytest.raises(ControlRefused, match=told):
        await discord_people.submit("ben", values)


async def test_a_form_opens_only_as_the_first_answer(bot: Bot, discord_people: People) -> None:
    refusals: list[Json] = []

    async def too_late(interaction: discord.Interaction) -> None:
        await defer(interaction)
        form = Reason(custom_id="reason").to_dict()
        refusals.append(await again(interaction, 9, **form))

    async def form_after_form(interaction: discord.Interaction) -> None:
        form = Reason(custom_id="another").to_dict()
        refusals.append(await again(interaction, 9, **form))
        await reply_alone(interaction)

    bot.acts = [too_late, open_form, form_after_form]
    await asked(discord_people)
    await asked(discord_people)
    await discord_people.submit("ben", {"why": "wrong"})
    await bot.acted(3)
    assert [(one["status"], one["code"]) for one in refusals] == [(400, 40060), (400, 50035)]


async def test_a_command_without_a_message_has_none_to_change(
    bot: Bot, discord_people: People
) -> None:
    refusals: list[Json] = []

    async def change(interaction: discord.Interaction) -> None:
        refusals.append(await again(interaction, 7, content="x"))
        await reply(interaction)

    bot.acts = [change]
    await asked(discord_people)
    await bot.acted()
    assert refusals == [{"status": 400, "code": 50035}]


async def test_nobody_runs_what_is_not_offered(bot: Bot, discord_people: People) -> None:
    for name, options, told in (
        ("ask", {}, "needs a value: question"),
        ("ask", {"question": 7}, "of another kind"),
        ("ask", {"question": "x", "colour": "red"}, "no option 'colour'"),
        ("tell", {}, "no command 'tell' here"),
        ("tandem", {}, "which of"),
    ):
        with pytest.raises(ControlRefused, match=told):
            await discord_people.command("ben", "general", name, options)
    with pytest.raises(ControlRefused, match="no command 'ask' here"):
        await discord_people.command("ben", "dm", "ask", {"question": "x"})
    bot.acts = [reply]
    assert (await discord_people.command("ben", "general", "tandem mute")).kind == "answered"


async def test_commands_registered_again_keep_their_ids_and_versions(
    bot: Bot, discord_people: People
) -> None:
    before = (await discord_people.registered())["commands"]
    await bot.tree.sync(guild=HOME)
    told = await discord_people.registered()
    assert told["commands"] == before
    assert [write.split()[0] for write in told["writes"]] == ["PUT", "PUT"]
    assert len(await bot.tree.fetch_commands(guild=HOME)) == len(before)


async def test_a_token_of_an_interaction_needs_no_other(
    bot: Bot, discord_server: DiscordServer, discord_people: People
) -> None:
    bot.acts = [defer]
    outcome = await asked(discord_people)
    path = f"/webhooks/{BOT}/{outcome.token}/messages/@original"
    for content, expected in (("", 400), ("30 days.", 200)):
        status, _, _ = await raw(discord_server, "PATCH", path, {"content": content}, token="")
        assert status == expected
    (seen,) = await discord_people.messages("general")
    assert (seen.content, seen.edited) == ("30 days.", False)
