"""Tests reach this machine and nothing else."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_this_machine_is_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_every_other_address_is_refused() -> None:
    # Another loopback address stands for the world: nothing leaves even if the guard were gone.
    with (
        socket.create_server(("127.0.0.2", 0)) as server,
        pytest.warns(UserWarning, match=r"127\.0\.0\.2"),
        pytest.raises(SocketConnectBlockedError),
    ):
        socket.create_connection(server.getsockname())
