"""Configuration files of ``signalfire node`` and ``hub``; paths are relative to them."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from signalfire.basis.errors import BadInput
from signalfire.basis.tables import AnyTable, Table, read_table
from signalfire.rim.files import read_file

Port = Annotated[int, Meta(ge=1, le=65_535)]


class FeedSettings(Table, kw_only=True):
    """Where detections come from: exactly one of a conductor, a UDP port, a recording."""

    conductor_port: Port | None = None
    token_file: str | None = None
    udp_port: Port | None = None
    recording: str | None = None


class NodeSettings(Table, kw_only=True):
    """One nation's node. ``keys`` holds its private key and everybody's credentials."""

    format: Literal[1]
    node: str
    realm: str
    agreement: str
    keys: str
    sensors: str
    records: str
    journal: str
    feed: FeedSettings
    leaf_port: Port
    password_file: str
    page_port: Port
    stays: bool = False
    """Whether the page stays, with the last picture, when the feed is over."""


class HubSettings(Table, kw_only=True):
    """A hub: one broker for the routes of one agreement in one realm."""

    format: Literal[1]
    realm: str
    agreement: str
    client_port: Port
    link_port: Port
    monitor_port: Port
    certificate: str
    private_key: str
    authority: str
    password_file: str
    folder: str
    host: str = "127.0.0.1"
    nats_server: str | None = None


def read_settings(path: Path, form: type[AnyTable]) -> AnyTable:
    """Read a configuration file. Raises BadInput naming file, line, field, value and cure."""
    try:
        return read_table(read_file(path, what="configuration").decode(), form)
    except UnicodeDecodeError as error:
        raise BadInput(f"configuration {path}: not UTF-8 text: write it as TOML") from error
    except BadInput as error:
        text = str(error)
        raise BadInput(text if str(path) in text else f"configuration {path}: {text}") from error
