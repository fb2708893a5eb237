"""Free ports, taken ports, and who holds them."""

from __future__ import annotations

import os
import socket

import pytest

from launcher.errors import LauncherError
from launcher.ports import free_ports, is_free, port_holder, require_free


def test_free_ports_differ_and_can_be_used() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(is_free(port) for port in ports)


def test_a_listening_port_is_taken_and_its_holder_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert f"(process {os.getpid()})" in port_holder(port)
        with pytest.raises(LauncherError) as caught:
            require_free(port, "API", "Choose another.")
    assert caught.value.line().startswith(f"port {port} (API) is in use by ")
    assert is_free(port)


def test_nobody_holds_a_free_port() -> None:
    assert port_holder(free_ports(1)[0]) == ""
