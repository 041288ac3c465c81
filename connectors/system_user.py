"""Who runs the embedded server: PostgreSQL refuses to run as root, so root lends it a system user."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import StoreError

SERVER_USER: Final = "pgserver"


@dataclass(frozen=True)
class RunAs:
    """The system user of the server's processes; ``name`` None: whoever runs this process."""

    name: str | None = None
    uid: int = -1
    gid: int = -1

    def give(self, path: Path, mode: int) -> None:
        """Let the server's user own ``path`` with these permissions."""
        path.chmod(mode)
        if self.name is not None:
            os.chown(path, self.uid, self.gid)

    def let_pass(self, path: Path) -> None:
        """Let the server's user walk down to ``path``: pass through the folders above, not list them."""
        if self.name is None:
            return
        for folder in path.resolve().parents:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)

    def let_read(self, tree: Path) -> None:
        """Let the server's user read and execute the programs below ``tree`` (a umask may have forbidden it)."""
        if self.name is None:
            return
        self.let_pass(tree)
        for path in (tree, *tree.rglob("*")):
            if path.is_symlink():
                continue
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            if wanted != mode:
                path.chmod(wanted)

    def run(self, command: list[str], seconds: float) -> int:
        """Run a program with an environment of nothing; returns its exit code, -1 when the time is over."""
        identity = {} if self.name is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            finished = subprocess.run(
                command,
                check=False,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                umask=0o077,
                **identity,  # type: ignore[call-overload]
            )
        except subprocess.TimeoutExpired:
            return -1
        return int(finished.returncode)


def server_user() -> RunAs:
    """The user to run the server as; as root a system user of its own, made where it is missing."""
    if os.geteuid() != 0:
        return RunAs()
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        entry = _make_user()
    return RunAs(SERVER_USER, entry.pw_uid, entry.pw_gid)


def _make_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        subprocess.run(command, check=False, capture_output=True)
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        problem = f"root may not run PostgreSQL, and the system user {SERVER_USER} cannot be made"
    raise StoreError(problem)
