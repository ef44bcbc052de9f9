"""Everything on one machine, from the first port to the last child."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from types import TracebackType

import requests

from local import environment, lifeline
from local.addresses import Addresses
from local.engines import dynamodb, provision
from local.gateway.authorizer import Verifier
from local.gateway.server import Gateway
from local.intrinsics import Resolver
from local.issuer import server as issuer
from local.issuer.keys import signing_key
from local.issuer.people import PEOPLE
from local.names import names
from local.options import ROOT, Options
from local.plan import Plan, read
from local.platform import server as platform
from local.platform.service import Service
from local.platform.store import Store
from local.platform.tokens import Tokens
from local.sources import schedule
from local.sources.queue import QueuePoller
from local.sources.stream import StreamPoller
from local.state import Problem, State, write_json
from local.template import translate
from local.web import Server
from local.workers.pool import Pool

logger = logging.getLogger("local.run")


class Run:
    """A context: started on entry, all of it stopped on exit. Raises Problem where it can't start."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.state = State(options.state)
        self._ports = self.state.ports(options.port)
        self.at = Addresses.of(self._ports)
        self.keeps_tables = dynamodb.binary() is not None
        self._children: list[subprocess.Popen[bytes]] = []
        self._servers: list[Server] = []
        self._stop = threading.Event()
        self._pool: Pool | None = None

    def __enter__(self) -> Run:
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def _start(self) -> None:
        self._start_engines()
        template = translate(self.options.template, environment.parameters(self.at))
        refs, attributes = names(template, self.at.queues)
        resolver = Resolver(template, refs, attributes, lambda reference: environment.secret(self.state, reference))
        plan = read(template, self.options.template.parent, resolver)
        self._start_people()
        for child, address, log in self._waiting:
            self._await(child, address, log)
        provision.create(
            template, resolver, aws=self.at.aws, dynamodb=self.at.dynamodb, visibility=self.options.visibility
        )
        pool = self._pool = Pool(
            plan.functions,
            additions=environment.additions(self.at, self.state, self.options.environment),
            overrides=environment.overrides(self.at, self.options.environment),
            logs=self.state.logs,
            calls=self.state.calls,
        )
        self._serve("api", Gateway(plan.routes, Verifier(), pool.invoke))
        self._start_sources(plan, pool)
        self._start_platform()
        write_json(self.state.ready, {"pid": os.getpid(), **{name: getattr(self.at, name) for name in self._ports}})

    def _start_engines(self) -> None:
        logs, found = self.state.logs, dynamodb.binary()
        aws = lifeline.start_module("local.engines.moto_server", [str(self._ports["aws"])], logs / "aws.log", cwd=ROOT)
        if found is None:
            port = str(self._ports["dynamodb"])
            tables = lifeline.start_module("local.engines.moto_server", [port], logs / "dynamodb.log", cwd=ROOT)
        else:
            where = ["--port", str(self._ports["dynamodb"]), "--db-path", str(self.state.folder / "table.sqlite")]
            tables = lifeline.start_binary([str(found), "serve", *where], logs / "dynamodb.log")
        google = lifeline.start_module("local.simulators.google", self._google(), logs / "google.log", cwd=ROOT)
        self._children += [aws, tables, google]
        self._waiting = [
            (tables, self.at.dynamodb, "dynamodb"),
            (google, self.at.google, "google"),
            (aws, self.at.aws, "aws"),
        ]

    def _google(self) -> list[str]:
        state = self.state
        client_secret = environment.secret(state, "google_client_secret")
        told = ["--port", str(self._ports["google"]), "--state", str(state.folder / "google.sqlite")]
        told += ["--client-id", environment.GOOGLE_CLIENT_ID, "--client-secret", client_secret]
        told += ["--redirect-uri-prefix", f"{self.at.api}/oauth/callback/"]
        for name in self.options.ics:
            told += ["--ics", name]
        return [*told, "--record", str(self.options.record)] if self.options.record else told

    def _await(self, child: subprocess.Popen[bytes], address: str, log: str) -> None:
        try:
            lifeline.wait_until_listening(address, child)
        except RuntimeError as e:
            said = (self.state.logs / f"{log}.log").read_text(errors="replace").strip().splitlines()[-3:]
            raise Problem("\n".join([f"{log} does not start:", *said])) from e

    def _start_people(self) -> None:
        key = signing_key(self.state.folder / "issuer.json")
        known = issuer.clients(self.at.api, self.state.secret("platform_client_secret"))
        self._serve("issuer", issuer.create(self.at.issuer, key, known, self.at.api))

    def _start_platform(self) -> None:
        tokens = Tokens(self.at.issuer, self.state.secret("platform_client_secret"))
        store = Store(self.state.folder / "platform.sqlite")
        service = Service(store, self.at.api, self.at.platform, tokens)
        secret = environment.secret(self.state, "platform_webhook_secret")
        self._serve("platform", platform.create(service, secret))
        threading.Thread(target=_register, args=(service,), name="directory", daemon=True).start()

    def _start_sources(self, plan: Plan, pool: Pool) -> None:
        calls, queues = self.state.calls, self.at.queues
        for mapping in plan.mappings:
            poller: QueuePoller | StreamPoller
            if mapping.source.startswith("meetbridge-local-"):
                position = self.state.folder / f"{mapping.name}.position.json"
                poller = StreamPoller(
                    mapping, pool, dynamodb=self.at.dynamodb, aws=self.at.aws, queue_root=queues,
                    position=position, calls=calls,
                )  # fmt: skip
            else:
                poller = QueuePoller(mapping, pool, self.at.aws, queues, calls)
            self._thread(mapping.name, poller.run, self._stop)
        for one in plan.schedules:
            self._thread(one.name, schedule.run, one, pool, self.options.tick, self._stop)

    def _thread(self, name: str, target: object, *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, name=name, daemon=True).start()  # type: ignore[arg-type]

    def _serve(self, name: str, application: object) -> None:
        self._servers.append(Server(self._ports[name], application, name))

    def _close(self) -> None:
        self._stop.set()
        for server in self._servers:
            server.close()
        if self._pool is not None:
            self._pool.close()
        lifeline.stop(self._children)
        self.state.ready.unlink(missing_ok=True)


def _register(service: Service) -> None:
    try:
        service.register(PEOPLE.values())
    except requests.RequestException as e:
        logger.warning("the directory could not be told who there is: %s", type(e).__name__)


def wait_for_end() -> None:
    """Until Ctrl-C or a polite kill."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
