"""A local Discord, written from the documented behaviour, over real sockets on loopback.

In a test's event loop: `async with serving(Settings(...)) as server`, or the fixtures
`discord_server` and `discord_people` of `tests.discord.fixtures`. As a process of its own:
`python -m tests.discord PORT`. What people do and see: `tests.discord.people.People`.
"""
