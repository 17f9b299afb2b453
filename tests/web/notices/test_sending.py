"""Notices by e-mail: told and sent together, once to an address, discreet, and what does not go out is seen."""

import email
import email.policy
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import DatabaseError, connection, transaction

from palermo.domain.access import Role
from palermo.web.accounts.models import User
from palermo.web.audit.models import Entry
from palermo.web.notices import actions, queries
from palermo.web.notices.actions import NotSent, To, long_ago, notify
from palermo.web.notices.models import Delivery, Notice, Step
from web.background import make_due, run_jobs

pytestmark = pytest.mark.django_db
SAYS = "PAL-BCDF-2345: something was due on 3 May 2010 at 5pm and is not done."


@pytest.fixture
def desk(accounts):
    """The accounts, those of SCD9 with addresses."""
    for username in ("officer", "supervisor"):
        User.objects.filter(username=username).update(email=f"{username}@scd9.example")
    return {user.username: user for user in User.objects.all()}


def told(by: User, to: To, key: str = "k", reference: str = "PAL-BCDF-2345") -> Notice:
    with transaction.atomic():
        return notify(by, to, key=key, kind="breach", says=SAYS, reference=reference)


def steps() -> list[str]:
    return list(Step.objects.order_by("pk").values_list("what", flat=True))


def addresses() -> list[str]:
    return sorted(address for message in outbox.outbox for address in message.to)


@pytest.fixture
def server(monkeypatch):
    """What the mail server does, one for each message that it is given: None accepts it, a fault is raised."""
    faults: list[Exception | None] = []

    def send_messages(self, messages):
        fault = faults.pop(0) if faults else None
        if fault:
            raise fault
        outbox.outbox.extend(messages)
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return faults


def test_it_goes_to_every_active_account_that_has_an_address(desk):
    User.objects.filter(username="supervisor").update(is_active=False)
    User.objects.create_user(
        "night-desk", post="Night desk, SCD9", role="officer", unit="SCD9", email="night@scd9.example"
    )
    User.objects.create_user("no-address", post="Officer, SCD9", role="officer", unit="SCD9")
    told(desk["borough"], To(unit="SCD9"))

    assert run_jobs() == ["notices.send", "notices.deliver", "notices.deliver"]
    assert addresses() == ["night@scd9.example", "officer@scd9.example"]
    assert steps() == ["begun", "sent", "begun", "sent"]


def test_two_accounts_with_one_mailbox_get_one_message(desk):
    User.objects.filter(username="supervisor").update(email="officer@scd9.example")
    told(desk["borough"], To(unit="SCD9"))
    run_jobs()

    assert addresses() == ["officer@scd9.example"]


def test_told_twice_is_sent_once_and_a_job_that_runs_again_sends_nothing(desk):
    notice = told(desk["borough"], To(unit="SCD9"))
    assert told(desk["borough"], To(unit="SCD9")) is None
    run_jobs()
    actions.send(notice.pk)
    for delivery in Delivery.objects.all():
        actions.deliver(delivery.pk)

    assert run_jobs() == []
    assert addresses() == ["officer@scd9.example", "supervisor@scd9.example"]


def test_what_is_rolled_back_is_neither_told_nor_sent(desk):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        told(desk["borough"], To(unit="SCD9"))
        raise ZeroDivisionError

    assert run_jobs() == []
    assert not Notice.objects.exists()


def test_what_is_loaded_was_told_long_ago_and_does_not_go_out(desk):
    with long_ago():
        told(desk["borough"], To(unit="SCD9"), "then")
    assert run_jobs() == []
    told(desk["borough"], To(unit="SCD9"), "now")

    assert "notices.send" in run_jobs()
    assert not queries.not_sent().exists()


def test_the_message_is_discreet_and_leads_to_the_page(desk, settings):
    settings.SITE = "https://palermo.example"
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()
    (message,) = outbox.outbox

    assert message.subject == "You have a notice"
    assert message.body == (f"{SAYS}\n\nhttps://palermo.example/referrals/PAL-BCDF-2345/\n\nFor: Supervisor, SCD9\n")
    headers = str(message.message()).split("\n\n")[0]
    assert "PAL-" not in headers and "SCD9" not in headers and "alermo" not in headers.replace("palermo@", "")
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_without_an_address_of_the_site_there_is_no_link(desk):
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()

    assert "http" not in outbox.outbox[0].body


def test_it_is_written_to_a_file_once(desk, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    notice = told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()
    actions.send(notice.pk)
    run_jobs()

    (file,) = tmp_path.iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("supervisor@scd9.example", "You have a notice")
    assert SAYS in message.get_body().get_content().replace("\n", " ")


def test_what_a_server_refuses_for_now_is_tried_again_and_is_no_repeat(desk, server):
    server += [SMTPDataError(451, b"later, Ilinca"), None]
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    with pytest.raises(NotSent, match="failed"):
        run_jobs()
    assert queries.not_sent().exists()
    make_due()
    run_jobs()

    assert steps() == ["begun", "failed", "begun", "sent"]
    assert actions.mail.AGAIN not in outbox.outbox[0].body
    assert list(Step.objects.exclude(because="").values_list("because", flat=True)) == ["SMTPDataError 451"]
    assert not queries.not_sent().exists()


def test_what_a_server_refuses_for_this_address_is_not_tried_again(desk, server):
    server.append(SMTPRecipientsRefused({"supervisor@scd9.example": (550, b"unknown")}))
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()

    assert steps() == ["begun", "refused"]
    assert queries.not_sent().count() == 1


def test_where_it_is_not_known_whether_it_went_out_it_is_sent_once_more_and_says_so(desk, server):
    server += [SMTPServerDisconnected("gone"), None]
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    with pytest.raises(NotSent, match="unclear"):
        run_jobs()
    make_due()
    run_jobs()

    assert steps() == ["begun", "unclear", "begun", "sent"]
    (message,) = outbox.outbox
    assert message.body.endswith(f"{actions.mail.AGAIN}\n")


def test_it_is_never_sent_a_third_time(desk, server):
    server += [TimeoutError(), TimeoutError(), None]
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    for _attempt in range(2):
        with pytest.raises(NotSent, match="unclear"):
            run_jobs()
        make_due()
    run_jobs()

    assert steps() == ["begun", "unclear", "begun", "unclear", "given_up"]
    assert outbox.outbox == []
    assert queries.not_sent().count() == 1


def test_a_body_outside_without_an_address_stands_as_not_sent_until_it_has_one(desk):
    notice = told(desk["borough"], To(body="Newham children’s services"))
    run_jobs()
    assert list(queries.not_sent()) == [notice]

    User.objects.create_user(
        "newham-children",
        post="Duty desk",
        role="partner",
        body="Newham children’s services",
        email="duty@newham.example",
    )
    assert actions.send_again(desk["borough"], notice.pk)
    run_jobs()

    assert addresses() == ["duty@newham.example"]
    assert not queries.not_sent().exists()
    assert not actions.send_again(desk["borough"], notice.pk)


def test_an_address_that_was_wrong_is_put_right_and_the_notice_is_sent_there(desk, server):
    server.append(SMTPRecipientsRefused({"supervisor@scd9.example": (550, b"unknown")}))
    notice = told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()
    User.objects.filter(username="supervisor").update(email="lead@scd9.example")
    assert actions.send_again(desk["borough"], notice.pk)
    run_jobs()

    assert addresses() == ["lead@scd9.example"]
    assert not queries.not_sent().exists()


def test_what_became_of_it_is_in_the_audit_trail_without_an_address(desk):
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()
    given, sent = Entry.objects.filter(subject="referral:PAL-BCDF-2345").order_by("pk")

    assert (given.action, given.actor) == ("notice_given", desk["borough"].audit_name)
    assert (sent.action, sent.actor, sent.duty) == ("notice_sent", "job:notices.deliver", "disclosure")
    assert sent.detail["account"] == desk["supervisor"].pk
    assert "@" not in str(sent.detail)


@pytest.mark.parametrize("table", ["notices_notice", "notices_delivery", "notices_step", "notices_reading"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_was_told_and_what_became_of_it_is_never_rewritten(desk, table, statement):
    told(desk["borough"], To(unit="SCD9", role=Role.SUPERVISOR))
    run_jobs()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
