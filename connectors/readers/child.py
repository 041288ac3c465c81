"""Child processes in which hostile formats are parsed: a clean environment, no keys, limits of their own."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

MEMORY_BYTES: Final = 4 << 30
PROCESSOR_SECONDS: Final = 120

ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def command(program: ModuleType, *arguments: str) -> list[str]:
    """How a program that imports nothing of the project is started."""
    return [sys.executable, "-I", str(Path(str(program.__file__)).resolve()), *arguments]


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a child that talks through pipes and knows nothing of this process."""
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
        env=ENVIRONMENT,
    )  # fmt: skip
