"""Finding free ports and saying who holds a taken one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from launcher.errors import LauncherError


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that are free now, all different. Another program could still take one before it is used."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """True when a server could bind there (a port in TIME_WAIT counts as free, as it does for servers)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as problem:
            raise LauncherError(f"port {port} may not be used by you.", "Choose one above 1023.") from problem
        except OSError:
            return False
        return True


def require_free(port: int, what: str, mend: str, host: str = "127.0.0.1") -> None:
    """Raises LauncherError with one line that names the port, its holder if known, and the way out."""
    if not is_free(port, host):
        holder = port_holder(port)
        raise LauncherError(f"port {port} ({what}) is in use{f' by {holder}' if holder else ''}.", mend)


def port_holder(port: int) -> str:
    """`name (process 123)` of the listener as far as /proc shows it to us, else an empty text."""
    inodes = _listening_inodes(port)
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for handle in (process / "fd").iterdir():
                if os.readlink(handle) in inodes:
                    return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # gone meanwhile, or another user's
    return ""


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{columns[9]}]")
    return found
