# SPDX-License-Identifier: GPL-2.0-only
"""Clients of the daemon's Unix socket that behave badly: control_clients.py SOCKET WHAT..."""
import socket
import sys
import time


def connect(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(path)
    return s


def ended(s, wait):
    """Whether the other side closes it within so many seconds."""
    s.settimeout(wait)
    try:
        return not s.recv(1)
    except socket.timeout:
        return False
    except OSError:
        return True


def cut(path, body):
    """A request for an apply, less its last byte."""
    with open(body, "rb") as f:
        data = f.read()
    s = connect(path)
    head = f"POST /command/apply?arg=her.yaml HTTP/1.1\r\nHost: picket\r\nContent-Length: {len(data)}\r\n\r\n"
    s.sendall(head.encode() + data[:-1])
    time.sleep(0.5)
    s.close()
    time.sleep(0.5)


def hold(path, n):
    """Opens so many connections and says how many stay open."""
    held = []
    for _ in range(n):
        held.append(connect(path))
    time.sleep(1)
    print(sum(not ended(s, 0.001) for s in held), flush=True)
    sys.stdin.readline()


def slow(path):
    """A body at a byte a second: how long until it is cut off."""
    s = connect(path)
    s.sendall(b"POST /command/apply?arg=a HTTP/1.1\r\nHost: picket\r\nContent-Length: 1000\r\n\r\n")
    begin = time.monotonic()
    while time.monotonic() - begin < 60:
        try:
            s.sendall(b"x")
        except OSError:
            break
        if ended(s, 1):
            break
    print(int(time.monotonic() - begin))


def deaf(path):
    """Asks for what has no end and reads nothing of it."""
    s = connect(path)
    s.sendall(b"GET /command/drops?arg=--follow HTTP/1.1\r\nHost: picket\r\n\r\n")
    time.sleep(3)
    s.close()


path, what = sys.argv[1:3]
if what == "cut":
    cut(path, sys.argv[3])
elif what == "hold":
    hold(path, int(sys.argv[3]))
elif what == "slow":
    slow(path)
elif what == "deaf":
    deaf(path)
else:
    sys.exit(f"there is no client '{what}'")
