"""Runs at the start of a notebook's kernel: nothing but this computer can be reached from Python."""

import ipaddress
import socket
from typing import Any


class _LocalSocket(socket.socket):
    """A socket that connects to this computer only."""

    def connect(self, address: Any) -> None:
        _refuse_remote(self.family, address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        _refuse_remote(self.family, address)
        return super().connect_ex(address)


def _refuse_remote(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_local(str(address[0])):
        raise OSError(f"a lesson must run offline, but this one connects to {address[0]}")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


socket.socket = _LocalSocket  # type: ignore[misc]
