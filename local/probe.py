"""Questions to an address nobody has vouched for: bounded, never through a proxy, never an exception."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.error
import urllib.request
from typing import Any

SECONDS = 2.0
DOCUMENT_SECONDS = 10.0  # it has been found to speak HTTP, but may be busy
_DIRECT = urllib.request.ProxyHandler({})


def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=SECONDS).close()
    except OSError:
        return False
    return True


def speaks_http(url: str) -> bool:
    """Whether an HTTP server answers, with whatever status."""
    try:
        urllib.request.build_opener(_DIRECT).open(url, timeout=SECONDS).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
    except (OSError, http.client.HTTPException):
        return False
    return True


def document(url: str) -> dict[str, Any] | None:
    """The JSON object at `url`; None for anything else."""
    try:
        with urllib.request.build_opener(_DIRECT).open(url, timeout=DOCUMENT_SECONDS) as response:
            answer = json.load(response)
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return answer if isinstance(answer, dict) else None
