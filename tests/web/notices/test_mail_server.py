"""A worker that is killed while a real mail server has its message: one repeat at most, and it says so."""

import signal
import socket
import threading

import pytest
from django.db import transaction

from palermo.domain.access import Role
from palermo.web import settings as of_the_site
from palermo.web.accounts.models import User
from palermo.web.jobs import working
from palermo.web.notices import mail
from palermo.web.notices.actions import To, notify
from palermo.web.notices.models import Step
from web.background import a_worker
from web.jobs.test_working import silent_for, until

pytestmark = pytest.mark.django_db(transaction=True)


class Server(threading.Thread):
    """A mail server that keeps what it is given; while it is told to, it accepts a message and says nothing."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.messages: list[str] = []
        self.silent = threading.Event()

    def run(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self.serve(stream)

    def serve(self, stream):
        def answer(line):
            stream.write(line + b"\r\n")
            stream.flush()

        answer(b"220 here")
        while line := stream.readline():
            word = line[:4].upper()
            if word == b"DATA":
                answer(b"354 go on")
                message = b""
                while (line := stream.readline()) not in (b".\r\n", b""):
                    message += line
                self.messages.append(message.decode())
                if self.silent.is_set():
                    # until whoever sent it is gone
                    stream.readline()
                    return
            answer(b"221 bye" if word == b"QUIT" else b"250 ok")
            if word == b"QUIT":
                return


@pytest.fixture
def server():
    running = Server()
    running.start()
    yield running
    running.listening.close()


def test_a_worker_killed_in_between_repeats_it_once_and_says_so(accounts, server):
    environment = {"PALERMO_SMTP": f"smtp://127.0.0.1:{server.port}", "PALERMO_MAIL_FROM": "notices@force.example"}
    User.objects.filter(username="supervisor").update(email="supervisor@scd9.example")
    server.silent.set()
    with transaction.atomic():
        notify(
            accounts["officer"],
            To(unit="SCD9", role=Role.SUPERVISOR),
            key="k",
            kind="breach",
            says="PAL-BCDF-2345: something is due.",
        )
    with a_worker(**environment) as worker:
        until(lambda: server.messages)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert [step.what for step in Step.objects.all()] == ["begun"]

    server.silent.clear()
    silent_for(61)
    with a_worker("--one-shot", **environment) as worker:
        assert worker.wait(timeout=120) == 0, worker.stdout.read()
    with a_worker("--one-shot", **environment) as worker:
        assert worker.wait(timeout=120) == 0

    first, second = server.messages
    assert (mail.AGAIN in first, mail.AGAIN in second.replace("\r\n", "\n").replace("=\n", "")) == (False, True)
    message_id = [line for line in first.splitlines() if line.startswith("Message-ID")]
    assert message_id == [line for line in second.splitlines() if line.startswith("Message-ID")]
    assert [step.what for step in Step.objects.order_by("pk")] == ["begun", "begun", "sent"]
    assert working.take_up_again() == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, "", "", False, False)),
        ("smtp+tls://palermo:a%40b@mail.example", ("mail.example", 587, "palermo", "a@b", True, False)),
        ("smtps://palermo:secret@mail.example:4650", ("mail.example", 4650, "palermo", "secret", False, True)),
    ],
)
def test_the_servers_address_is_read(address, expected):
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    found = of_the_site.mail(address, "notices@force.example")

    assert tuple(found[f"EMAIL_{name}"] for name in names) == expected


@pytest.mark.parametrize(
    ("address", "sender", "says"),
    [
        ("mail.example:25", "notices@force.example", "PALERMO_SMTP: write smtp://"),
        ("smtp://", "notices@force.example", "PALERMO_SMTP: write smtp://"),
        ("smtp://mail.example", "", "PALERMO_MAIL_FROM: say whom"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_what_to_write(address, sender, says):
    with pytest.raises(of_the_site.ImproperlyConfigured, match=says):
        of_the_site.mail(address, sender)
