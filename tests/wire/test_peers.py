import os
import socket

from mntui.wire.peers import peer_uid


def test_the_kernel_names_the_user_at_the_other_end():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_uid(ours) == peer_uid(theirs) == os.getuid()
