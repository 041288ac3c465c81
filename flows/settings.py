"""The settings of an installation: one frozen object, read here from the environment and handed down.

Every variable begins with ``THROUGHCARE_``; what has no default here has none on purpose.
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import SettingsError

DEMO_MARK: Final = "DEMO"
"""A file of this name marks a home as one that holds made-up people only."""

DEMO_KEY: Final = "07b4d04aede7915e3ee27a6a6ebde414f84012ba50d0dcc46cf1a9c5e51100c0"
"""The demo's master key is public: it opens nothing but homes that are marked as a demo."""

MASTER_BYTES: Final = 32
_FEWEST_DISTINCT_BYTES: Final = 16
"""32 random bytes hold about 30 distinct ones and practically never fewer than 16; a typed key often does."""


class Settings(BaseSettings):
    """What an installation is told from outside; see docs/operations for each."""

    model_config = SettingsConfigDict(
        env_prefix="THROUGHCARE_", frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    home: Path = Path(".throughcare")
    project: str = Field(default="throughcare", pattern=r"^[a-z][a-z0-9_]{0,40}$")
    project_version: int = Field(default=1, ge=1, description="Version of the project's participant keys")
    master_key: SecretStr | None = Field(default=None, description="32 random bytes as 64 hexadecimal digits or base64")
    master_key_file: Path | None = Field(default=None, description="A file (mode 0600) that holds the master key")
    warehouse_url: SecretStr | None = Field(default=None, description="Instead of the embedded server")
    vault_url: SecretStr | None = Field(default=None, description="Instead of the embedded server")
    landing_url: str | None = Field(default=None, description="An fsspec URL instead of <home>/landing")
    intake_url: SecretStr | None = Field(default=None, description="An fsspec URL instead of <home>/intake")
    manifest_wait_seconds: float = Field(default=60.0, ge=0, description="How long a file waits for its manifest")
    quiet_seconds: float = Field(default=1.0, gt=0, description="How long a file in the intake must not change")
    lease_seconds: int = Field(default=300, ge=10, description="After this long an unfinished extract is taken over")
    attempts: int = Field(default=3, ge=1, description="After so many unexpected failures an extract is quarantined")

    @property
    def is_demo(self) -> bool:
        """Whether the home is marked as one of made-up people."""
        return (self.home / DEMO_MARK).is_file()

    @property
    def intake(self) -> Path:
        """Where agencies drop their files, one folder an agency."""
        return self.home / "intake"

    @property
    def agency_keys(self) -> Path:
        """The public keys of the agencies, ``<agency>/<key id>.pem``: who signs manifests."""
        return self.home / "agency-keys"

    @property
    def landing(self) -> str:
        """The URL of the encrypted store of delivered files."""
        return self.landing_url or (self.home / "landing").resolve().as_uri()

    @property
    def quarantine(self) -> str:
        """The URL of the encrypted store of files that could not be taken."""
        return f"{self.landing_url}/quarantine" if self.landing_url else (self.home / "quarantine").resolve().as_uri()

    def master(self) -> bytes:
        """The master key; `SettingsError` where it is missing, weak, or the demo's outside a demo."""
        text = self._key_text()
        if text is None:
            raise SettingsError(
                "no master key: set THROUGHCARE_MASTER_KEY or THROUGHCARE_MASTER_KEY_FILE "
                "(`throughcare new-key` prints one)"
            )
        key = _decode_key(text)
        if key == bytes.fromhex(DEMO_KEY):
            if not self.is_demo:
                raise SettingsError("the demo's master key is public and opens demo homes only")
        elif len(set(key)) < _FEWEST_DISTINCT_BYTES:
            raise SettingsError("the master key is not random (`throughcare new-key` prints one)")
        return key

    def _key_text(self) -> str | None:
        if self.master_key is not None:
            return self.master_key.get_secret_value().strip()
        if self.master_key_file is not None:
            return _private_text(self.master_key_file)
        return DEMO_KEY if self.is_demo else None


def read_settings(home: Path | None = None) -> Settings:
    """Read the environment once; ``home`` overrides it. `SettingsError` names the variable, never its value."""
    try:
        settings = Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        names = sorted({f"THROUGHCARE_{str(problem['loc'][0]).upper()}" for problem in error.errors()})
        problem = f"not valid: {', '.join(names)}"
    else:
        return settings.model_copy(update={"home": settings.home.absolute()})
    raise SettingsError(problem)


def environment(*, with_keys: bool = True) -> dict[str, str]:
    """The environment that child processes inherit, without another Prefect's settings.

    A child that opens no store is given neither key nor address of one (``with_keys`` false).
    """
    left_out = ("PREFECT_",) if with_keys else ("PREFECT_", Settings.model_config["env_prefix"])
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _private_text(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            problem = "the master key file may be read by others: chmod 600"
        else:
            return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        problem = "the master key file cannot be read"
    raise SettingsError(problem)


def _decode_key(text: str) -> bytes:
    """32 bytes or more from hexadecimal or base64; anything else is refused."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        try:
            key = base64.b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None, validate=True)
        except (binascii.Error, ValueError):
            key = b""
    if len(key) < MASTER_BYTES:
        raise SettingsError(f"the master key must be {MASTER_BYTES} random bytes in hexadecimal or base64")
    return key
