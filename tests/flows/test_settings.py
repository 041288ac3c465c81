import base64
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.settings import DEMO_KEY, DEMO_MARK, read_settings
from schemas.errors import SettingsError


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MASTER_KEY", "MASTER_KEY_FILE", "PROJECT"):
        monkeypatch.delenv(f"THROUGHCARE_{name}", raising=False)
    monkeypatch.setenv("THROUGHCARE_HOME", str(tmp_path))


def test_without_a_key_nothing_opens() -> None:
    with pytest.raises(SettingsError, match="no master key"):
        read_settings().master()


def test_the_demo_key_opens_marked_homes_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY", DEMO_KEY)
    with pytest.raises(SettingsError, match="demo homes only"):
        read_settings().master()
    (tmp_path / DEMO_MARK).touch()
    assert read_settings().master() == bytes.fromhex(DEMO_KEY)


def test_a_demo_home_needs_no_key(tmp_path: Path) -> None:
    (tmp_path / DEMO_MARK).touch()
    assert read_settings().master() == bytes.fromhex(DEMO_KEY)


@pytest.mark.parametrize(
    "weak", ["00" * 32, "0123456789abcdef" * 2, "changeme", "ab" * 16, "aabb" * 16, "=" * 44, "Ω" * 32]
)
def test_a_typed_key_is_refused(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY", weak)
    with pytest.raises(SettingsError) as refused:
        read_settings().master()
    assert weak not in str(refused.value)


@pytest.mark.parametrize("write", [bytes.hex, lambda key: base64.b64encode(key).decode()])
def test_a_random_key_is_read_as_hexadecimal_or_base64(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[bytes], str]
) -> None:
    key = secrets.token_bytes(32)
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY", write(key))
    assert read_settings().master() == key


def test_a_key_file_must_be_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file, key = tmp_path / "key", secrets.token_bytes(32)
    file.write_text(key.hex())
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY_FILE", str(file))
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_settings().master()
    file.chmod(0o600)
    assert read_settings().master() == key


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHCARE_PROJECT", "Not A Project")
    with pytest.raises(SettingsError, match="THROUGHCARE_PROJECT") as refused:
        read_settings()
    assert "Not A" not in str(refused.value)


def test_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    key = secrets.token_bytes(32).hex()
    monkeypatch.setenv("THROUGHCARE_MASTER_KEY", key)
    assert key not in repr(read_settings())
