"""A small hub: takes reports and agents' WebSockets, keeps what it gets, and does what a test wants."""
import asyncio
import base64
import hashlib
import json
import ssl
import struct
import threading


class FakeHub:
    """Serves in a thread of its own. `status` answers reports; `hangs` never does."""

    def __init__(self, port=0, tls=None, token="0123456789abcdef-hub"):
        self.token, self.status, self.hangs = token, 200, False
        self.location = None
        self.reports, self.results, self.registrations, self.headers = [], [], [], []
        self.agents = []
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._client, "127.0.0.1", port, ssl=tls, limit=1 << 23))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self):
        async def end():
            self._server.close()
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0.1)
        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, message):
        """Sends a message to the newest agent."""
        writer = self.agents[-1]
        text = json.dumps(message).encode()
        head = b"\x81" + (bytes([len(text)]) if len(text) < 126 else b"\x7e" + struct.pack(">H", len(text)))
        self._loop.call_soon_threadsafe(writer.write, head + text)

    async def _client(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (it.partition(":") for it in head[1:] if it)}
                if "upgrade" in headers:
                    await self._agent(reader, writer, headers)
                    return
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.headers.append((head[0], headers))
                if self.hangs:
                    await asyncio.sleep(3600)
                status = self.status if headers.get("authorization") == f"Bearer {self.token}" else 401
                if status == 200:
                    self.reports.append(json.loads(body))
                answer = b'{"status":"success","message":"Data received"}'
                where = f"Location: {self.location}\r\n" if self.location else ""
                writer.write(f"HTTP/1.1 {status} X\r\n{where}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _agent(self, reader, writer, headers):
        accept = base64.b64encode(hashlib.sha1(
            headers["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        writer.write(("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        while True:
            first, second = await reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack(">H", await reader.readexactly(2))[0]
            mask = await reader.readexactly(4)
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(length)))
            if first & 0xF == 9:
                writer.write(bytes([0x8A, len(payload)]) + payload)
            if first & 0xF != 1:
                continue
            message = json.loads(payload)
            if message["type"] == "register":
                self.registrations.append(message)
                fine = message.get("token") == self.token
                self.agents.append(writer)
                self.ask({"type": "register_response", "status": "success" if fine else "error"})
            else:
                self.results.append(message)
