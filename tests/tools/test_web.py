"""Against real servers on this machine. A name means an address only by the resolver that is handed in."""

import gzip
import json
import ssl
import threading

import pytest

from mntui.tools.base import Pattern, ToolCall, ToolFailure
from mntui.tools.reach import Reach
from mntui.tools.web import fetch
from tests.tools.served import says, serving


def called(world, url, hosts, private=("127.0.0.1",), *, reach=None, method="GET", methods=(), seconds=20.0, **more):
    allow = {
        name: tuple(Pattern("", rule) for rule in rules) for name, rules in (("hosts", hosts), ("private", private))
    }
    use = "web.get"
    if methods:
        use, more["method"] = "web.request", method
        allow["methods"] = tuple(Pattern("", each) for each in methods)
    grants = type(world.grants())(str(world.folder), str(world.home), str(world.blueprint), allow)
    job = ToolCall("call", use, {"url": url, **more}, "the-effect-key", grants, seconds)
    return fetch(job, method, reach or Reach())


def failing(*args, **more):
    with pytest.raises(ToolFailure) as caught:
        called(*args, **more)
    return caught.value


def test_a_page_is_read_as_text_and_json_as_a_value_too(world):
    answers = {"/": says("grüezi"), "/api": says('{"a": [1]}', Content_Type="application/json; charset=utf-8")}
    with serving(answers) as server:
        page = called(world, f"{server.url}/", [server.url])
        api = called(world, f"{server.url}/api?x=1", [server.url], headers={"X-Mine": "1"})
    assert page == {
        "url": server.url + "/",
        "status": 200,
        "type": "text/plain",
        "text": "grüezi",
        "json": None,
        "location": "",
    }
    assert (api["json"], api["type"]) == ({"a": [1]}, "application/json")
    assert server.asked[1].path == "/api?x=1"
    assert server.asked[1].headers["X-Mine"] == "1"
    assert server.asked[1].headers["Host"] == f"127.0.0.1:{server.port}"
    assert "Idempotency-Key" not in server.asked[1].headers


def test_a_host_that_was_not_declared_and_a_private_address_that_was_not_are_refused_unasked(world):
    with serving({"/": says()}) as server:
        denied = failing(world, server.url, ["api.example.com"])
        private = failing(world, server.url, [server.url], private=())
        named = failing(world, f"http://localhost:{server.port}/", [f"http://localhost:{server.port}"], private=())
    for failure in (denied, private, named):
        assert (failure.kind, failure.not_sent) == ("Denied", True)
    assert server.asked == []


def test_the_address_that_was_checked_is_the_one_connected_to_though_the_name_changes_its_answer(world):
    lookups = []

    def rebinding(host, port):
        lookups.append(host)
        return ["127.0.0.1"] if len(lookups) == 1 else ["169.254.169.254"]

    with serving({"/": says()}) as server:
        url = f"http://rebind.example:{server.port}"
        answer = called(world, f"{url}/", [url], reach=Reach(rebinding))
        assert (answer["text"], lookups) == ("hello", ["rebind.example"])
        assert server.asked[0].headers["Host"] == f"rebind.example:{server.port}"
        failure = failing(world, f"{url}/", [url], reach=Reach(rebinding))
    assert (failure.kind, "169.254.169.254" in failure.message) == ("Denied", True)
    assert len(server.asked) == 1


def test_a_redirect_is_followed_within_the_declared_hosts(world):
    with serving({"/": says("", 302, Location="/there"), "/there": says("found")}) as server:
        answer = called(world, f"{server.url}/", [server.url])
    assert (answer["text"], answer["url"]) == ("found", f"{server.url}/there")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://evil.example/",
        "//evil.example/x",
        "http://10.0.0.1/",
        "http://good.example@evil.example/",
        "http://2852039166/",
    ],
)
def test_a_redirect_elsewhere_is_refused_at_its_hop(world, location):
    with serving({"/": says("", 302, Location=location)}) as server:
        failure = failing(world, f"{server.url}/", [server.url])
        assert failure.kind in ("Denied", "BadUrl")
        opened = failing(world, f"{server.url}/", ["http://*", server.url])  # Even where every host is declared.
    assert opened.kind in ("Denied", "BadUrl", "NoAddress")
    assert len(server.asked) == 2


def test_redirects_in_a_circle_end(world):
    with serving({"/": says("", 302, Location="/")}) as server:
        assert failing(world, f"{server.url}/", [server.url]).kind == "TooManyRedirects"
    assert len(server.asked) == 6


def test_headers_of_ones_own_stay_with_the_origin_they_were_written_for(world):
    with serving({"/b": says("b")}) as other, serving({"/": says("", 302, Location=f"{other.url}/b")}) as server:
        called(world, f"{server.url}/", [server.url, other.url], headers={"X-Api-Version": "7"})
    assert server.asked[0].headers["X-Api-Version"] == "7"
    assert "X-Api-Version" not in other.asked[0].headers


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Idempotency-Key", "Host", "Content-Length", "X\r\nY"])
def test_headers_that_hold_a_secret_or_are_ours_are_refused(world, name):
    failure = failing(world, "http://127.0.0.1:1/", ["http://127.0.0.1:1"], headers={name: "x"})
    assert (failure.kind, failure.not_sent) == ("BadHeader", True)
    split = failing(world, "http://127.0.0.1:1/", ["http://127.0.0.1:1"], headers={"X-A": "x\r\nHost: evil"})
    assert split.kind == "BadHeader"


def test_a_request_that_changes_something_carries_the_effect_key_and_its_method_must_be_declared(world):
    with serving({"/": says('{"id": 7}', 201, Content_Type="application/json")}) as server:
        made = called(world, server.url, [server.url], method="POST", methods=["POST"], json={"to": "ä"})
        failure = failing(world, server.url, [server.url], method="DELETE", methods=["POST", "PUT"])
    assert (made["status"], made["json"]) == (201, {"id": 7})
    assert server.asked[0].headers["Idempotency-Key"] == "the-effect-key"
    assert json.loads(server.asked[0].body) == {"to": "ä"}
    assert (failure.kind, failure.not_sent, len(server.asked)) == ("Denied", True, 1)


def test_where_a_post_leads_afterwards_is_told_and_not_followed(world):
    with serving({"/": says("", 303, Location="http://169.254.169.254/")}) as server:
        answer = called(world, server.url, [server.url], method="POST", methods=["POST", "GET"], text="x")
    assert (answer["status"], answer["location"]) == (303, "http://169.254.169.254/")
    assert len(server.asked) == 1


def test_a_post_that_is_sent_elsewhere_goes_there_whole_and_only_where_declared(world):
    with serving({"/new": says("ok")}) as other, serving({"/": says("", 307, Location=f"{other.url}/new")}) as server:
        answer = called(world, server.url, [server.url, other.url], method="POST", methods=["POST"], text="body")
        failure = failing(world, server.url, [server.url], method="POST", methods=["POST"], text="body")
    assert answer["text"] == "ok"
    assert (other.asked[0].method, other.asked[0].body) == ("POST", b"body")
    assert other.asked[0].headers["Idempotency-Key"] == "the-effect-key"
    assert (failure.kind, failure.not_sent, len(other.asked)) == ("Denied", True, 1)


@pytest.mark.parametrize(
    ("status", "retryable", "not_sent"),
    [(404, False, True), (409, True, True), (429, True, True), (500, True, False), (503, True, False)],
)
def test_a_refusal_did_nothing_and_after_an_error_of_the_server_nobody_knows(world, status, retryable, not_sent):
    with serving({"/": says("because", status)}) as server:
        failure = failing(world, server.url, [server.url], method="POST", methods=["POST"])
        kept = called(world, server.url, [server.url], statuses=[status])
    assert (failure.kind, failure.retryable, failure.not_sent) == ("HttpStatus", retryable, not_sent)
    assert "because" in failure.message
    assert kept["status"] == status


def test_a_connection_that_breaks_before_the_answer_was_sent_and_one_that_is_refused_was_not(world):
    def breaks(handler, _asked):
        handler.close_connection = True

    with serving({"/": breaks}) as server:
        broken = failing(world, server.url, [server.url], method="POST", methods=["POST"])
    refused = failing(world, server.url, [server.url], method="POST", methods=["POST"])
    assert (broken.kind, broken.not_sent, broken.retryable) == ("LostConnection", False, True)
    assert (refused.kind, refused.not_sent, refused.retryable) == ("NotSent", True, True)


def test_an_answer_that_drips_is_ended_with_its_time(world):
    stop = threading.Event()

    def drips(handler, _asked):
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.02):
            handler.wfile.write(b".")

    with serving({"/": drips}) as server:
        failure = failing(world, server.url, [server.url], seconds=1.2)
        stop.set()
    assert (failure.kind, failure.not_sent) == ("TimeoutError", False)


@pytest.mark.parametrize("packing", ["", "gzip"])
def test_an_answer_that_is_too_large_is_refused_while_it_comes_packed_or_not(world, packing):
    size = 64 * 1024 * 1024 if packing else 9 * 1024 * 1024
    body = gzip.compress(bytes(size)) if packing else bytes(size)
    headers = {"Content_Encoding": packing} if packing else {}
    with serving({"/": says(body, **headers)}) as server:
        assert failing(world, server.url, [server.url]).kind == "TooLarge"


def test_a_packed_answer_is_unpacked_and_what_is_no_text_is_told(world):
    answers = {
        "/gz": says(gzip.compress(b"packed"), Content_Encoding="gzip"),
        "/br": says("x", Content_Encoding="br"),
        "/png": says(b"\x89PNG\xff", Content_Type="image/png"),
        "/json": says("{", Content_Type="application/json"),
        "/latin": says("é".encode("latin-1"), Content_Type="text/plain; charset=iso-8859-1"),
    }
    with serving(answers) as server:
        assert called(world, f"{server.url}/gz", [server.url])["text"] == "packed"
        assert called(world, f"{server.url}/latin", [server.url])["text"] == "é"
        kinds = [failing(world, f"{server.url}/{path}", [server.url]).kind for path in ("br", "png", "json")]
    assert kinds == ["NotText", "NotText", "NotJson"]


def test_an_answer_that_cannot_be_read_does_not_hide_that_something_was_done(world):
    broken = {"/": says(b"{\xff", Content_Type="application/json")}
    with serving(broken) as server:
        answer = called(world, server.url, [server.url], method="POST", methods=["POST"])
        assert failing(world, server.url, [server.url]).kind == "NotText"
    with serving({"/": says(b"{\xff", 503, Content_Type="application/json")}) as server:
        assert failing(world, server.url, [server.url]).kind == "HttpStatus"
    assert (answer["status"], answer["json"]) == (200, None)


def test_a_large_integer_keeps_its_digits_as_text(world):
    with serving(
        {"/": says('{"id": 12345678901234567890, "n": 7}', Content_Type="application/problem+json")}
    ) as server:
        assert called(world, server.url, [server.url])["json"] == {"id": "12345678901234567890", "n": 7}


@pytest.fixture
def certified(certificate):
    """A certificate as the server shows it and as a client trusts it, and the names that clients asked for."""
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(*certificate)
    names = []
    shown.sni_callback = lambda _socket, name, _context: names.append(name)
    return shown, ssl.create_default_context(cafile=certificate[0]), names


def test_tls_keeps_the_name_though_the_address_is_connected_to(world, certified):
    shown, trusted, names = certified
    with serving({"/": says("sealed")}, shown) as server:
        reach = Reach(lambda _host, _port: ["127.0.0.1"], trusted)
        good, bad = f"good.example:{server.port}", f"bad.example:{server.port}"
        assert called(world, f"https://{good}/", [good], reach=reach)["text"] == "sealed"
        other_name = failing(world, f"https://{bad}/", [bad], reach=reach)
        stranger = failing(world, f"https://{good}/", [good], reach=Reach(reach.resolve))
    assert names[0] == "good.example"
    for failure in (other_name, stranger):
        assert (failure.kind, failure.not_sent) == ("NotSent", True)
        assert "certificate" in failure.message.lower()
    assert len(server.asked) == 1
