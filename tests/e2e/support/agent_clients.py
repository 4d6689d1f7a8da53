#!/usr/bin/python3
"""Real clients for wemol-agent, and hostile ones. agent_clients.py MODE PORT: what it sees as JSON."""
import asyncio
import json
import resource
import socket
import sys
import time

import websockets

MODE, PORT = sys.argv[1], int(sys.argv[2])
URL = f"ws://127.0.0.1:{PORT}/ws/system-metrics"


_, most_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most_descriptors, 65536), most_descriptors))


async def follow():
    """The first messages of one client."""
    async with websockets.connect(URL) as client:
        return [json.loads(await client.recv()) for _ in range(4)]


async def foreign():
    """The status with which a client of another node is refused."""
    try:
        async with websockets.connect(URL + "?node_id=another"):
            return 101
    except websockets.exceptions.InvalidStatusCode as refused:
        return refused.status_code


def deaf_client():
    """Opens a WebSocket and never reads."""
    client = socket.create_connection(("127.0.0.1", PORT))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.sendall(b"GET /ws/system-metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                   b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    return client


def status():
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as client:
        client.sendall(b"GET /api/v1/system/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b""
        while part := client.recv(65536):
            text += part
    return json.loads(text.split(b"\r\n\r\n", 1)[1])["data"]


async def crowd(readers=900, deaf=100, seconds=45):
    """A thousand clients at once, some of which never read: what the others get meanwhile."""
    received = [[] for _ in range(readers)]

    async def read(times):
        async with websockets.connect(URL, open_timeout=60, max_queue=4) as client:
            await client.recv()
            while True:
                times.append(json.loads(await client.recv())["timestamp"])

    tasks = [asyncio.create_task(read(times)) for times in received]
    deaf_ones = [deaf_client() for _ in range(deaf)]
    while min(map(len, received)) == 0:
        await asyncio.sleep(0.2)
    most = (await asyncio.to_thread(status))["websocketClients"]
    slowest = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        left = (await asyncio.to_thread(status))["websocketClients"]
        slowest = max(slowest, time.monotonic() - begin)
        await asyncio.sleep(0.5)
    failed = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    del deaf_ones
    return {
        "most": most,
        "left": left,
        "failed": failed,
        "fewest": min(map(len, received)),
        "doubled": sum(len(times) - len(set(times)) for times in received),
        "slowest_status_s": round(slowest, 3),
    }


def hostile():
    """What the server says to each of these; none may hold it up or end it."""
    frames = {
        "without a mask": b"\x81\x01x",
        "a reserved opcode": b"\x83\x81\0\0\0\0x",
        "a huge length": b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
        "no utf-8": b"\x81\x82\0\0\0\0\xff\xfe",
        "half a frame": b"\x81\xfe",
    }
    requests = {
        "garbage": bytes(range(256)) * 20,
        "tls": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 512,
        "huge headers": b"GET / HTTP/1.1\r\n" + b"A: " + b"a" * 10_000_000,
        "a huge path": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a huge body": b"POST /api/health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
        "an unknown method": b"BREW /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "an unknown path": b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "a foreign name": b"GET /api/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "no name": b"GET /api/health HTTP/1.1\r\n\r\n",
    }
    said = {}
    for name, request in requests.items():
        with socket.create_connection(("127.0.0.1", PORT), timeout=60) as client:
            try:
                client.sendall(request)
            except OSError:
                pass
            try:
                answer = client.recv(65536)
            except OSError:
                answer = b""
            said[name] = answer.split(b"\r\n")[0].decode("latin-1")
    halves = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(50)]
    for half in halves:
        half.sendall(b"GET /api/health HTTP/1.1\r\nHos")
    for name, frame in frames.items():
        client = deaf_client()
        client.settimeout(60)
        while b"\r\n\r\n" not in client.recv(4096):
            pass
        client.sendall(frame)
        if name != "half a frame":
            text = b""
            try:
                while part := client.recv(65536):
                    text += part
            except OSError:
                pass
            mark = text.rfind(b"\x88")
            said[name] = int.from_bytes(text[mark + 2:mark + 4], "big") if mark >= 0 else 0
    said["health"] = status()["status"]
    return said


result = hostile() if MODE == "hostile" else asyncio.run({"follow": follow, "foreign": foreign, "crowd": crowd}[MODE]())
print(json.dumps(result))
