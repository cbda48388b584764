"""Servers that are dead, deaf, slow or somebody else's: what connect(), send() and stream() say, and how soon."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback

import pytest
from remote import Recorder, RemoteGateway, in_thread, not_our_server

from estuary import (
    AuthenticationError,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    NotConnected,
    Session,
    TurnTimeout,
)
from estuary.transport import Link

LIVENESS = 1.0  # seconds; the sessions of this file notice a silent server after so long
AT_ONCE = 3.0  # seconds, for what takes milliseconds unless the machine is busy; less than any other timeout
KEY = "est_0123456789-abcdefgh-not-a-real-key"


@pytest.fixture(scope="module")
def server():
    with RemoteGateway() as gateway:
        yield gateway


# ── the faults ──


class Line:
    """A way to a gateway that ``break_now()`` breaks, and ``mend()`` mends for new connections."""

    #: seconds in which a session of this file notices
    notices = AT_ONCE
    #: what opening a session says while it is broken
    refusal: type = ConnectError

    def __init__(self, gateway, proxy):
        self.gateway, self.proxy = gateway, proxy
        self.url = proxy.url if proxy else gateway.url

    def session(self, player, **options):
        return self.gateway.session(player, **{"server_url": self.url, "liveness_timeout": LIVENESS, **options})

    def break_before(self):
        """Broken for those who come now."""
        self.break_now()

    def mend(self):
        pass


class Killed(Line):
    def break_now(self):
        self.gateway.kill()

    def mend(self):
        self.gateway.restart()


class Frozen(Line):
    notices = LIVENESS + AT_ONCE
    refusal = ConnectTimeout

    def break_now(self):
        self.gateway.freeze()

    def mend(self):
        self.gateway.thaw()


class BlackHole(Line):
    notices = LIVENESS + AT_ONCE
    refusal = ConnectTimeout

    def break_now(self):
        self.proxy.freeze()

    def mend(self):
        self.proxy.thaw()


class Reset(Line):
    def break_now(self):
        self.proxy.reset()

    def break_before(self):
        self.proxy.drop_after(60, "down", "reset")


class Closed(Line):
    def break_now(self):
        self.proxy.close_all()

    def break_before(self):
        self.proxy.drop_after(60, "down", "close")


@pytest.fixture(params=[Killed, Frozen, BlackHole, Reset, Closed], ids=lambda line: line.__name__.lower())
def line(request, server, proxy, tmp_path):
    kind = request.param
    if kind is Killed:
        with RemoteGateway(db=str(tmp_path / "gateway.db")) as gateway:
            yield Killed(gateway, None)
    elif kind is Frozen:
        yield Frozen(server, None)
        server.thaw()
    else:
        yield kind(server, proxy(server))


def test_broken_before_connecting(line, player):
    line.break_before()
    session = line.session(player)
    started = time.monotonic()
    with pytest.raises(line.refusal) as caught:
        session.connect(timeout=1.0)
    assert time.monotonic() - started < 1.0 + AT_ONCE
    tells(caught.value, line.url, line.gateway.api_key)
    assert str(session.state) == "disconnected"
    line.mend()
    assert session.send("hello").text == "You said: hello"
    session.close()


@pytest.mark.parametrize("call", ["send", "stream"])
def test_broken_during_a_turn(line, player, call):
    with line.session(player, max_reconnects=0) as session:
        told = Recorder(session)
        if call == "send":
            waiting = in_thread(session.send, "hang", timeout=30)
        else:
            waiting = in_thread(list, session.stream("hang", timeout=30))
        told.wait_named("bot_response")
        started = time.monotonic()
        line.break_now()
        with pytest.raises(ConnectionLost) as caught:
            waiting.result()
        assert time.monotonic() - started < line.notices
        keyless(caught.value, line.gateway.api_key)
        assert told.wait_named("disconnected").reason == "lost"
        # and without being asked twice, the next call opens it again
        line.mend()
        assert session.send("hello").text == "You said: hello"


def test_broken_after_a_turn(line, player):
    with line.session(player, max_reconnects=None) as session:
        told = Recorder(session)
        assert session.send("hello").text == "You said: hello"
        line.break_now()
        started = time.monotonic()
        told.wait_named("reconnecting")
        assert time.monotonic() - started < line.notices
        line.mend()
        assert session.send("hello again", timeout=20).text == "You said: hello again"
        assert told.names[-1:] == ["reconnected"]


def test_text_into_a_silent_line_is_lost_not_repeated(server, proxy, player):
    line = proxy(server)
    with server.session(player, server_url=line.url, liveness_timeout=LIVENESS) as session:
        line.freeze()
        started = time.monotonic()
        with pytest.raises(ConnectionLost):
            session.send("hello")
        assert time.monotonic() - started < LIVENESS + AT_ONCE
        line.reset()  # what was held back is gone
        line.thaw()
        assert session.send("something else").text == "You said: something else"
    assert [content for role, content in server.messages(player) if role == "user"] == ["something else"]


# ── slowness ──


def test_one_byte_at_a_time_works(server, proxy, player):
    line = proxy(server)
    line.slow(1, 0.0005)
    with server.session(player, server_url=line.url, liveness_timeout=LIVENESS) as session:
        told = Recorder(session)
        assert session.send("hello").text == "You said: hello"
        line.fast()
        chunks = session.stream("count 30")
        first = next(chunks)
        line.slow(1, 0.0002)
        assert first.delta + "".join(chunk.delta for chunk in chunks) == "".join(f"{n} " for n in range(30))
        assert session.send("hello again").text == "You said: hello again"
        assert told.names == []


def test_too_slow_for_the_deadline(server, proxy, player):
    line = proxy(server)
    line.slow(1, 0.05)
    session = server.session(player, server_url=line.url)
    started = time.monotonic()
    with pytest.raises(ConnectTimeout) as caught:
        session.connect(timeout=0.5)
    tells(caught.value, line.url, server.api_key)
    line.fast()
    session.connect()
    line.slow(1, 0.05)
    with pytest.raises(TurnTimeout):
        session.send("hello", timeout=0.5)
    assert time.monotonic() - started < 1.0 + 2 * AT_ONCE
    line.fast()
    assert session.send("hello again").text == "You said: hello again"
    session.close()


def test_a_handshake_that_drips_does_not_hold_up_reconnecting(server, proxy, player):
    """Each byte comes in time, all of them never do."""
    line = proxy(server)
    with server.session(player, server_url=line.url, connect_timeout=0.6, max_reconnects=2) as session:
        told = Recorder(session)
        line.slow(1, 0.1)
        line.reset()
        assert told.wait_named("disconnected", timeout=6).reason == "lost"
        assert len(told.named("reconnecting")) == 2


# ── whoever answers is not an Estuary server ──


def tells(error, url, key, *words):
    """The error names the server, gives advice, and keeps the key."""
    message = str(error)
    assert url in message
    assert len(message) < 400
    assert "check" in message or "?" in message or "later" in message, message
    for word in words:
        assert word in message
    keyless(error, key)


def keyless(error, key):
    """Neither the error nor anything in its chain of causes shows the key."""
    assert key not in "".join(traceback.format_exception(error))
    seen = error
    while seen is not None:
        assert key not in repr(seen) + str(seen)
        seen = seen.__cause__ or seen.__context__


def stranger(url, **options):
    options = {"api_key": KEY, "character_id": "c", "player_id": "p", "connect_timeout": 5.0, **options}
    return Session(server_url=url, **options)


def refused_by(url, kind=ConnectError, *words, timeout=None, **options):
    session = stranger(url, **options)
    with pytest.raises(kind) as caught:
        session.connect(timeout)
    tells(caught.value, url, KEY, *words)
    assert str(session.state) == "disconnected"
    session.close()
    return caught.value


def http(status, body=b"", *headers):
    head = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_nobody_listens(server, proxy):
    line = proxy(server)
    line.refuse()
    refused_by(line.url, ConnectError, "refused the connection")


def test_host_that_does_not_exist():
    refused_by("http://estuary.invalid:8000", ConnectError, "can't be resolved")


STRANGERS = {
    "404": http("404 Not Found", b"<h1>nothing here</h1>"),
    "200": http("200 OK", b"<html>" + b"welcome " * 1000),
    "403": http("403 Forbidden"),
    "503": http("503 Service Unavailable"),
    "moved": http("301 Moved Permanently", b"", "Location: https://127.0.0.1:9/elsewhere"),
    "login": http("302 Found", b"", "Location: /login"),
    "101 without a key": http("101 Switching Protocols", b"", "Upgrade: websocket", "Connection: Upgrade"),
    "end of file": b"",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "binary": b"\x00\xff\x17\x03" * 5000,
    "newlines": b"\n" * 100_000,
    "no such status": b"HTTP/1.1 999999 \r\n\r\n",
    "no header": b"HTTP/1.1 101\r\n: :\r\nnonsense\r\n\r\n",
    "not UTF-8": "HTTP/1.1 404 Ünïcödé\r\n\r\n".encode("latin-1"),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_not_a_websocket_server(kind):
    words = {"404": "HTTP 404", "200": "HTTP 200", "403": "HTTP 403", "503": "HTTP 503",
             "moved": "https://127.0.0.1:9/elsewhere", "login": "redirects"}  # fmt: skip
    with not_our_server(STRANGERS[kind]) as other:
        refused_by(other.url, ConnectError, words.get(kind, ""))


def test_a_server_that_talks_first():
    with not_our_server(b"220 mail.example.com ESMTP\r\n", wait_for_request=False) as other:
        refused_by(other.url)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_black_hole(scheme):
    with not_our_server(None) as other:
        url = other.url.replace("http", scheme)
        started = time.monotonic()
        refused_by(url, ConnectTimeout, timeout=0.5)
        refused_by(url, ConnectTimeout, connect_timeout=0.5)
        assert time.monotonic() - started < 1.0 + AT_ONCE


def test_a_port_that_does_not_even_accept():
    """Its queue is full, so that the kernel drops what comes: nothing interrupts connecting itself."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        started = time.monotonic()
        refused_by(f"http://127.0.0.1:{port}", ConnectTimeout, timeout=0.5)
        assert time.monotonic() - started < 0.5 + AT_ONCE
        for filler in fillers:
            filler.close()


def test_tls_to_a_plain_port(server):
    refused_by(server.url.replace("http:", "https:"), ConnectError, "TLS", "http://")


@pytest.fixture
def tls(server, tmp_path):
    """The URL of a door to the gateway that speaks TLS, and the certificate of who signed its own."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    pumps = []

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def accept():
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                client = context.wrap_socket(raw, server_side=True)
            except (ssl.SSLError, OSError):  # it does not trust us
                raw.close()
                continue
            upstream = socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))
            two = [threading.Thread(target=pump, args=ends) for ends in ((client, upstream), (upstream, client))]
            pumps.append((client, upstream, two))
            for thread in two:
                thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield f"https://localhost:{listener.getsockname()[1]}", certificate
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    accepting.join(10)
    for client, upstream, two in pumps:
        for thread in two:
            thread.join(10)
        client.close()
        upstream.close()


def test_tls(server, tls, player, monkeypatch):
    url, certificate = tls
    refused_by(url, ConnectError, "certificate", "self")
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with server.session(player, server_url=url, liveness_timeout=0.5) as session:
        told = Recorder(session)
        assert session.send("hello").text == "You said: hello"
        assert session.send("count 2000").text.endswith(" 1999 ")
        assert not told.wait(lambda r: r.named("disconnected", "reconnecting"), timeout=1.0)
    refused_by(url.replace("localhost", "127.0.0.1"), ConnectError, "certificate")
    refused_by(url.replace("https", "http"), ConnectError)


def test_through_an_http_proxy(server, player, monkeypatch):
    """Then the library connects, as the environment says."""
    with not_our_server(http("407 Proxy Authentication Required")) as other:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, other.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        session = server.session(player, server_url="http://estuary.invalid:1234")
        with pytest.raises(ConnectError) as caught:
            session.connect()
        assert other.accepted.is_set()
        tells(caught.value, "http://estuary.invalid:1234", server.api_key, "http_proxy")
        # and not for what is near
        with server.session(player) as session:
            assert session.send("hello").text == "You said: hello"


def test_wrong_path(server):
    refused_by(f"{server.url}/somewhere/else", ConnectError)


@pytest.fixture
def scripted():
    """``scripted(*frames)`` gives the URL of a WebSocket server that sends these to whoever comes, then reads on."""
    from websockets.sync.server import serve

    servers = []

    def make(*frames, close=False):
        def talk(connection):
            for frame in frames:
                connection.send(frame)
            if not close:
                for _ in connection:
                    pass

        running = serve(talk, "127.0.0.1", 0)
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        servers.append((running, thread))
        return f"http://127.0.0.1:{running.socket.getsockname()[1]}"

    yield make
    for running, thread in servers:
        running.shutdown()
        thread.join(10)


OPEN = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'


@pytest.mark.parametrize(
    "frames",
    [
        ["hello"], [""], [b"\x00\x01"], ["4hello"], ["0"], ["0{}"], ["0[]"], ["0null"], ['0{"sid":1,"upgrades":null}'],
        ['0{"sid":"x","upgrades":[],"pingInterval":"soon","pingTimeout":20000}'], ["9", OPEN], ["2"], ["1"],
    ],
    ids=repr,
)  # fmt: skip
def test_websocket_but_not_engine_io(scripted, frames):
    refused_by(scripted(*frames))


@pytest.mark.parametrize(
    "frames", [[], ["2"], ["40{}"], ["40/other,{}"], ["44/sdk,[{]"], ['40/sdk,{"sid":"y"}']], ids=repr
)
def test_engine_io_but_silent(scripted, frames):
    refused_by(scripted(OPEN, *frames), ConnectTimeout, "Estuary server?", connect_timeout=2.0)


def test_a_silent_server_is_not_taken_for_an_absent_one_while_its_link_ends(scripted, monkeypatch):
    close = Link.close

    def slow(link, deadline):
        close(link, deadline)
        time.sleep(1.0)

    monkeypatch.setattr(Link, "close", slow)
    silent = scripted(OPEN, '40/sdk,{"sid":"y"}')
    refused_by(silent, ConnectTimeout, "Estuary server?", connect_timeout=0.5, timeout=1.0)


@pytest.mark.parametrize(
    "frames",
    [["41/sdk,"], ["1"], ["44/sdk,"], ['44/sdk,"no"'], ['44/sdk,{"message":"no"}'], ["44/sdk,null"],
     ['40/sdk,{"sid":"y"}', "41/sdk,"], ['40/sdk,{"sid":"y"}', "1"]],
    ids=repr,
)  # fmt: skip
def test_socket_io_but_refused(scripted, frames):
    refused_by(scripted(OPEN, *frames))


@pytest.mark.parametrize("frames", [[], ['40/sdk,{"sid":"y"}']], ids=["namespace", "session_info"])
def test_closed_in_the_handshake(scripted, frames):
    refused_by(scripted(OPEN, *frames, close=True))


def test_socket_io_server_of_somebody_else():
    """A real one, which has no /sdk."""
    import socketio
    import uvicorn

    app = socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi"))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            refused_by(f"http://127.0.0.1:{listener.getsockname()[1]}", ConnectError, "Estuary server?")
        finally:
            server.should_exit = True
            thread.join(10)


# ── it is one, and refuses ──


@pytest.mark.parametrize(
    "key", [KEY, "sst_0123456789-abcdefgh", "not-even-like-a-key", 'quo"ted\\kéy-0123'], ids=range(4)
)
def test_bad_key(server, player, key):
    session = server.session(player, api_key=key)
    with pytest.raises(AuthenticationError, match="not valid") as caught:
        session.connect()
    tells(caught.value, server.url, key, "api key")
    session.close()


def test_unknown_character(server, player):
    session = server.session(player, character_id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(AuthenticationError, match="character not found") as caught:
        session.connect()
    tells(caught.value, server.url, server.api_key, "character id")
    session.close()


@pytest.mark.parametrize("then", ["reset", "close", "freeze"])
def test_cut_anywhere_in_the_handshake(server, proxy, player, then):
    line = proxy(server)
    with server.session(player, server_url=line.url):
        line.wait_for(lambda proxy: proxy.bytes_down > 300)  # counted a moment after they are handed on
        whole = line.bytes_down
    for count in [1, 17, *range(100, whole, 37), whole - 1]:
        session = server.session(player, server_url=line.url, max_reconnects=0)
        assert line.wait_for(lambda proxy: proxy.active == 0)  # its last words would count
        line.drop_after(count, "down", then)
        with pytest.raises(ConnectTimeout if then == "freeze" else ConnectError) as caught:
            session.connect(timeout=0.2 if then == "freeze" else None)
        tells(caught.value, line.url, server.api_key)
        session.close()
        line.reset()
        line.thaw()


# ── liveness ──


def test_an_idle_session_notices_a_black_hole(server, proxy, player):
    line = proxy(server)
    with server.session(player, server_url=line.url, liveness_timeout=LIVENESS, max_reconnects=0) as session:
        told = Recorder(session)
        started = time.monotonic()
        line.freeze()
        event = told.wait_named("disconnected", LIVENESS + AT_ONCE)
        assert time.monotonic() - started >= LIVENESS / 4
        assert event.reason == "lost"
        assert not session.is_connected


def test_an_idle_healthy_session_stays(server, player):
    with server.session(player, liveness_timeout=0.5) as session:
        told = Recorder(session)
        assert not told.wait(lambda r: r.named("disconnected", "reconnecting"), timeout=3.0)
        assert session.is_connected
        assert session.send("hello").text == "You said: hello"


def test_a_slow_answer_to_a_ping_is_an_answer(proxy, player):
    """Half of the liveness timeout is left for it, whenever the last message came."""
    with RemoteGateway(ping_interval=0.7) as gateway:  # out of step with the client's own
        line = proxy(gateway)
        line.delay(0.15)  # each way
        with gateway.session(player, server_url=line.url, liveness_timeout=1.0) as session:
            told = Recorder(session)
            for number in range(4):
                assert session.send(f"hello {number}").text == f"You said: hello {number}"
                assert not told.wait(lambda r: r.named("disconnected", "reconnecting"), timeout=1.0)


def test_a_long_turn_without_a_word_is_not_taken_for_death(server, player):
    with server.session(player, liveness_timeout=0.3) as session:
        with pytest.raises(TurnTimeout):
            session.send("silent", timeout=1.5)
        assert session.send("hello").text == "You said: hello"


# ── nothing of a dead link ──


def test_texts_for_a_dead_line_are_refused(server, proxy, player):
    line = proxy(server)
    with server.session(player, server_url=line.url) as session:
        told = Recorder(session)
        line.refuse()
        line.reset()
        told.wait_named("reconnecting")
        assert not session.is_connected
        started = time.monotonic()
        with pytest.raises(NotConnected):
            session.send("hello", wait=False)
        session.interrupt()  # nothing is being said
        assert time.monotonic() - started < 0.1
    assert server.messages(player) == []


def test_a_stalled_line_is_bounded(server, proxy, player):
    """Nobody reads: what waits to be sent has a limit, and reaching it is an error, at once."""
    line = proxy(server)
    with server.session(player, server_url=line.url, liveness_timeout=30.0) as session:
        line.freeze()
        text = "x" * 500_000
        sent, slowest = 0, 0.0
        with pytest.raises(NotConnected, match="stalled"):  # noqa: PT012
            for _ in range(200):  # 100 MB
                started = time.monotonic()
                try:
                    session.send(text, wait=False)
                finally:
                    slowest = max(slowest, time.monotonic() - started)
                sent += 1
        assert 10 <= sent < 100
        assert slowest < AT_ONCE
        started = time.monotonic()
        session.close(timeout=2)
        assert time.monotonic() - started < 3


def test_many_small_texts_into_a_stalled_line(server, player):
    with server.session(player, liveness_timeout=2.0, max_reconnects=0) as session:
        told = Recorder(session)
        waiting = in_thread(session.send, "hang", timeout=60)
        told.wait_named("bot_response")
        server.freeze()
        try:
            padding = "x" * 5_000  # more than the sockets hold
            with pytest.raises(NotConnected, match="stalled"):  # noqa: PT012
                for number in range(5_000):
                    session.send(f"{number} {padding}", wait=False)
            # the turn that somebody waits for is not forgotten over them
            with pytest.raises(ConnectionLost):
                waiting.result(2.0 + AT_ONCE)
        finally:
            server.thaw()


# ── nothing secret ──


class _Everything(logging.Handler):
    """Every record of the process, formatted."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def everything():
    import websocket

    handler, stream = _Everything(), logging.StreamHandler(io.StringIO())
    names = ["", "estuary", "engineio", "engineio.client", "socketio", "socketio.client", "websocket", "urllib3"]
    before = {name: logging.getLogger(name).level for name in names}
    traced = logging.getLogger("websocket")
    handlers = list(traced.handlers)
    websocket.enableTrace(True, handler=stream)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    handler.traced = stream.stream
    yield handler
    websocket.enableTrace(False)
    traced.handlers[:] = handlers
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("key", [None, "plain-secret-0123", 'quo"ted\\kéy-0123', "est_short"], ids=range(4))
def test_no_key_in_any_log(server, proxy, player, everything, key):
    line = proxy(server)
    options = {} if key is None else {"api_key": key}
    session = server.session(player, server_url=line.url, max_reconnects=1, **options)
    key = key or server.api_key
    told = Recorder(session)
    for _ in range(2):
        try:
            session.connect()
            session.send("hello")
            line.reset()
            told.wait_named("reconnected")
            line.refuse()
            line.reset()
            told.wait_named("disconnected")
            line.accept()
        except AuthenticationError as error:
            keyless(error, key)
    session.close()
    lines = [*everything.lines, everything.traced.getvalue(), repr(session), repr(session._config), repr(told.events)]
    assert any("api_key" in line for line in lines), "the libraries printed nothing: this test shows nothing"
    shown = [line for line in lines if key in line or repr(key)[1:-1] in line or key[4:].strip() in line.split()]
    assert not shown
    if '"' not in key:
        return
    # as JSON and as the repr of it, too
    assert not [line for line in lines if "0123" in line]
