import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from palermo.domain.policy import Basis, PolicyFaults
from palermo.domain.remit import NoOwner
from palermo.packs import available, load, loader, propose

CHANGE = date(2010, 4, 1)
A_PACK = loader.PACKS / "mps-2010"


@pytest.fixture(scope="module")
def pack():
    return load("mps-2010")


@pytest.fixture
def folder(tmp_path):
    """A copy of the pack to break."""
    return Path(shutil.copytree(A_PACK, tmp_path / "a-pack"))


def change(folder, name, old, new, count=1):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def faults(folder, **how):
    with pytest.raises(PolicyFaults) as refused:
        load(folder, **how)
    return [str(fault) for fault in refused.value.faults]


def line_of(folder, name, words):
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def naive_owner(remit, day):
    """For every profile the deciding rule's place, from the rows' own conditions and none of the tables."""
    words = remit.vocabulary
    numbers = np.arange(words.size)
    rules = [rule for rule in remit.rules if day in rule.period]
    holds = []
    for rule in rules:
        inside = np.ones(words.size, dtype=bool)
        for mask, stride, size in zip(rule.when.masks, words.strides, words.sizes, strict=True):
            inside &= np.array([mask >> value & 1 for value in range(size)], dtype=bool)[numbers // stride % size]
        holds.append(inside)
    before = {rule.id: set(rule.overrides) for rule in rules}
    for _ in rules:
        for ids in before.values():
            ids |= {further for id_ in list(ids) for further in before.get(id_, ())}
    found = np.full(words.size, -1)
    order = sorted(range(len(rules)), key=lambda place: (len(rules[place].when), place), reverse=True)
    for place in order:
        rule, able = rules[place], holds[place].copy()
        for other, there in zip(rules, holds, strict=True):
            if other.owner != rule.owner and other.id not in before[rule.id]:
                able &= ~there
            if other.owner == rule.owner and rule.id in before[other.id]:
                able &= ~there
        found[able] = remit.rules.index(rule)
    return found


def test_every_pack_that_comes_with_the_software_is_sound():
    assert "mps-2010" in available()
    for name in available():
        pack = load(name)
        assert pack.id == name
        assert pack.remit.sound
        assert pack.broken_invariants() == ()
        assert list(pack.differing_examples()) == []


def test_the_real_pack_gives_every_profile_what_its_rows_say(pack):
    for interval in pack.remit.intervals:
        naive = naive_owner(pack.remit, interval.period.start)
        assert (naive >= 0).all()
        assert (naive == interval.winners).all()


def test_the_real_packs_disjoint_rows_are_the_same_table(pack):
    for interval in pack.remit.intervals:
        table = np.full(pack.vocabulary.sizes, -1)
        for rule, box in pack.remit.disjoint_rows(interval.period.start):
            cells = np.ix_(*([n for n in range(mask.bit_length()) if mask >> n & 1] for mask in box.masks))
            assert (table[cells] == -1).all()
            table[cells] = pack.remit.rules.index(rule)
        assert (table.reshape(-1) == interval.winners).all()


def test_the_version_is_the_content(folder, pack):
    assert load(folder).hash == pack.hash
    assert pack.version == pack.hash[:12]
    change(folder, "remit.toml", "# Adults", "# Grown-ups")
    assert load(folder).hash != pack.hash


def test_an_unknown_pack_is_refused_with_those_that_are_there(tmp_path):
    assert faults("mps-2011") == [
        "mps-2011: no pack of this id, and no folder with a pack.toml. Did you mean mps-2010?"
    ]
    assert "no pack of this id" in faults(tmp_path)[0]


def test_all_faults_of_all_files_are_told_at_once_with_row_and_line(folder):
    line = line_of(folder, "remit.toml", 'id = "A7"')
    change(
        folder,
        "remit.toml",
        '{ id = "A7", owner = "TP", when = {',
        '{ id = "A7", owner = "TPP", when = { victim = "one",',
    )
    change(
        folder,
        "remit.toml",
        'id = "B1", owner = "CO14", when = { exploitation = "sexual" }',
        'id = "B1", owner = "CO14", when = { exploitation = "sexal" }',
    )
    change(folder, "clocks.toml", "hours = 4,", "hours = 4, days = 1,")
    change(folder, "tasking.toml", 'unit = "MIU"', 'unit = "MIV"')
    change(
        folder, "remit.toml", 'overrides = ["B1", "B2"], cites = ["§4"]', 'overrides = ["B1", "B99"], cites = ["§4z"]'
    )
    told = faults(folder)

    assert f"a-pack/remit.toml:{line}: A7: no field 'victim'. Did you mean victims?" in told
    assert any("there is no unit 'TPP'" in fault and ":" in fault for fault in told)
    assert any("B1: exploitation has no value 'sexal'. Values: sexual, labour," in fault for fault in told)
    assert any(fault.endswith("K1: it needs exactly one length: hours, days or working_days.") for fault in told)
    assert any("S6: there is no unit 'MIV'. Did you mean MIU?" in fault for fault in told)
    assert any("it cites '§4z', which MPA7 does not have. Did you mean §4" in fault for fault in told)
    assert any("B10: it overrides 'B99', and there is no such rule." in fault for fault in told)


def test_a_gap_is_a_fault_with_its_box_and_the_nearest_rules(folder):
    change(folder, "remit.toml", '{ id = "A7", ', '{ id = "A7", until = 2010-05-01, ')
    first, second = faults(folder)
    box = (
        "matter trafficking, age adult, exploitation labour or domestic_servitude, organised no or unknown, "
        "reach borough, victims unknown, escalation none or requested"
    )

    assert first.startswith(
        f"a-pack/remit.toml: Nobody owns 96 of 204,120 profiles from 2010-05-01 to 2011-01-01: {box}. Nearest: "
    )
    assert second.startswith(f"a-pack/remit.toml: Nobody owns 96 of 204,120 profiles from 2011-01-01: {box}.")
    assert "A3 (needs victims one)" in first
    assert "A5 (needs victims multiple)" in first


def test_an_unproved_pack_can_be_looked_at_and_decides_nothing_in_a_gap(folder):
    change(folder, "remit.toml", '{ id = "C2", ', '{ id = "C2", until = 2010-05-01, ')
    pack = load(folder, proved=False)

    assert not pack.remit.check().ok
    facts = pack.read_facts({"received": "2010-06-01"})
    with pytest.raises(NoOwner, match="nobody owns this profile on 2010-06-01"):
        pack.decide(facts)
    assert pack.decide(facts, date(2010, 4, 30)).owner == "SCD5-PALADIN"


def test_an_overlap_is_a_fault_with_its_remedy(folder):
    change(
        folder,
        "remit.toml",
        '{ id = "A2", owner = "SCD9", when = { exploitation = "labour", organised = "yes" }, overrides = ["A3"]',
        '{ id = "A2", owner = "SCD9", when = { exploitation = "labour", organised = "yes" }',
    )
    told = faults(folder)

    assert len(told) >= 1
    assert all(
        "A2 (SCD9) and A3 (TP) both claim" in fault and 'add overrides = ["A3"] to A2' in fault for fault in told
    )


def test_a_circle_and_a_double_version_are_faults(folder):
    change(folder, "remit.toml", '{ id = "A3", ', '{ id = "A3", overrides = ["A2"], ')
    change(folder, "remit.toml", '{ id = "A9", ', '{ id = "A8", ')
    told = faults(folder)

    assert any("overrides go in a circle: A2 > A3 > A2. Take one of them out." in fault for fault in told)
    assert any("A8: it has two versions in force on 2010-04-01." in fault for fault in told)


def test_a_broken_invariant_is_a_fault(folder):
    change(folder, "remit.toml", '{ id = "C2", owner = "SCD5-PALADIN"', '{ id = "C2", owner = "TP"')
    told = faults(folder)

    assert any("Whoever may be a child never goes to a borough" in fault for fault in told)


def test_an_example_that_comes_out_otherwise_is_a_fault(folder):
    change(
        folder,
        "examples.toml",
        "[[example]]",
        '[[example]]\nsays = "mine"\non = 2010-05-01\nfacts = { age = "child" }\nowner = "TP"\n\n[[example]]',
    )

    line = line_of(folder, "examples.toml", 'says = "mine"')
    assert faults(folder) == [
        f"a-pack/examples.toml:{line}: mine: owner should be 'TP' and is 'SCD5-PALADIN'. "
        "Either the rules are wrong or this is."
    ]


@pytest.mark.parametrize(
    "name",
    [
        "remit.toml",
        "tasking.toml",
        "clocks.toml",
        "vocabulary.toml",
        "units.toml",
        "examples.toml",
        "invariants.toml",
        "boroughs.csv",
        "figures.toml",
        "definition.toml",
    ],
)
def test_a_missing_file_is_told_by_its_name(folder, name):
    (folder / name).unlink()

    assert any(f"a-pack/{name}: the file is missing. Add {name} to the pack." in fault for fault in faults(folder))


@pytest.mark.parametrize(
    "name",
    ["pack.toml", "remit.toml", "tasking.toml", "clocks.toml", "vocabulary.toml", "examples.toml", "invariants.toml"],
)
def test_a_file_that_is_not_toml_or_not_text_is_told_with_its_line(folder, name):
    good = (folder / name).read_bytes()
    (folder / name).write_bytes(b"a = 1\nb = = 2\n")
    assert any(fault.startswith(f"a-pack/{name}:2: not TOML") for fault in faults(folder))
    (folder / name).write_bytes(b"\xff\xfe" + good)
    assert any(fault.startswith(f"a-pack/{name}: not UTF-8 text (byte 0)") for fault in faults(folder))


def test_a_clock_of_which_nobody_would_hear_is_refused(folder):
    path = folder / "clocks.toml"
    clocks, _, _ = path.read_text(encoding="utf-8").partition("breaches = [")
    row = (
        '{ id = "U1", to = "supervisor", when = { age = "adult" }, hours = 0, cites = ["§9"], basis = "assumed", '
        'why = "So that somebody hears." }'
    )
    path.write_text(f"{clocks}breaches = [ {row} ]\n", encoding="utf-8")
    told = [fault.split(": ", 1)[1] for fault in faults(folder) if "nobody would hear of it" in fault]

    assert told[0] == (
        "K1: nobody would hear of it when child_safety runs out: no row of `breaches` takes in all that it holds for, "
        "on all its days. Add one, or widen one."
    )
    # every clock may run for somebody who is not known to be an adult
    assert len(told) == 19


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("remit.toml", "from = 2007-04-01", 'from = "2007-04-01"', "`from` is '2007-04-01', not a date"),
        ("remit.toml", "[[block]]", "[[blok]]", "no entry 'blok' is known here. Did you mean block?"),
        (
            "remit.toml",
            'basis = "stated"',
            'basis = "sated"',
            "basis 'sated' is none. Values: stated, inferred, assumed.",
        ),
        ("remit.toml", 'function = "vice"', 'function = "vise"', "has no function 'vise'. Functions: clubs,"),
        ("remit.toml", "by_borough = [", 'by_borough = ["TQ", ', "there is no unit 'TQ'"),
        ("remit.toml", "tiers = { TP = 0,", 'tiers = { TP = "low",', "TP: its tier is 'low', not a whole number."),
        ("remit.toml", 'with = { matter = "facilitation" }', "with = 3", "`with` is 3."),
        ("tasking.toml", "level = 1,", "level = 4,", "L1: level 4 is none."),
        ("tasking.toml", 'when = { reach = "borough" }', "when = {}", "L1 and"),
        (
            "tasking.toml",
            'when = { reach = "unknown" }',
            'when = { reach = "unknown", age = "child" }',
            "levels: no row holds for",
        ),
        ("tasking.toml", 'units = ["MIU"]', "units = []", "R7: no unit has it. Add `units`."),
        ("tasking.toml", 'units = ["MIU"]', 'units = ["TP"]', "R7: TP works by borough, and a request for support"),
        ("tasking.toml", 'units = ["MIU"], from = 2010-04-01', 'units = ["MIU"]', "R7: MIU does not exist on all days"),
        ("tasking.toml", 'id = "R9", ', 'id = "R8", ', "R8: it has two versions in force on every day."),
        ("tasking.toml", 'owner = ["SCD5-PALADIN"], from', 'owner = ["TP"], from', "R3: R2 lets TP ask SCD9 for it on"),
        ("tasking.toml", 'owner = ["HTT", "MAXIM"', 'owner = ["SCD-COVERT"', "no rule makes 'SCD-COVERT' an owner."),
        ("tasking.toml", 'function = "intelligence"', 'function = "covert"', "CO14 has no function 'covert'."),
        ("tasking.toml", 'resource = "kidnap_', 'when = {}, resource = "kidnap_', "no entry 'when' is known here."),
        ("clocks.toml", "working_days = 5", "working_days = -5", "`working_days` is -5, not a whole number from 0."),
        ("clocks.toml", 'clock = "acceptance"', "clok = 1", "no entry 'clok' is known here. Did you mean clock?"),
        (
            "clocks.toml",
            'holder = "owner"',
            'holder = "ownr"',
            "K1: holder 'ownr' would not be told of. Did you mean owner?",
        ),
        ("clocks.toml", "breaches = [", "breeches = [", "no entry 'breeches' is known here. Did you mean breaches?"),
        (
            "clocks.toml",
            'to = "supervisor", when = {}',
            'to = "superviser", when = {}',
            "U1: a breach does not go up to 'superviser'. Write supervisor or commander.",
        ),
        (
            "clocks.toml",
            'clock = ["duty_to_investigate"]',
            'clock = ["duty_to_investigat"]',
            "U3: there is no clock 'duty_to_investigat'. Did you mean duty_to_investigate?",
        ),
        ("clocks.toml", 'clock = ["duty_to_investigate"], days = 1,', "", "U3: it needs exactly one length"),
        (
            "clocks.toml",
            'clock = ["acceptance", "child_safety", "safeguarding"], hours = 2',
            "hours = 2",
            "breach of child_safety to the commander: U4 and U5 both hold and neither is more specific.",
        ),
        (
            "clocks.toml",
            '{ id = "U2", to = "commander", when = {},',
            '{ id = "U1", to = "commander", when = {},',
            "U1: it has two versions in force on every day.",
        ),
        ("vocabulary.toml", 'missing = "trafficking"', 'missing = "traficking"', "matter has no value 'traficking'"),
        ("vocabulary.toml", "[[field]]", "[[fild]]", "no entry 'fild' is known here. Did you mean field?"),
        (
            "vocabulary.toml",
            "numbers = [{ from = 1",
            "numbers = [{ form = 1",
            "victims: labels, phrase, booleans or numbers",
        ),
        ("examples.toml", "on = 20", "onn = 20", "no entry 'onn' is known here. Did you mean on?"),
        ("invariants.toml", 'owner = "TP"', 'owner = "TQ"', "there is no unit 'TQ'."),
        ("invariants.toml", 'order = ["one", "multiple"]', 'order = ["one"]', "`order` needs two values or more."),
        ("boroughs.csv", "olympic_host", "olympic", "no column olympic_host. Add it to the first line."),
        (
            "boroughs.csv",
            "Barnet,false",
            "Barnet,perhaps",
            "Barnet: olympic_host 'perhaps' gives no olympic. Write true, false,",
        ),
        ("boroughs.csv", "E09000003,Barnet", "E09000002,Barnet", "E09000002: it is there twice. Keep one."),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(folder, name, old, new, says):
    change(folder, name, old, new)
    told = faults(folder)

    assert any(fault.startswith(f"a-pack/{name}") and says in fault for fault in told), told


def test_a_unit_owns_nothing_before_it_exists(folder):
    change(folder, "remit.toml", '{ id = "C1", owner = "SCD5-PALADIN"', '{ id = "C1", owner = "SCD9"')

    assert any("C1: SCD9 does not exist on all days from 2007-04-01" in fault for fault in faults(folder))


def test_a_vocabulary_too_large_is_refused(folder):
    values = ", ".join(f'"w{n}"' for n in range(32))
    text = f'\n[[field]]\nname = "ward"\nvalues = [{values}]\nmissing = "w0"\n'
    path = folder / "vocabulary.toml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    assert any(
        "the owner depends on 11 fields: 6,531,840 profiles, limit 4,194,304. Largest: ward (32)." in fault
        for fault in faults(folder)
    )


def test_the_two_sides_of_the_change(pack):
    facts = pack.read_facts({"age": "adult", "exploitation": "sexual", "organised": True, "reach": "international"})
    before, after = pack.decide(facts, date(2010, 3, 31)), pack.decide(facts, CHANGE)

    assert (before.owner, before.contested_by, before.basis) == ("HTT", ("CO14",), Basis.ASSUMED)
    assert (after.owner, after.contested_by, after.basis, after.rule) == ("SCD9", (), Basis.STATED, "A1")
    assert "§11" in after.sources
    assert "§11" in after.explanation


def test_what_the_source_alone_leaves_open(pack):
    report = pack.remit.check(stated=True)

    assert {
        frozenset(rule.owner for rule in overlap.rules) for overlap in report.overlaps if overlap.period.end == CHANGE
    } >= {frozenset({"CO14", "HTT"})}
    gaps = [gap for gap in report.gaps if gap.period.start == CHANGE]
    unorganised = pack.vocabulary.encode(
        pack.read_facts({"age": "adult", "exploitation": "sexual", "organised": "no"}).values
    )
    assert any(pack.vocabulary.within(gap.box, unorganised) for gap in gaps)


def test_examples_of_a_report_can_be_decided_as_they_are_printed(pack):
    report = pack.remit.check(stated=True)
    for found in [*report.gaps, *report.overlaps]:
        facts = pack.read_facts(found.example.facts)
        box = getattr(found, "box", None) or found.boxes[0]
        assert pack.vocabulary.within(box, facts.profile)
        assert pack.decide(facts, found.example.on).owner


def test_a_proposal_is_laid_over_the_remit(pack, tmp_path):
    path = tmp_path / "swale-golf.toml"
    path.write_text(
        'title = "Swale and Golf to the other business group"\neffective = 2010-10-01\n'
        'units = ["SCD-SWALE", "SCD-GOLF"]\nreassign = { SWALE = "SCD-SWALE", GOLF = "SCD-GOLF" }\n',
        encoding="utf-8",
    )
    proposal, remit = propose(pack, path)
    found = pack.remit.compare(remit)

    assert proposal.title.startswith("Swale and Golf")
    assert {pair for pair in found.matrix if pair[0] != pair[1]} == {("SWALE", "SCD-SWALE"), ("GOLF", "SCD-GOLF")}
    assert any(lapse.rule.owner == "SCD-GOLF" for lapse in remit.check().lapses)


def test_a_proposal_with_faults_is_refused_with_all_of_them(pack, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('effective = "soon"\nreasign = {}\nreassign = { SWALE = "SCD-SWALE" }\n', encoding="utf-8")
    with pytest.raises(PolicyFaults) as refused:
        propose(pack, path)

    assert [fault.says for fault in refused.value.faults] == [
        "no entry 'reasign' is known here. Did you mean reassign?",
        "`effective` is 'soon', not a date. Write 2010-04-01 without quotes.",
        "`effective` is missing: the first day of the proposal.",
        "there is no unit 'SCD-SWALE'. Did you mean SWALE?",
    ]


def test_a_proposal_that_leaves_a_gap_is_refused(pack, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('effective = 2010-10-01\nend = ["C1"]\n', encoding="utf-8")
    with pytest.raises(PolicyFaults, match="with this proposal: Nobody owns"):
        propose(pack, path)
