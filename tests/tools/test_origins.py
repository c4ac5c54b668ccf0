import pytest

from mntui.tools.base import Pattern, ToolFailure
from mntui.tools.origins import host_refusal, read_url

WEB = ("https", "http")


@pytest.mark.parametrize(
    "text",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "https:///x",
        "//a.example/x",
        "https://user:secret@a.example/",
        "https://good.example\\@evil.example/",
        "https://a.example/\nHost: b",
        "https://a b.example/",
        "https://a.example:99999/",
        "https://a.example:0/",
        "https://[::1",
        "https://a..example/",
        "gopher://a",
        "javascript:alert(1)",
        "https://%61.example/",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text):
    with pytest.raises(ToolFailure) as caught:
        read_url(text, WEB)
    assert (caught.value.kind, caught.value.not_sent) == ("BadUrl", True)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("HTTPS://A.Example.:443", "https://a.example/"),
        ("http://a.example:8080/x?y=1&z=ä", "http://a.example:8080/x?y=1&z=%C3%A4"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::1]:80/x#part", "http://[::1]/x"),
        ("https://a.example?q", "https://a.example/?q"),
    ],
)
def test_a_url_is_read_into_plain_parts(text, url):
    assert read_url(text, WEB).url == url


@pytest.mark.parametrize(
    ("rule", "url", "covered"),
    [
        ("api.example.com", "https://api.example.com/x", True),
        ("API.example.com", "https://api.EXAMPLE.com/x", True),
        ("api.example.com", "http://api.example.com/x", False),
        ("api.example.com", "https://api.example.com:8443/x", False),
        ("api.example.com:8443", "https://api.example.com:8443/x", True),
        ("http://api.example.com", "http://api.example.com/x", True),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", True),
        ("http://127.0.0.1:8080", "http://127.0.0.1:80/x", False),
        ("https://[::1]:8443", "https://[::1]:8443/", True),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://evilexample.com/", False),
        ("api.example.com", "https://api.example.com.evil.example/", False),
        ("\\*.example.com", "https://a.example.com/", False),
    ],
)
def test_a_rule_covers_an_origin_and_an_encrypted_one_may_go_without_its_scheme(rule, url, covered):
    assert (host_refusal(read_url(url, WEB), {"hosts": (Pattern("", rule),)}) == "") is covered


def test_without_a_rule_nothing_is_covered():
    assert "no `allow` rule for `hosts`" in host_refusal(read_url("https://a.example", WEB), {})
