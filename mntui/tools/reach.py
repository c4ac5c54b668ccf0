"""How the network is reached: who finds addresses, and whose certificates count. Handed in by tests.

Absent: proxies. Certificates are the system's own, unless a context is given.
"""

import ssl

from mntui.core.frozen import frozen
from mntui.tools.addresses import Resolve, system_resolver


@frozen
class Reach:
    resolve: Resolve = system_resolver
    certificates: ssl.SSLContext | None = None
