"""Who a process is in leases and decisions."""

import os
import pwd
import socket


def owner() -> str:
    """The process, as a lease names it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def person() -> str:
    """The account that runs this process, as a decision names it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
