"""An IMAP server on this machine with one folder, as much of it as a reader of bounces needs."""

from __future__ import annotations

import re
import shlex
import socketserver
import ssl
import threading
import time

PASSWORD = "pass word"  # noqa: S105


class Imap(socketserver.ThreadingTCPServer):
    """`with Imap([mail, ...]) as sink:`; then `sink.flags[0]` is what the first one is marked."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, mails: list[bytes], *, tls: ssl.SSLContext | None = None):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails, self.tls = mails, tls
        self.flags: list[set[str]] = [set() for _ in mails]
        self.keywords = True  # whether it keeps marks of our own
        self.silent_at = ""  # a command that gets no answer
        self.drips = False  # never an end of an answer, but always a further letter
        self.fetched: list[int] = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://sara%40example.org:pass%20word@localhost:{self.port}/Came%20back"

    def __exit__(self, *error) -> None:
        self.shutdown()
        super().__exit__(*error)

    def handle_error(self, request, client_address) -> None:
        pass  # whoever leaves in the middle


class _Conversation(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        if self.server.silent_at == "greeting":
            self.keep_waiting()
        self.say("* OK sink")
        while line := self.rfile.readline():
            tag, command, *rest = shlex.split(line.decode())
            if command == "UID":
                command, *rest = rest
            if command == self.server.silent_at:
                self.keep_waiting()
            answer = getattr(self, f"on_{command.lower()}")(*rest) or "OK done"
            self.say(f"{tag} {answer}")

    def keep_waiting(self) -> None:
        while True:
            time.sleep(0.05)
            if self.server.drips:
                self.wfile.write(b"*")

    def on_capability(self):
        self.say("* CAPABILITY IMAP4rev1")

    def on_login(self, name, password):
        if (name, password) != ("sara@example.org", PASSWORD):
            return f"NO {name} is not let in"

    def on_select(self, folder):
        if folder != "Came back":
            return "NO no such folder"
        self.say(f"* {len(self.server.mails)} EXISTS")

    def on_search(self, *asked):
        unwanted = {"\\Seen", asked[asked.index("UNKEYWORD") + 1]}
        found = [n + 1 for n, flags in enumerate(self.server.flags) if not flags & unwanted]
        self.say(" ".join(["* SEARCH", *map(str, found)]))

    def on_fetch(self, uid, what):
        most = int(re.search(r"<0\.(\d+)>", what)[1])
        mail = self.server.mails[int(uid) - 1][:most]
        self.server.fetched.append(int(uid))
        self.say(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}")
        self.wfile.write(mail)
        self.say(")")

    def on_store(self, uid, _how, flag):
        flag = flag.strip("()").replace("Seen", "\\Seen").replace("\\\\", "\\")
        if not flag.startswith("\\") and not self.server.keywords:
            return "NO no keywords here"
        self.server.flags[int(uid) - 1].add(flag)

    def on_logout(self):
        self.say("* BYE")

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")
