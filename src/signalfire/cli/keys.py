"""``signalfire keys``: root and node keys, trust files, signatures under agreements."""

from pathlib import Path
from typing import Annotated

import typer

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.identity import NationId, nation_id, nation_of, node_id
from signalfire.release.trust import read_trust
from signalfire.rim.keys import (
    describe_key,
    new_node_key,
    new_root,
    read_private_key,
    sign_agreement,
    write_trust_file,
)

app = typer.Typer(
    help="Make root and node keys, say whose key is whose, sign agreements.", no_args_is_help=True
)
Folder = Annotated[Path, typer.Option(help="Where the keys are kept; nobody else may read it.")]


def _nation(text: str) -> NationId:
    try:
        return nation_id(text)
    except Malformed as error:
        raise BadInput(f"nation {text!r}: {error}") from error


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A nation (KOR) for a root key, or a node (KOR-1).")],
    folder: Folder = Path("keys"),
) -> None:
    """A new key: a nation's root, or a node's, vouched for by the root in the same folder."""
    if "-" not in name:
        nation = _nation(name)
        new_root(folder, nation)
        print(f"root key of {nation} in {folder / f'{nation}.root.pem'}: keep it offline")
        return
    try:
        node = node_id(name)
    except Malformed as error:
        raise BadInput(f"node {name!r}: {error}") from error
    root = read_private_key(folder / f"{nation_of(node)}.root.pem")
    new_node_key(folder, node, root)
    print(f"key of {node} in {folder / f'{node}.node.pem'}, credential beside it")


@app.command("trust")
def trust(
    roots: Annotated[
        list[str],
        typer.Argument(
            help="KOR=<public key in base64>, as `keys show` prints it, for each nation."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The trust file.")] = Path("trust.toml"),
) -> None:
    """Write a trust file: whose root key is whose."""
    known = read_trust("\n".join(["format = 1", "[root]", *(_trust_line(text) for text in roots)]))
    write_trust_file(out, known)
    print(f"{out}: {', '.join(sorted(known))}")


def _trust_line(text: str) -> str:
    """One line of a trust file, from NATION=KEY."""
    name, _, key = text.partition("=")
    if not key or any(sign in key for sign in '"\\\n'):
        raise BadInput(f"{text[:40]!r}: write a nation and its root's public key, KOR=<base64>")
    return f'{_nation(name)} = "{key}"'


@app.command("sign")
def sign(
    agreement: Annotated[Path, typer.Argument(help="The agreement to sign.")],
    nation: Annotated[str, typer.Option(help="Who signs.")],
    folder: Folder = Path("keys"),
) -> None:
    """Sign an agreement for a nation; the signature goes beside it."""
    name = _nation(nation)
    beside = sign_agreement(agreement, name, read_private_key(folder / f"{name}.root.pem"))
    print(f"{beside}: signed by {name}; whoever changes the agreement breaks it")


@app.command("show")
def show(path: Annotated[Path, typer.Argument(help="A key or a credential.")]) -> None:
    """Show a key's public half and fingerprint; never the private one."""
    key = describe_key(path)
    print(f"{key.path}: {'private' if key.is_private else 'public'} key")
    print(f"public key   {key.public_key}\nfingerprint  {key.fingerprint}")
