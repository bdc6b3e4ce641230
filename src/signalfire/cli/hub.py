"""``signalfire hub``: the broker for the routes of one agreement."""

import asyncio
import signal
from pathlib import Path

from signalfire.basis.errors import Unavailable
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import load_agreement
from signalfire.cli.node import agreement_routes
from signalfire.cli.settings import HubSettings, read_settings
from signalfire.rim import nats_config
from signalfire.rim.certificates import CertificateFiles
from signalfire.rim.clock import system_now
from signalfire.rim.files import ensure_folder, read_file, write_whole
from signalfire.rim.nats_server import NatsServer, find_server

POLL_S = 0.5


async def run_hub(config: Path) -> None:
    """Generate the broker's configuration, let the broker check it, and run it until told to stop.

    Raises BadInput for settings or an agreement that cannot be used, Unavailable when the broker
    does not start or dies.
    """
    settings = read_settings(config, HubSettings)
    base = config.parent
    realm = Realm(settings.realm)
    signed = load_agreement(base / settings.agreement, realm, judged_at=system_now())
    server = find_server(None if settings.nats_server is None else Path(settings.nats_server))
    folder = ensure_folder(base / settings.folder, what="hub folder")
    password = read_file(base / settings.password_file, what="password file").decode().strip()
    listening = nats_config.HubSettings(
        client_port=settings.client_port,
        link_port=settings.link_port,
        monitor_port=settings.monitor_port,
        certificates=CertificateFiles(
            certificate=(base / settings.certificate).resolve(),
            private_key=(base / settings.private_key).resolve(),
            authority=(base / settings.authority).resolve(),
        ),
        system_password=password,
        host=settings.host,
    )
    text = nats_config.hub_config(realm, agreement_routes(signed.agreement), listening)
    generated = folder / "hub.conf"
    write_whole(generated, text.encode(), mode=0o600)
    broker = NatsServer(
        "hub", server, generated, monitor_port=settings.monitor_port, log=folder / "hub.log"
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await broker.start()
    try:
        while not stop.is_set():
            if broker.pid is None:
                raise Unavailable(f"the hub's broker ended: see {folder / 'hub.log'}")
            await asyncio.sleep(POLL_S)
    finally:
        await broker.stop()
