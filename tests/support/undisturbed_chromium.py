#!/usr/bin/env python3
"""Chromium that does not hear of networks that come and go, as Docker's do all the time.

At each, Chromium breaks off the connections that it is just making, those to this machine, too
(ERR_NETWORK_CHANGED). It hears of them through a netlink socket, and goes on without one.
Run in the place of the browser that $CHROMIUM names.
"""

import contextlib
import ctypes
import errno
import os
import socket
import sys

# From <seccomp.h>.
ALLOW = 0x7FFF0000
FAIL = 0x00050000 | errno.EAFNOSUPPORT
EQUAL = 4


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`: argument `index` compared with `value`."""

    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("unused", ctypes.c_uint64),
    )


def refuse_netlink() -> None:
    """Let this process and its children open no netlink socket.

    Raises OSError where there is no libseccomp, which Docker itself needs.
    """
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
    call = seccomp.seccomp_syscall_resolve_name(b"socket")
    of_netlink = (Comparison * 1)(Comparison(0, EQUAL, socket.AF_NETLINK, 0))
    seccomp.seccomp_rule_add_array(rules, ctypes.c_uint32(FAIL), call, 1, of_netlink)
    seccomp.seccomp_load(rules)


with contextlib.suppress(OSError):
    refuse_netlink()
os.execv(os.environ["CHROMIUM"], sys.argv)
