#!/usr/bin/python3
"""Many WebSocket clients of wemol-agent, some of which do not read, and what the agent takes meanwhile.
agent_clients.py PID PORT READERS DEAF SECONDS: one line."""
import json
import os
import pathlib
import selectors
import socket
import sys
import time
import urllib.request

PID, PORT, READERS, DEAF, SECONDS = map(int, sys.argv[1:])
TICKS = os.sysconf("SC_CLK_TCK")
REQUEST = (b"GET /ws/system-metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def cpu_seconds():
    """Of the agent, all its threads."""
    fields = pathlib.Path(f"/proc/{PID}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kib(key):
    for line in pathlib.Path(f"/proc/{PID}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def kernel_memory_kib():
    """What the sockets' buffers of the whole host take."""
    for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return 0


def connect(is_deaf):
    client = socket.socket()
    if is_deaf:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", PORT))
    client.sendall(REQUEST)
    return client


def clients_now():
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/api/v1/system/status", timeout=60) as answer:
        return json.load(answer)["data"]["websocketClients"]


class Reader:
    """Counts the messages; answers pings, as every library does."""

    def __init__(self, client):
        self.client = client
        self.buffer = b""
        self.is_open = False
        self.texts = 0

    def read(self):
        part = self.client.recv(65536)
        if not part:
            return False
        self.buffer += part
        if not self.is_open:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return True
            self.is_open, self.buffer = True, rest
        while len(self.buffer) >= 2:
            length, begin = self.buffer[1] & 127, 2
            if length == 126:
                length, begin = int.from_bytes(self.buffer[2:4], "big"), 4
            elif length == 127:
                length, begin = int.from_bytes(self.buffer[2:10], "big"), 10
            if len(self.buffer) < begin + length:
                break
            opcode, payload = self.buffer[0] & 15, self.buffer[begin:begin + length]
            self.buffer = self.buffer[begin + length:]
            self.texts += opcode == 1
            if opcode == 9:
                self.client.sendall(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
        return True


def main():
    selector = selectors.DefaultSelector()
    readers = []
    for _ in range(READERS):
        reader = Reader(connect(False))
        reader.client.setblocking(False)
        selector.register(reader.client, selectors.EVENT_READ, reader)
        readers.append(reader)
    deaf = [connect(True) for _ in range(DEAF)]

    def follow(seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if not key.data.read():
                    selector.unregister(key.fileobj)

    follow(3)
    most = clients_now() if READERS + DEAF else 0
    before, begin = cpu_seconds(), time.monotonic()
    texts = sum(reader.texts for reader in readers)
    resident, kernel, slowest = 0, 0, 0.0
    while time.monotonic() - begin < SECONDS:
        follow(1)
        resident = max(resident, memory_kib("VmRSS"))
        kernel = max(kernel, kernel_memory_kib())
        if READERS + DEAF:
            asked = time.monotonic()
            clients_now()
            slowest = max(slowest, time.monotonic() - asked)
    took = time.monotonic() - begin
    texts = sum(reader.texts for reader in readers) - texts
    cpu = (cpu_seconds() - before) / took * 100
    rate = texts / READERS / took if READERS else 0
    left = clients_now() if READERS + DEAF else 0
    print(f"{READERS:5} readers {DEAF:4} deaf: {most:5} connected, {left:5} at the end; {rate:.2f} records/s each; "
          f"CPU {cpu:.2f} %, resident {resident} KiB, sockets of the host {kernel} KiB, slowest answer {slowest * 1000:.0f} ms")
    del deaf


main()
