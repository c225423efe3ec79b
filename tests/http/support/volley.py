"""Many requests at once from one thread: each on a connection of its own, all in flight before the first answer is read."""

import json
import socket


def encode(method, path, body=None, headers=None):
    """The bytes of one request."""
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(payload)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


class Volley:
    """`clients` connections to a server; `fire(requests)` sends one request on each and gives the answers in order."""

    def __init__(self, port, clients, timeout=30):
        self.port, self.timeout = port, timeout
        self._sockets = [None] * clients
        self._rest = [b""] * clients

    def _connect(self, i):
        s = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[i], self._rest[i] = s, b""

    def _send(self, i, request):
        if self._sockets[i] is None:
            self._connect(i)
        self._sockets[i].sendall(request)

    def _read(self, i):
        """(status, body) of the next answer."""
        data = self._rest[i]
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more(i)
        head = data[:end].decode("latin-1").lower()
        at = head.index("content-length:") + 15
        length = int(head[at:].split("\r\n", 1)[0])
        while len(data) < end + 4 + length:
            data += self._more(i)
        self._rest[i] = data[end + 4 + length:]
        return int(head[9:12]), data[end + 4:end + 4 + length]

    def _more(self, i):
        if chunk := self._sockets[i].recv(65536):
            return chunk
        raise ConnectionResetError("the server closed the connection")

    def _drop(self, i):
        if self._sockets[i] is not None:
            self._sockets[i].close()
        self._sockets[i], self._rest[i] = None, b""

    def fire(self, requests):
        """One request a connection at once → [(status, body)]; an answer that was lost is (None, the exception)."""
        answers = [None] * len(requests)
        for i, request in enumerate(requests):
            try:
                self._send(i, request)
            except OSError as e:
                answers[i] = (None, e)
                self._drop(i)
        for i in range(len(requests)):
            if answers[i] is None:
                try:
                    answers[i] = self._read(i)
                except OSError as e:
                    answers[i] = (None, e)
                    self._drop(i)
        return answers

    def close(self):
        for i in range(len(self._sockets)):
            self._drop(i)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
