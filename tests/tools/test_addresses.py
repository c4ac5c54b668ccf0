import threading

import pytest

from mntui.tools.addresses import permitted
from mntui.tools.base import Pattern, ToolFailure


def asked(addresses, private=(), seconds=5.0, host="a.example"):
    allow = {"private": tuple(Pattern("", rule) for rule in private)}
    return permitted(host, 443, allow, lambda _host, _port: addresses, seconds)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
    ],
)
def test_whatever_is_not_public_is_closed_in_every_dress(address):
    with pytest.raises(ToolFailure) as caught:
        asked([address])
    assert (caught.value.kind, caught.value.not_sent, caught.value.retryable) == ("Denied", True, False)
    with pytest.raises(ToolFailure):
        asked(["93.184.216.34"], host=address)


def test_public_addresses_pass_in_the_order_of_the_resolver():
    assert asked(["93.184.216.34", "2606:2800:220:1::1"]) == ("93.184.216.34", "2606:2800:220:1::1")


def test_a_closed_address_beside_a_public_one_is_never_given():
    assert asked(["127.0.0.1", "93.184.216.34"]) == ("93.184.216.34",)


@pytest.mark.parametrize(
    ("rule", "address"),
    [("127.0.0.1", "127.0.0.1"), ("10.0.0.0/8", "10.9.9.9"), ("::1", "::1"), ("127.0.0.0/8", "::ffff:7f00:1")],
)
def test_what_is_declared_is_open_and_nothing_beside_it(rule, address):
    assert asked([address], [rule]) == (address,)
    with pytest.raises(ToolFailure):
        asked(["192.168.0.1"], [rule])


def test_a_rule_that_is_no_network_opens_nothing():
    with pytest.raises(ToolFailure, match="is no network"):
        asked(["127.0.0.1"], ["localhost"])


def test_a_name_without_an_address_and_a_resolver_that_hangs_are_told_and_nothing_was_sent():
    def nowhere(_host, _port):
        raise OSError(8, "Name or service not known")

    stop = threading.Event()

    def hangs(_host, _port):
        stop.wait()
        return []

    for resolve, said in ((nowhere, "has no address"), (hangs, "wasn't found in")):
        with pytest.raises(ToolFailure, match=said) as caught:
            permitted("a.example", 443, {}, resolve, 0.05)
        assert (caught.value.kind, caught.value.not_sent, caught.value.retryable) == ("NoAddress", True, True)
    stop.set()
