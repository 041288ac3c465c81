"""`throughcare manifest`: what an agency states of its file, and the key that it signs with."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

manifest_app = typer.Typer(help="Manifests: what an agency states of a file, signed.", no_args_is_help=True)

VALID_DAYS = 7
"""A manifest is believed for so long unless it says otherwise: a replay after that is refused."""


@manifest_app.command("new-key")
def new_key(
    private: Annotated[Path, typer.Argument(help="Where the private key goes; it never leaves the agency.")],
    public: Annotated[Path, typer.Argument(help="Where the public key goes, <key id>.pem, to be sent to us.")],
) -> None:
    """Make a key pair (Ed25519) to sign manifests with."""
    from connectors.signing import new_key as make

    make(private, public)
    typer.echo(f"send {public.name} to whoever runs Throughcare: agency-keys/<agency>/{public.name}")


@manifest_app.command("write")
def write(
    file: Annotated[Path, typer.Argument(help="The file as it will be delivered.")],
    feed: Annotated[str | None, typer.Option(help="The feed, where its name does not tell.")] = None,
    key: Annotated[Path | None, typer.Option(help="The private key; without one it is not signed.")] = None,
    key_id: Annotated[str | None, typer.Option(help="The name of the public key, without .pem.")] = None,
    sequence: Annotated[int | None, typer.Option(help="The number of the delivery.")] = None,
    correction: Annotated[bool, typer.Option(help="Only some rows, corrected, of a feed that delivers all.")] = False,
) -> None:
    """Write <file>.manifest.json beside a file: its hash, records and control totals."""
    from flows.check import stated_of

    about = stated_of(file, feed)
    _write(file, key, key_id, **about, sequence=sequence, kind="delta" if correction else None)


def _write(file: Path, key: Path | None, key_id: str | None, **stated: Any) -> None:  # noqa: ANN401
    from connectors.signing import private_key, write_manifest

    expires = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=VALID_DAYS)
    signing = private_key(key) if key else None
    written = write_manifest(file, expires=expires, key=signing, key_id=key_id or (key.stem if key else None), **stated)
    typer.echo(written)
