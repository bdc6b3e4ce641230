"""The envelope: signed and opened, against bare Ed25519 over bytes of the same length."""

from bench.measured import Measured, beside_s
from bench.workload import REALM, federation
from signalfire.basis.identity import NationId, node_id
from signalfire.basis.instant import Instant
from signalfire.federation.envelope import Header, open_envelope, sign
from signalfire.federation.keys import key_for_replay
from signalfire.picture.marking import Kind, Marking

PAYLOAD_BYTES = (300, 3_000, 30_000)
BATCH = 100
REPEATS = 30


def measure() -> list[Measured]:
    """Sign and open, for three sizes of content."""
    agreement_sha256 = federation().agreement.sha256
    return [row for size in PAYLOAD_BYTES for row in _of_size(size, agreement_sha256)]


def _of_size(size: int, agreement_sha256: str) -> list[Measured]:
    author, reader = NationId("KOR"), NationId("JPN")
    key, node, payload = key_for_replay(REALM, author), node_id(f"{author}-1"), b"x" * size
    public = key.public_key()
    headers = [
        Header(
            marking=Marking(author, REALM, reader),
            node=node,
            epoch=1,
            sequence=sequence,
            previous="00" * 32,
            kind=Kind.EVENT,
            agreement_sha256=agreement_sha256,
            at=Instant(sequence),
        )
        for sequence in range(1, BATCH + 1)
    ]
    envelopes = [sign(header, payload, key) for header in headers]
    bodies = [bytes([number]) + payload for number in range(BATCH)]
    signed = [(key.sign(body), body) for body in bodies]
    signing = beside_s(
        lambda: [sign(header, payload, key) for header in headers],
        lambda: [key.sign(body) for body in bodies],
        repeats=REPEATS,
    )
    opening = beside_s(
        lambda: [open_envelope(envelope, {node: public}) for envelope in envelopes],
        lambda: [public.verify(signature, body) for signature, body in signed],
        repeats=REPEATS,
    )
    return [
        Measured(
            path=f"envelope, {name}",
            work=f"{size:,} bytes",
            figure=f"{1e6 * ours_s / BATCH:.0f} us",
            yardstick=f"bare Ed25519 {1e6 * bare_s / BATCH:.0f} us",
            ratio=f"{ours_s / bare_s:.2f}",
        )
        for name, (ours_s, bare_s) in (("sign", signing), ("open", opening))
    ]
