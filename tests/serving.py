"""Servers as processes of their own: a port that is free, and waiting until they answer."""

import socket
import subprocess
import time
import urllib.error
import urllib.request

PATIENCE = 180.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(address: str) -> bool:
    """Whether a page comes."""
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            return bool(response.status == 200)
    except OSError:  # what urllib raises for other answers is one too
        return False


def waiting_for(address: str, served: "subprocess.Popen[bytes]") -> None:
    """Until the page comes; fails when the server has ended or never answers."""
    end = time.monotonic() + PATIENCE
    while not answers(address):
        assert served.poll() is None, "the server has ended"
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.2)
