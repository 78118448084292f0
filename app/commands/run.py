"""`tickstock run`: starts the servers that the settings do not name, then web, engine and ingest as processes."""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping

from app.commands import addresses, prepare
from app.commands.addresses import Addresses
from app.embedded import places, postgres, valkey, valkey_users
from app.embedded.child import Program
from app.embedded.places import Places, Unusable
from app.embedded.supervise import Supervisor
from app.embedded.valkey_users import ValkeyUsers
from app.settings.load import Settings
from app.settings.sections import ROOT

Say = Callable[[str], None]

SERVERS_SECONDS = 60.0
WEB_SECONDS = 60.0
RULES = ROOT / "config" / "redis-acl.conf"


def run(settings: Settings, environ: Mapping[str, str], say: Say) -> None:
    """Runs until Ctrl-C or SIGTERM. Raises Unusable if it cannot start."""
    where = places.prepare(settings.data_dir, environ.get("XDG_RUNTIME_DIR"))
    with addresses.lock(where.data):
        _must_be_free(settings.host, settings.port)
        desk = Desk(settings, where, environ, say)
        with desk.supervisor.signals():
            try:
                desk.open()
            finally:
                desk.close()


class Desk:
    """The processes of one installation on this machine."""

    def __init__(self, settings: Settings, where: Places, environ: Mapping[str, str], say: Say) -> None:
        self.supervisor = Supervisor(say, self._changed)
        self._settings = settings
        self._places = where
        self._environ = environ
        self._say = say
        self._addresses = Addresses()
        self._users: ValkeyUsers | None = None
        self._first = False
        """The market's history is not loaded yet, and the first page waits for it."""

    def open(self) -> None:
        self._addresses = self._start_servers(addresses.configured_addresses(self._settings))
        if self.supervisor.stopping:
            return
        self.supervisor.add(self._programs())
        self.supervisor.until_ready(["web"], WEB_SECONDS)
        if self.supervisor.stopping:
            return
        self._print_address()
        self.supervisor.watch()

    def close(self) -> None:
        if self.supervisor.pids():
            self._say("stopping")
        self.supervisor.stop()
        addresses.forget(self._places.data)
        places.remove_sockets(self._places)

    def _start_servers(self, configured: Addresses) -> Addresses:
        """Starts the servers that are not configured, and prepares a database of our own."""
        first = not (self._places.data / "postgres").exists()
        self._users = None if configured.redis else self._redis_users()
        servers = list(self._servers(configured))
        self.supervisor.add(servers)
        self.supervisor.until_ready([program.name for program in servers], SERVERS_SECONDS)
        if self.supervisor.stopping:
            return configured
        urls = configured if configured.redis else configured._replace(**self._redis_urls())
        if configured.own:
            return urls
        self._first = first and self._settings.engine.on
        prepared = prepare.prepare_databases(postgres.url(self._places))
        return urls._replace(own=prepared.own, engine=prepared.engine, market=configured.market or prepared.market)

    def _redis_users(self) -> ValkeyUsers | None:
        """None if the settings name channels or lists that the shipped access rules do not cover."""
        if self._settings.channels() or self._settings.ingest.also_to:
            return None
        return valkey_users.write(self._places, valkey.binary(), RULES)

    def _redis_urls(self) -> dict[str, str]:
        users = self._users
        if users is None:
            return {"redis": valkey.url(self._places)}
        return {
            "redis": valkey.url(self._places, "web", users.web),
            "engine_redis": valkey.url(self._places, "engine", users.engine),
            "operator_redis": valkey.url(self._places, "default", users.operator),
        }

    def _servers(self, configured: Addresses) -> Iterator[Program]:
        if not configured.redis:
            yield valkey.program(self._places, users=self._users)
        if not configured.own:
            yield postgres.program(self._places)

    def _programs(self) -> Iterator[Program]:
        ingest = self._settings.ingest.on
        env = addresses.for_children(self._environ, self._addresses, ingest=ingest)
        of_engine = addresses.for_children(self._environ, self._addresses.of_engine(), ingest=ingest)
        yield _own("web", env)._replace(after="engine" if self._first else None)
        if addresses.configured_addresses(self._settings).own:
            yield _own("setup", env)._replace(once=True)
        if self._settings.engine.on:
            yield _own("engine", of_engine)
        if ingest:
            yield _own("ingest", of_engine)._replace(after="engine" if self._settings.engine.on else None)

    def _print_address(self) -> None:
        self._say(f"TickStock is at {self._settings.public_url}")
        if not addresses.configured_addresses(self._settings).own:
            link = prepare.first_link(addresses.with_addresses(self._settings, self._addresses))
            if link:
                self._say(f"no admin yet; this link makes the first one, once: {link}")

    def _changed(self) -> None:
        if self._addresses.own:
            addresses.write(self._places.data, self._settings.public_url, self._addresses, self.supervisor.pids())


def _own(name: str, env: Mapping[str, str]) -> Program:
    return Program(name=name, argv=(sys.executable, "-m", "app.cli", name), env=env, cwd=ROOT)


def _must_be_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Unusable(f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}): set PORT or HOST") from None
