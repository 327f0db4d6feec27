"""The server: REST, the gateway and the control API on one port of loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.discord import rest
from tests.discord.control import Control
from tests.discord.gateway import Gateway, session_starts
from tests.discord.settings import Settings
from tests.discord.world import World

MOST_BYTES = 16 * 1024 * 1024


class DiscordServer:
    """A running server and the world in it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.world = World(settings)
        self.sockets = Gateway(self.world)
        self._runner: web.AppRunner | None = None

    @property
    def base(self) -> str:
        """Where it listens, for the control client: `http://127.0.0.1:1234`."""
        return self.world.base

    @property
    def api(self) -> str:
        """Where REST lies: what `discord.http.Route.BASE` is to be."""
        return f"{self.base}/api/v10"

    @property
    def gateway(self) -> str:
        """Where the gateway lies: `ws://127.0.0.1:1234/gateway`."""
        return self.base.replace("http", "ws", 1) + "/gateway"

    async def start(self, port: int = 0) -> None:
        """Listen on a port of loopback; 0: any that is free."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        self._runner = runner
        self.world.base = "http://{}:{}".format(*runner.addresses[0][:2])

    async def close(self) -> None:
        """End all that runs."""
        for talk in list(self.sockets.talks):
            talk.line.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    def _app(self) -> web.Application:
        control = Control(self.world, self.sockets)
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_get("/gateway", self.sockets.accept)
        app.router.add_get("/gateway/", self.sockets.accept)
        app.router.add_get("/api/v10/gateway/bot", self._gateway_bot)
        app.router.add_post("/control/{name}", control.answer)
        app.router.add_routes(rest.routes(self.world))
        return app

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        return rest.told(session_starts(self.world, self.sockets))


@asynccontextmanager
async def serving(settings: Settings | None = None, port: int = 0) -> AsyncIterator[DiscordServer]:
    """A server in this event loop."""
    server = DiscordServer(settings)
    await server.start(port)
    try:
        yield server
    finally:
        await server.close()
