"""Which addresses notices may be sent to: not into the networks that this machine is inside of.

Who may enter a webhook is not therefore allowed to have this machine ask its neighbours (server-side
request forgery). The name is looked up here and the answer itself is connected to, so that a second
look-up cannot lead elsewhere.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from notifications.channel import Undeliverable

Network = IPv4Network | IPv6Network
_NAT64 = ip_network("64:ff9b::/96")
_ASSIGNED = IPv6Network("2000::/3")


async def addresses_of(
    host: str, port: int, allowed: Sequence[Network], *, secure: bool, threads: Executor
) -> Sequence[str]:
    """The IP addresses of a host, of which there is at least one.

    Args:
        allowed: networks that may be reached although they are not public.
        secure: it is to be reached by TLS; in the clear only what is in `allowed` may be.
        threads: in which names are looked up: an answer that does not come keeps one for as long as the operating
            system waits.

    Raises:
        Undeliverable: one of them may not be reached.
        OSError: the name cannot be looked up now.
    """
    loop = asyncio.get_running_loop()
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await loop.run_in_executor(threads, ask)
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
    for address in addresses:
        one = _innermost(ip_address(address.partition("%")[0]))
        if any(one in network for network in allowed):
            continue
        if not one.is_global or one.is_multicast or not _unicast_of_today(one):
            raise Undeliverable(
                "the webhook leads into a network that is not public; REMIT_WEBHOOK_NETWORKS allows it"
            )
        if not secure:
            raise Undeliverable("the webhook is not https; put its https address on file")
    return addresses


def _unicast_of_today(address: IPv4Address | IPv6Address) -> bool:
    """Of IPv6 all that is assigned is in 2000::/3; the rest leads back into networks of one's own."""
    return isinstance(address, IPv4Address) or address in _ASSIGNED


def _innermost(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
