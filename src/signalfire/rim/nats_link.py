"""A nation's link to its partners over core NATS, through its own leaf.

The broker carries and proves nothing: arrival is known when the partner's signed receipt comes,
and until then the gate sends the same bytes again. So nothing is kept here for a broken
connection: ``send`` refuses at once and the gate tries later.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from signalfire.basis.errors import NotReleased, PeerError, Unavailable
from signalfire.basis.identity import NationId
from signalfire.basis.limits import BROKER_PAYLOAD_BYTES_MAX
from signalfire.basis.realm import Realm
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import unverified
from signalfire.release.released import Released
from signalfire.rim.clock import monotonic_s
from signalfire.rim.lanes import Arrival, Lanes
from signalfire.rim.nats_config import GATE_USER
from signalfire.rim.subjects import Route, subject

_RECONNECT_WAIT_S = 0.25
_CONNECT_WITHIN_S = 2.0
_PENDING_BYTES = BROKER_PAYLOAD_BYTES_MAX * 64

log = logging.getLogger(__name__)


class Publisher(Protocol):
    """The part of a NATS client that sending needs."""

    @property
    def is_connected(self) -> bool: ...

    async def publish(self, subject: str, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether the nation's own leaf is reached, and since when on the monotonic clock."""

    is_up: bool
    since_s: float


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Who is linked, in which realm, on which routes, through which leaf of this machine."""

    nation: NationId
    realm: Realm
    routes: tuple[Route, ...]
    leaf_port: int
    gate_password: str


class NatsLink:
    """All partners of one nation. Incoming envelopes go into ``lanes``, outgoing ones by ``send``.

    ``on_state`` is called whenever the leaf is reached or lost; it must not wait. ``contradicted``
    counts envelopes that say otherwise than the subject they came on; they go no further.
    """

    def __init__(
        self,
        settings: LinkSettings,
        lanes: Lanes,
        *,
        on_state: Callable[[LinkState], None] | None = None,
    ) -> None:
        self.state = LinkState(is_up=False, since_s=monotonic_s())
        self.contradicted = 0
        self._settings = settings
        self._lanes = lanes
        self._on_state = on_state
        self._client = Client()
        self._last_error = ""

    async def open(self) -> None:
        """Connect, and subscribe to the nation's own subjects.

        Waits for ever until the leaf is there and takes the password; a refusal is logged and shows
        as a link that is down. Raises Unavailable when the leaf is lost in the middle of it.
        """
        settings = self._settings
        try:
            await self._client.connect(
                f"nats://127.0.0.1:{settings.leaf_port}",
                user=GATE_USER,
                password=settings.gate_password,
                name=f"{settings.nation} gate",
                max_reconnect_attempts=-1,
                reconnect_time_wait=_RECONNECT_WAIT_S,  # type: ignore[arg-type]
                connect_timeout=_CONNECT_WITHIN_S,  # type: ignore[arg-type]
                pending_size=_PENDING_BYTES,
                error_cb=self._heard_error,
                disconnected_cb=partial(self._changed, is_up=False),
                reconnected_cb=partial(self._changed, is_up=True),
            )
            for route in settings.routes:
                if route.recipient == settings.nation:
                    await self._client.subscribe(
                        subject(settings.realm, route), cb=partial(self._arrived, route)
                    )
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the leaf of {settings.nation} on port {settings.leaf_port} was lost while "
                f"subscribing ({error}): start the node again"
            ) from error
        await self._changed(is_up=True)

    async def send(self, bulletin: Released[Bulletin]) -> None:
        """Hand a bulletin to the nation's leaf.

        Raises NotReleased when the bulletin is not for a partner of this link or its own recipient
        differs, Unavailable while the leaf is not reached: the gate sends it again.
        """
        await send(self._client, self._settings, bulletin)

    async def close(self) -> None:
        """Hand over what is still on its way to the leaf, and disconnect."""
        if self._client.is_connected:
            try:
                await asyncio.wait_for(self._client.flush(), _CONNECT_WITHIN_S)
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("leaving the leaf without its word: %s", error)
        await self._client.close()

    async def flush(self) -> None:
        """Wait until the leaf has everything that was sent so far.

        Raises Unavailable when it does not answer in time.
        """
        try:
            await asyncio.wait_for(self._client.flush(), _CONNECT_WITHIN_S)
        except (NatsError, OSError, TimeoutError) as error:
            raise Unavailable("the nation's leaf does not answer") from error

    async def _arrived(self, route: Route, message: Msg) -> None:
        if contradicts(route, message.data):
            self.contradicted += 1
            log.warning("an envelope from %s contradicts its subject", route.originator)
            return
        await self._lanes.put(Arrival(route.originator, route.kind, message.data))

    async def _changed(self, *, is_up: bool) -> None:
        if is_up == self.state.is_up:
            return
        self.state = LinkState(is_up, monotonic_s())
        self._last_error = ""
        if self._on_state is not None:
            self._on_state(self.state)

    async def _heard_error(self, error: Exception) -> None:
        """Log what the broker says, once for as long as it says the same."""
        if str(error) != self._last_error:
            self._last_error = str(error)
            log.warning("%s: broker: %s", self._settings.nation, error)


async def send(publisher: Publisher, settings: LinkSettings, bulletin: Released[Bulletin]) -> None:
    """Publish a bulletin on its one subject; see ``NatsLink.send``."""
    content = bulletin.content
    if content.recipient != bulletin.recipient:
        raise NotReleased(
            f"released to {bulletin.recipient}, but written for {content.recipient}: not sent"
        )
    route = Route(settings.nation, bulletin.recipient, content.kind)
    if route not in settings.routes:
        raise NotReleased(
            f"no route carries {content.kind} from {settings.nation} to {bulletin.recipient}: "
            "the broker's configuration was made for another agreement; generate it again"
        )
    if not publisher.is_connected:
        raise Unavailable(f"the leaf of {settings.nation} is not reached")
    try:
        await publisher.publish(subject(settings.realm, route), content.payload)
    except (NatsError, OSError) as error:
        raise Unavailable(f"the leaf of {settings.nation} is not reached") from error


def contradicts(route: Route, envelope: bytes) -> bool:
    """Whether an envelope says another originator or kind than the route it came on.

    The broker vouches for the subject only. An envelope that cannot be read is not judged here: the
    node refuses it and writes that down.
    """
    try:
        header = unverified(envelope).header
    except PeerError:
        return False
    return (header.originator, header.kind) != (route.originator, route.kind)
