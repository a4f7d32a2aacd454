"""The laws of a bounded POST, over a real socket: what it says, what it bears, and when it gives up."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streamkit.https import MOST_ANSWER_BYTES, POST_ERRORS, Address, Answer, UrlError, address, post

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Takes connections one by one, reads a request each, and answers with pieces, `pause` seconds apart."""

    def __init__(self, *pieces, pause=0.0, tls=None):
        self.pieces, self.pause, self.tls = pieces, pause, tls
        self.requests: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = Address(tls is not None, "127.0.0.1", self.listening.getsockname()[1], "/v1")
        self.over = threading.Event()

    def serve(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listening.accept()
                with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as peer:
                    self.requests.append(request(peer))
                    for piece in self.pieces:
                        peer.sendall(piece)
                        self.over.wait(self.pause)
            except OSError:
                continue  # the caller went away, or did not trust us


def request(peer):
    """All of one request."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += peer.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(*pieces, **how):
    server = Server(*pieces, **how)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()
        thread.join(5)


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself: (server's context, the certificate's file)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("identity")
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context, folder / "certificate.pem"


def test_a_request_is_posted_once_with_its_key_and_the_answer_returned_whatever_its_status():
    with serving(b"HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\n\r\n{}") as server:
        answer = post(server.address, "/payments", b'{"a": 1}', {"Idempotency-Key": "o-1"}, seconds=5)
        assert answer == Answer(402, b"{}")
        (sent,) = server.requests
        assert sent.startswith(b"POST /v1/payments HTTP/1.1\r\n")
        assert b"\r\nIdempotency-Key: o-1\r\n" in sent
        assert sent.endswith(b'{"a": 1}')


def test_a_redirect_is_an_answer_like_any_other():
    with serving(b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as server:
        assert post(server.address, "/payments", b"{}", {}, seconds=5) == Answer(307, b"")


def test_an_answer_may_not_be_larger_than_answers_are():
    body = b"x" * (MOST_ANSWER_BYTES + 1)
    with serving(b"HTTP/1.1 200 OK\r\n\r\n" + body) as server, pytest.raises(HTTPException, match="65536 bytes"):
        post(server.address, "/payments", b"{}", {}, seconds=5)


@pytest.mark.parametrize(
    "pieces", [[b"H"] * 1000, [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 1000]]
)
def test_a_server_that_sends_a_byte_now_and_then_holds_nobody_beyond_the_deadline(pieces):
    with serving(*pieces, pause=0.02) as server:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            post(server.address, "/payments", b"{}", {}, seconds=0.3)
        assert time.monotonic() - begun < 2


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"


@pytest.mark.parametrize("answer", [b"", b"no http\r\n\r\n", b"HTTP/1.1 x\r\n\r\n", CUT, CHUNKS])
def test_what_is_no_answer_is_trouble_of_the_world(answer):
    with serving(answer) as server, pytest.raises(POST_ERRORS):
        post(server.address, "/payments", b"{}", {}, seconds=1)


def test_a_server_that_is_not_there_is_trouble_of_the_world():
    with serving() as server:
        pass
    with pytest.raises(POST_ERRORS):
        post(server.address, "/payments", b"{}", {}, seconds=1)


def test_a_certificate_that_nobody_trusts_ends_the_call_before_anything_is_said(identity):
    with serving(OK, tls=identity[0]) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            post(server.address, "/payments", b"{}", {}, seconds=5)
        assert server.requests == []


def test_a_trusted_certificate_is_spoken_to(identity):
    with serving(OK, tls=identity[0]) as server:
        trust = ssl.create_default_context(cafile=identity[1])
        assert post(server.address, "/payments", b"{}", {}, seconds=5, trust=lambda: trust) == Answer(200, b"{}")


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("https://pay.example", Address(secure=True, host="pay.example", port=443, path="")),
        ("https://pay.example:8443/v1/", Address(secure=True, host="pay.example", port=8443, path="/v1")),
        ("http://127.0.0.1:4780/x", Address(secure=False, host="127.0.0.1", port=4780, path="/x")),
    ],
)
def test_money_and_goods_go_to_https_or_to_this_machine(url, reached):
    assert address("PAYMENT_GATEWAY_URL", url) == reached


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example",
        "http://localhost:1",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "pay.example",
        "https://",
        "https://user:secret@pay.example",
        "https://pay.example?token=secret",
        "https://pay.example#secret",
        "https://pay.example:secret",
        "https://[secret",
        "",
    ],
)
def test_any_other_address_is_refused_by_the_settings_name_without_repeating_a_secret(url):
    with pytest.raises(UrlError, match="PAYMENT_GATEWAY_URL must be https") as refusal:
        address("PAYMENT_GATEWAY_URL", url)
    assert "token" not in str(refusal.value)
    assert "user:secret" not in str(refusal.value)
