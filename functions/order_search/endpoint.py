"""Where OpenSearch is reached, and how it knows who asks.

https://search-shop-abc.eu-west-1.es.amazonaws.com    a domain of AWS: requests are signed (SigV4)
https://shop:secret@search.internal:9200              any other: a password where the URL has one
http://127.0.0.1:9200                                 without TLS on this machine alone
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_DOMAIN = re.compile(
    r"\S+\.(?P<region>[a-z]{2}(-[a-z]+)+-\d+)\.es\.amazonaws\.com(\.cn)?|\S+\.aos\.(?P<dual>[a-z]{2}(-[a-z]+)+-\d+)\.on\.aws"
)
_SERVERLESS = re.compile(r"\S+\.aoss\.amazonaws\.com(\.cn)?")

RULE = "SEARCH_URL must be https://[user:password@]host[:port], or http:// to 127.0.0.1"


class SearchUrlError(ValueError):
    """The address is none that orders may be sent to; the text does not repeat it, for it may hold a password."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`region` of a domain of AWS; `authorization` of any other that wants a password."""

    url: str
    region: str | None = None
    authorization: str | None = None


def endpoint(url: str) -> Endpoint:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SearchUrlError(f"{RULE}; got one that cannot be read: {error}") from error
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SearchUrlError(f"{RULE}; got one with a path, a query or a fragment; SEARCH_INDEX names the index")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host == "127.0.0.1")):
        raise SearchUrlError(f"{RULE}; got {parts.scheme or 'no scheme'} to {host or 'no host'}")
    if _SERVERLESS.fullmatch(host):
        raise SearchUrlError(
            f"{RULE}; got a collection of OpenSearch Serverless, for which external versions are unproven"
        )
    base = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    if domain := _DOMAIN.fullmatch(host):
        return Endpoint(base, region=domain["region"] or domain["dual"])
    if parts.username is None:
        return Endpoint(base)
    secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Endpoint(base, authorization=f"Basic {b64encode(secret.encode()).decode()}")
