"""Which addresses may be reached."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from knowledge.net.errors import Refused, Unreached
from knowledge.net.guard import Guard, guarding, looked_up, objection

PUBLIC = """
    8.8.8.8 1.1.1.1 93.184.216.34 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
    2606:4700:4700::1111 2001:4860:4860::8888
""".split()
INNER = """
    127.0.0.1 127.255.255.254 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.1.1
    100.64.0.1 0.0.0.0 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 64:ff9b::a00:1
    64:ff9b::7f00:1 2002:7f00:1:: 2002:c0a8:101::1 fe80::1 fc00::1 fd12:3456::1
""".split()
NEVER = """
    169.254.169.254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: fd00:ec2::254
    100.100.100.200 168.63.129.16 192.0.0.192 224.0.0.1 239.1.1.1 255.255.255.255 240.0.0.1
    ff02::1 ff05::2 ::7f00:1 64:ff9b:1::a00:1 2001::1 2001:0:808:808::f5ff:fffe fec0::1 3fff::1
    5f00::1 4000::1 192.88.99.1 192.0.0.8
""".split()


def named(*addresses: str) -> Guard:
    """A guard for whom every name has these addresses."""
    return Guard(resolve=lambda host: addresses)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert Guard().addresses(address) == [ip_address(address)]
    assert named(address).addresses("docs.example") == [ip_address(address)]


@pytest.mark.parametrize("address", INNER + NEVER)
def test_what_is_not_public_is_refused_by_its_address_and_by_a_name(address: str) -> None:
    for guard, host in ((Guard(), address), (named(address), "docs.example")):
        with pytest.raises(Refused, match=host) as caught:
            guard.addresses(host)
        assert "allow_private" in caught.value.remedy


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_may_be_reached_where_the_setting_says_so(address: str) -> None:
    assert guarding(allow_private=True).addresses(address) == [ip_address(address)]


@pytest.mark.parametrize("address", NEVER)
def test_metadata_multicast_and_reserved_ones_are_refused_even_then(address: str) -> None:
    with pytest.raises(Refused):
        guarding(allow_private=True).addresses(address)


@pytest.mark.parametrize(
    "spelling",
    ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "017700000001", "0"],
)
def test_other_spellings_of_an_inner_address_are_seen_through(spelling: str) -> None:
    assert looked_up(spelling)  # the system takes it for an address
    with pytest.raises(Refused, match="this machine"):
        Guard().addresses(spelling)


@pytest.mark.parametrize("host", ["fe80::1%eth0", "[fe80::1%25lo]", "fe80::1%1", "8.8.8.8%lo"])
def test_an_address_of_a_network_interface_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        guarding(allow_private=True).addresses(host)


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_name_with_a_public_and_an_inner_address_is_refused(inner: str) -> None:
    for addresses in (("8.8.8.8", inner), (inner, "8.8.8.8")):
        with pytest.raises(Refused):
            named(*addresses).addresses("docs.example")


def test_localhost_is_this_machine() -> None:
    for name in ("localhost", "LOCALHOST"):
        with pytest.raises(Refused, match="this machine"):
            Guard().addresses(name)


def test_only_what_is_listed_may_be_reached_besides() -> None:
    guard = guarding(["10.1.0.0/16", "Wiki.Inner.", "fd00::/8"], resolve=lambda host: ["10.9.9.9"])
    assert guard.addresses("10.1.2.3") == [ip_address("10.1.2.3")]
    assert guard.addresses("wiki.inner") == [ip_address("10.9.9.9")]
    assert guard.addresses("fd12::1") == [ip_address("fd12::1")]
    for host in ("10.2.0.1", "other.inner", "127.0.0.1", "fd00:ec2::254"):
        with pytest.raises(Refused):
            guard.addresses(host)


def test_a_metadata_service_is_reached_only_where_its_very_address_is_listed() -> None:
    for listed in ("169.254.0.0/16", "0.0.0.0/0"):
        with pytest.raises(Refused, match="metadata"):
            guarding([listed]).addresses("169.254.169.254")
    named_so = guarding(["metadata.inner"], resolve=lambda host: ["169.254.169.254"])
    with pytest.raises(Refused, match="metadata"):
        named_so.addresses("metadata.inner")
    assert guarding(["169.254.169.254"]).addresses("169.254.169.254")


def test_a_name_is_looked_up_once_and_all_that_was_judged_is_given() -> None:
    answers = [["8.8.8.8", "1.1.1.1"], ["127.0.0.1"]]

    def rebinding(host: str) -> Sequence[str]:
        return answers.pop(0)

    guard = Guard(resolve=rebinding)
    assert [str(a) for a in guard.addresses("docs.example")] == ["8.8.8.8", "1.1.1.1"]
    assert len(answers) == 1
    with pytest.raises(Refused):
        guard.addresses("docs.example")


def test_a_name_that_is_not_found_is_told() -> None:
    def lost(host: str) -> Sequence[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Unreached, match="not known"):
        Guard(resolve=lost).addresses("docs.example")
    with pytest.raises(Unreached, match="without addresses"):
        named().addresses("docs.example")
    with pytest.raises(Refused, match="odd address"):
        named("somewhere").addresses("docs.example")
    with pytest.raises(Unreached):
        Guard().addresses("a" * 70 + ".example")


def test_an_objection_says_what_the_address_is() -> None:
    said = {a: objection(ip_address(a)) for a in ("127.0.0.1", "10.0.0.1", "224.0.0.1", "8.8.8.8")}
    assert list(said.values()) == ["this machine", "a private address", "a multicast address", ""]
