"""Against a real mail server (aiosmtpd) on this machine."""

import email
import ssl

import pytest

from mntui.tools.base import Grants, Pattern, ToolCall, ToolFailure
from mntui.tools.mail import send
from mntui.tools.reach import Reach
from tests.tools.mailbox import Box, free_port, receiving


def sent(world, port, *, hosts=None, private=("127.0.0.1",), scheme="smtp", reach=None, **more):
    server = f"{scheme}://127.0.0.1:{port}"
    allow = {"hosts": tuple(Pattern("", each) for each in hosts or [server])}
    allow["private"] = tuple(Pattern("", each) for each in private)
    grants = Grants(str(world.folder), str(world.home), str(world.blueprint), allow)
    given = {
        "server": server,
        "from": "me@example.com",
        "to": "you@example.org",
        "subject": "Grüezi",
        "text": "Hello\n.\nä\n",
    }
    return send(ToolCall("call", "mail.send", {**given, **more}, "0f-key", grants, 20.0), reach or Reach())


def failing(*args, **more):
    with pytest.raises(ToolFailure) as caught:
        sent(*args, **more)
    return caught.value


def test_a_mail_arrives_whole_with_a_message_id_from_its_effect_key(world):
    box = Box()
    with receiving(box) as port:
        result = sent(
            world, port, to=["you@example.org", "b@example.org"], cc="c@example.org", reply_to="r@example.com"
        )
    [(recipients, mail)] = box.mails
    assert recipients == ["you@example.org", "b@example.org", "c@example.org"] == result["recipients"]
    assert mail["Message-ID"] == "<0f-key@example.com>" == result["message_id"]
    assert str(email.header.make_header(email.header.decode_header(mail["Subject"]))) == "Grüezi"
    assert mail.get_payload(decode=True).decode().splitlines() == ["Hello", ".", "ä"]
    assert (mail["To"], mail["Reply-To"]) == ("you@example.org, b@example.org", "r@example.com")


def test_a_server_or_an_address_that_was_not_declared_is_refused_unasked(world):
    box = Box()
    with receiving(box) as port:
        for failure in (failing(world, port, hosts=["mail.example.com"]), failing(world, port, private=())):
            assert (failure.kind, failure.not_sent) == ("Denied", True)
    assert box.mails == []


@pytest.mark.parametrize(
    "more",
    [
        {"to": "not an address"},
        {"to": "a@example.org\r\nRCPT TO:<evil@example.org>"},
        {"subject": "x\nBcc: evil@example.org"},
        {"from": "me@example.com\r\n"},
        {"cc": ["ok@example.org", "Name <a@example.org>"]},
    ],
)
def test_what_could_smuggle_in_a_line_is_refused(world, more):
    failure = failing(world, 1, **more)
    assert (failure.kind, failure.not_sent) == ("BadMail", True)


def test_one_refused_recipient_refuses_the_mail_and_nothing_was_sent(world):
    box = Box(refuses=["b@example.org"])
    with receiving(box) as port:
        failure = failing(world, port, to=["a@example.org", "b@example.org"])
    assert (failure.kind, failure.not_sent, failure.retryable) == ("MailRefused", True, False)
    assert "b@example.org: 550 nobody of that name" in failure.message
    assert box.mails == []


@pytest.mark.parametrize(("says", "retryable"), [("451 later", True), ("554 spam", False)])
def test_a_mail_that_the_server_refused_was_not_sent(world, says, retryable):
    with receiving(Box(says=says)) as port:
        failure = failing(world, port)
    assert (failure.kind, failure.not_sent, failure.retryable) == ("MailRefused", True, retryable)


def test_only_an_answer_that_is_lost_after_the_last_line_leaves_it_open(world):
    box = Box(says="nothing")
    with receiving(box) as port:
        failure = failing(world, port)
    assert len(box.mails) == 1
    assert (failure.kind, failure.not_sent) == ("LostConnection", False)
    nobody = failing(world, free_port())
    assert (nobody.kind, nobody.not_sent, nobody.retryable) == ("NotSent", True, True)


def test_a_server_that_offers_no_encryption_gets_nothing_where_it_was_declared(world):
    box = Box()
    with receiving(box) as port:
        failure = failing(world, port, scheme="starttls")
    assert (failure.kind, failure.not_sent, box.mails) == ("NotSent", True, [])


@pytest.mark.parametrize("scheme", ["starttls", "smtps"])
def test_an_encrypted_server_is_held_against_its_certificate(world, certificate, scheme):
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(*certificate)
    trusted = Reach(certificates=ssl.create_default_context(cafile=certificate[0]))
    box = Box()
    with receiving(box, **{"tls_context" if scheme == "starttls" else "ssl_context": shown}) as port:
        stranger = failing(world, port, scheme=scheme)
        assert sent(world, port, scheme=scheme, reach=trusted)["message_id"] == "<0f-key@example.com>"
    assert (stranger.kind, stranger.not_sent, len(box.mails)) == ("BadCertificate", True, 1)
