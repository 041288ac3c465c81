"""Whether some process has a file open for writing: the kernel knows, on local disks and for the files of our own."""

import errno
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path


def is_written(path: Path) -> bool | None:
    """Whether a file is open for writing; None where the kernel does not say or the file cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return has_writer(descriptor)
    finally:
        os.close(descriptor)


def has_writer(descriptor: int) -> bool | None:
    """The same for an open file: the kernel grants a read lease on it only while nobody has it open for writing."""
    if sys.platform != "linux":
        return None
    import fcntl

    try:
        # A writer that comes while we hold the lease makes the kernel signal us: by SIGIO, which would end us.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
