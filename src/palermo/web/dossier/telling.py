"""How is the story told? From what is kept to sections, tables and sentences, for the page, the PDF and the data alike.

Every section answers one of the questions that a claim asks: what was known, since when, who had it, what was due and
whether it was done in time, what was decided and why, who was told, and who has looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from palermo.domain.casework import OUTCOMES, Outcome
from palermo.packs import Pack
from palermo.reports.document import Document, Pairs, Section, Table
from palermo.web.cases.queries import unit_name
from palermo.web.cases.showing import capital
from palermo.web.dossier.queries import Document as FiledDocument
from palermo.web.dossier.queries import Story
from palermo.web.intake.words import partial_date
from palermo.web.layout import day_words, moment_words

MARKING = "Sensitive: names potential victims. For whom it was made, and nobody else."


def document_of(story: Story, pack: Pack, made: Iterable[tuple[str, str]]) -> Document:
    """The duty-to-investigate file of one referral as a document; `made` says how, when and for whom it was made."""
    referral = story.referral
    return Document(
        title=f"Duty-to-investigate file: {referral.reference}",
        subtitle=(
            "Who knew what and when, who was answerable, what was due and done, what was decided and why, and who has "
            "seen it. Everything here stands in the record; nothing was written for this file."
        ),
        marking=MARKING,
        sections=(
            referral_section(story),
            first_section(story),
            people_section(story),
            records_section(story),
            facts_section(story, pack),
            finding_section(story),
            owners_section(story, pack),
            due_section(story),
            decided_section(story),
            asked_section(story, pack),
            notes_section(story),
            documents_section(story),
            crimes_section(story),
            timeline_section(story),
            told_section(story),
            seen_section(story),
            entries_section(story),
        ),
        made=tuple(made),
    )


def at(moment: datetime | None) -> str:
    return moment_words(moment) if moment else ""


def post(user: object) -> str:
    return getattr(user, "post", "") or "a command"


def name(pack: Pack, unit: str, borough: str, day: date) -> str:
    return unit_name(pack, unit, borough, day) if unit else "whoever settles it"


def referral_section(story: Story) -> Section:
    referral = story.referral
    rows = (
        ("Reference", referral.reference),
        ("Received", at(referral.received_at)),
        ("Recorded here", at(referral.recorded_at)),
        ("From", referral.referring_body),
        ("Their reference", referral.sender_reference),
        ("First responder", referral.first_responder),
        ("How it came", referral.channel),
        ("Restricted", "yes" if referral.restricted else "no"),
        ("State now", capital(story.work.state.words)),
        ("Officer now", post(story.work.case.officer) if story.work.case.officer else "nobody"),
        ("What happened, in the first responder’s words", referral.account),
    )
    return Section("What arrived", (Pairs(tuple(row for row in rows if row[1])),))


def first_section(story: Story) -> Section:
    """The duty starts with the first credible allegation, however it came to the force (§17 of the source)."""
    first = story.first
    opening = (
        f"By an allegation that reached {first.allegation.to}: {at(first.at)}."
        if first.allegation
        else f"By the referral itself: {at(first.at)}."
    )
    rows = tuple(
        (
            at(one.reached_at) if one.time_known else day_words(one.reached_at),
            one.to,
            one.get_source_display(),
            "credible" if one.credible else "not credible",
            one.why,
            f"{one.by_words}, {at(one.recorded_at)}",
            one.reason,
        )
        for one in story.allegations
    )
    columns = ("Reached the force", "Whom or where", "From", "Held to be", "Why", "Recorded", "Why judged again")
    return Section("Since when did the force know?", (opening, Table("Allegations", columns, rows)))


def records_section(story: Story) -> Section:
    """People, addresses, vehicles and phones of the case; an address that is kept secret is not in a file."""
    rows = tuple(
        (
            one.role.words,
            "an address that is kept secret" if one.kept else one.record.title or "not known by name",
            one.involvement.grounds,
            one.involvement.said,
            one.involvement.source,
            at(one.involvement.recorded_at),
            f"{at(one.involvement.ended_at)}: {one.involvement.ended_because}" if one.over else "",
        )
        for one in story.records
    )
    columns = ("As what", "Who or what", "Fact or not", "How verified, or whose word", "Source", "Recorded", "Ended")
    return Section("Who and what it is about", (Table("People and places", columns, rows),))


def people_section(story: Story) -> Section:
    blocks = []
    for number, person in enumerate(story.people, start=1):
        rows = (
            ("Potential victim", str(number)),
            ("Given names", person.given_names),
            ("Family name", person.family_name),
            ("Other names", person.other_names),
            ("Born", partial_date(person.date_of_birth) if person.date_of_birth else ""),
            ("Sex", person.sex),
            ("Nationality", person.nationality),
            ("Language", person.language),
        )
        blocks.append(Pairs(tuple(row for row in rows if row[1])))
    # how somebody is reached safely leaves the force in no file
    return Section("Whom the referral told of", tuple(blocks), "Nobody is described.")


def facts_section(story: Story, pack: Pack) -> Section:
    rows = []
    before: dict[str, str] = {}
    for version in story.versions:
        now = {**version.facts, "borough": version.borough or "not known yet"}
        changed = [field for field in now if now[field] != before.get(field)]
        told = "; ".join(f"{title(pack, field)}: {words(pack, field, now[field])}" for field in changed)
        who = post(version.recorded_by) if version.recorded_by else "on receipt or by a command"
        rows.append((str(version.version), at(version.recorded_at), who, told or "as before", version.reason))
        before = now
    table = Table("Each version of the facts, and what was other than before", FACTS, tuple(rows))
    return Section("What was known, and since when", (table,))


FACTS = ("Version", "Recorded", "By", "Facts", "Reason")


def title(pack: Pack, field: str) -> str:
    asked = pack.vocabulary.by_name.get(field)
    return asked.title if asked else capital(field)


def words(pack: Pack, field: str, value: str) -> str:
    asked = pack.vocabulary.by_name.get(field)
    return asked.words(value) if asked and value in asked.values else str(value)


def finding_section(story: Story) -> Section:
    rows, before = [], None
    for version in story.versions:
        decision = version.decision
        told = decision.finding_document["explanation"]
        if told != before:
            rows.append((at(decision.decided_at), decision.finding, told))
        before = told
    assessed = tuple(
        (at(one.at), post(one.by), one.get_risk_display(), one.get_course_display(), one.reason)
        for one in story.assessments
    )
    return Section(
        "Is it trafficking by the definition?",
        (
            Table("Findings", ("Found", "Finding", "Why"), tuple(rows)),
            Table("Assessments", ("Recorded", "By", "Risk", "What is to be done", "Reason"), assessed),
        ),
    )


def owners_section(story: Story, pack: Pack) -> Section:
    rows = []
    for one in story.owners:
        day = timezone.localdate(one.period.lower)
        rows.append(
            (
                name(pack, one.unit, one.borough, day),
                at(one.period.lower),
                at(one.period.upper) or "now",
                one.get_how_display(),
                ", ".join(leaders(pack, one.unit, day)) or "no post is named",
                f"Rule {one.decision.rule}: {one.decision.document['explanation']}",
            )
        )
    columns = ("Owner", "From", "Until", "How", "Who answered for the unit that day", "Why")
    named = tuple((at(one.at), one.user.post, post(one.by), one.reason) for one in story.named)
    return Section(
        "Who was answerable, and why",
        (
            Table("Owners", columns, tuple(rows)),
            Table("Named on it, while it was restricted", ("When", "Who", "By", "Reason"), named),
        ),
    )


def leaders(pack: Pack, unit: str, day: date) -> list[str]:
    """The posts that led the unit, or what it belonged to, that day."""
    organisation = pack.units.on(day)
    return [one.title for one in organisation.posts if unit in one.leads]


def due_section(story: Story) -> Section:
    clocks = tuple(
        (
            one.label,
            at(one.started_at),
            at(one.due_at),
            at(one.met_at) or ("paused" if one.paused_at else "still running"),
            in_time(one),
            one.ended_because,
            one.source,
        )
        for one in story.clocks
    )
    pauses = tuple(
        (one.clock.label, at(one.at), post(one.by), one.reason, at(one.ended_at) or "still paused", one.ended_because)
        for one in story.pauses
    )
    breaches = tuple((one.clock.label, at(one.due_at), one.to, one.told, at(one.told_at)) for one in story.breaches)
    answers = tuple((one.clock.label, at(one.at), one.by_words, one.text) for one in story.answers)
    return Section(
        "What was due, and was it done in time?",
        (
            Table("Clocks", ("What", "Started", "Due", "Ended", "In time", "How it ended", "Source"), clocks),
            Table("Clocks that stood still", ("What", "Paused", "By", "Why", "Ran again", "Why"), pauses),
            Table("Breaches that went up", ("What", "Due", "To", "Who was told", "Told"), breaches),
            Table("What was done about them", ("What", "When", "By", "What is done"), answers),
        ),
    )


def in_time(clock: object) -> str:
    if clock.met_at is None:
        return "–"
    return "yes" if clock.met_at <= clock.due_at else "no"


def decided_section(story: Story) -> Section:
    log = tuple(
        (
            f"D{one.number}",
            at(one.taken_at) if one.time_known else day_words(one.taken_at),
            one.by_words,
            one.decision,
            options_of(one.options, one.chosen),
            one.reason,
            one.based_on,
        )
        for one in story.decisions
    )
    still = tuple(
        (at(one.at), post(one.by), day_words(one.review_on), one.reason, at(one.ended_at) or "now", one.ended_because)
        for one in story.suspensions
    )
    closed = tuple(
        (
            at(one.at),
            post(one.by),
            capital(OUTCOMES[Outcome(one.outcome)]) + (f" ({one.force})" if one.force else ""),
            one.reason,
            f"{at(one.reopened_at)}: {one.reopened_because}" if one.reopened_at else "",
        )
        for one in story.closings
    )
    columns = ("No", "Taken", "By", "Decision", "Options", "Reason", "Based on")
    return Section(
        "What was decided, and why",
        (
            Table("Decision log", columns, log),
            Table("Suspended", ("From", "By", "Looked at again by", "Why", "Until", "Why it ended"), still),
            Table("Closed", ("When", "By", "Outcome", "Reason", "Reopened"), closed),
        ),
    )


def options_of(options: list[dict[str, str]], chosen: int) -> str:
    """Each option with what spoke for and against it, and which was chosen."""
    return "\n".join(
        f"{number}. {one.get('course', '')}{' (chosen)' if number == chosen else ''}"
        + (f"; for: {one['for']}" if one.get("for") else "")
        + (f"; against: {one['against']}" if one.get("against") else "")
        for number, one in enumerate(options, start=1)
    )


def asked_section(story: Story, pack: Pack) -> Section:
    offers = []
    for one in story.offers:
        day = timezone.localdate(one.offered_at)
        offers.append(
            (
                one.get_kind_display(),
                name(pack, one.to_unit, one.to_borough, day),
                at(one.offered_at),
                one.reason,
                one.answer or "not answered",
                at(one.answered_at),
                one.answer_reason,
            )
        )
    support = []
    for one in story.support:
        day = timezone.localdate(one.asked_at)
        support.append(
            (
                one.resource,
                name(pack, one.to_unit, "", day),
                at(one.asked_at),
                one.wanted,
                one.get_stage_display(),
                at(one.answered_at),
                "; ".join(
                    part for part in (one.responsible, one.answer_reason, one.settled_reason, one.result) if part
                ),
            )
        )
    columns = ("What", "Of whom", "Asked", "Why", "How it stands", "Answered", "Reasons and result")
    return Section(
        "What was asked of others",
        (
            Table("Offers and disputes", columns, tuple(offers)),
            Table("Support", columns, tuple(support)),
        ),
    )


def notes_section(story: Story) -> Section:
    replaced = {one.supersedes_id for one in story.notes if one.supersedes_id}
    rows = tuple(
        (
            str(one.number),
            at(one.happened_at) if one.time_known else day_words(one.happened_at),
            at(one.written_at),
            one.by_words,
            f"{one.get_kind_display()}, {one.get_standing_display().lower()}",
            one.text + (" (replaced by a later note)" if one.pk in replaced else ""),
        )
        for one in story.notes
    )
    return Section("Notes", (Table("Notes", ("No", "Happened", "Written", "By", "Kind", "Text"), rows),))


def documents_section(story: Story) -> Section:
    rows = tuple(
        (str(one.number), one.name, one.description, one.by_words, at(one.written_at), f"{one.size} bytes", one.sha256)
        if one.stands
        else (str(one.number), "Withdrawn", withdrawn(one), one.by_words, at(one.written_at), "", "")
        for one in story.documents
    )
    columns = ("No", "File", "What it is", "By", "Added", "Size", "SHA-256")
    return Section("Documents", (Table("Documents, which stand beside this file", columns, rows),))


def withdrawn(document: FiledDocument) -> str:
    """When a document was withdrawn, by whom and why: all that is told of it."""
    found = document.withdrawal
    return f"{at(found.at)}, by {found.by_words}: {found.reason}"


def crimes_section(story: Story) -> Section:
    rows = tuple(
        (str(one.number), at(one.written_at), one.by_words, ", ".join(one.crimes), one.none_because, one.reason)
        for one in story.crimes
    )
    columns = ("Version", "Recorded", "By", "Crime records", "Why none", "Why changed")
    return Section(
        "Crimes recorded", (Table("Crimes", columns, rows),), "Neither a crime nor a reason for none is recorded."
    )


def timeline_section(story: Story) -> Section:
    rows = tuple((at(one.at), one.by_words, one.says, one.reason) for one in story.events)
    return Section("What happened, in order", (Table("Timeline", ("When", "By", "What", "Reason"), rows),))


def told_section(story: Story) -> Section:
    rows = tuple(
        (
            at(one.at),
            post(one.account) if one.account else ", ".join(filter(None, (one.unit, one.borough, one.role, one.body))),
            one.says,
        )
        for one in story.notices
    )
    return Section("Who was told", (Table("Notices", ("When", "To", "What"), rows),), "No notice was given.")


def seen_section(story: Story) -> Section:
    rows = tuple(
        (one.post, one.role, one.unit, one.action.replace("_", " "), str(one.times), at(one.first), at(one.last))
        for one in story.readers
    )
    columns = ("Who", "Role", "Unit", "What", "Times", "First", "Last")
    files = tuple((at(one.asked_at), one.by_words, one.recipient, one.reason) for one in story.files)
    return Section(
        "Who has seen it",
        (
            Table("Openings of the record", columns, rows),
            Table("Files made of it", ("Asked", "By", "For whom", "Why"), files),
        ),
        "Nobody has opened it.",
    )


def entries_section(story: Story) -> Section:
    rows = tuple(
        (str(one.pk), at(one.at), one.actor, one.duty, one.action, one.recorded_at.isoformat()) for one in story.entries
    )
    columns = ("Entry", "At", "Actor", "Duty", "Action", "Recorded by the database")
    return Section("Audit entries of this referral", (Table("Entries", columns, rows),))
