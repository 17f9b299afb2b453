"""The decision table for other programs: what it holds, and what is refused of one that comes back.

The standard's schema is not ours to hand on, so `ORDER` says of each element used which children it takes, in the
schema's order. Checked by hand against the schema that SpiffWorkflow 3.2.0 brings, with lxml: valid, for every interval
of both packs.
"""

import re
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from palermo.packs import load
from palermo.packs.exchange import dmn
from palermo.packs.exchange.rows import TableRefused

PACKS = {name: load(name) for name in ("mps-2010", "uk-nrm")}
PACK = PACKS["mps-2010"]
CHANGE = date(2010, 4, 1)
TEXT = dmn.write(PACK, CHANGE)
DAYS = [(name, day) for name, pack in PACKS.items() for day in pack.remit.starts]

ONE, ANY = (1, 1), (0, None)
ORDER = {
    "definitions": [("description", (0, 1)), ("itemDefinition", ANY), ("inputData", ANY), ("decision", ANY)],
    "itemDefinition": [("description", (0, 1)), ("typeRef", ONE), ("allowedValues", (0, 1))],
    "allowedValues": [("text", ONE)],
    "inputData": [("description", (0, 1)), ("variable", (0, 1))],
    "variable": [],
    "decision": [("variable", (0, 1)), ("informationRequirement", ANY), ("decisionTable", (0, 1))],
    "informationRequirement": [("requiredInput", ONE)],
    "requiredInput": [],
    "decisionTable": [("input", ANY), ("output", (1, None)), ("annotation", ANY), ("rule", ANY)],
    "input": [("inputExpression", ONE), ("inputValues", (0, 1))],
    "inputExpression": [("text", ONE)],
    "inputValues": [("text", ONE)],
    "output": [("outputValues", (0, 1))],
    "outputValues": [("text", ONE)],
    "annotation": [],
    "rule": [("inputEntry", ANY), ("outputEntry", (1, None)), ("annotationEntry", ANY)],
    "inputEntry": [("text", ONE)],
    "outputEntry": [("text", ONE)],
    "annotationEntry": [("text", ONE)],
    **{leaf: [] for leaf in ("text", "description", "typeRef")},
}
NEEDED = {
    "definitions": {"name", "namespace"},
    "itemDefinition": {"name"},
    "inputData": {"name"},
    "variable": {"name"},
    "decision": {"name"},
    "requiredInput": {"href"},
}


def out_of_order(text: str) -> list[str]:
    """The elements of which the standard allows not these children, or not in this order, or asks for more."""
    found = []
    for element in ElementTree.fromstring(text).iter():
        name = element.tag.removeprefix(f"{{{dmn.NAMESPACE}}}")
        children = "".join(f"<{child.tag.removeprefix(f'{{{dmn.NAMESPACE}}}')}>" for child in element)
        allowed = "".join(
            f"(?:<{child}>){{{least},{'' if most is None else most}}}" for child, (least, most) in ORDER[name]
        )
        if not re.fullmatch(allowed, children) or NEEDED.get(name, set()) - set(element.keys()):
            found.append(f"{name}: {children}")
    return found


def refused(text: str | bytes) -> list[str]:
    with pytest.raises(TableRefused) as wrong:
        dmn.read(text.encode() if isinstance(text, str) else text, PACK)
    return list(wrong.value.says)


@pytest.mark.parametrize(("name", "day"), DAYS)
def test_reading_back_gives_the_same_owner_in_every_cell(name, day):
    pack = PACKS[name]

    table = dmn.read(dmn.write(pack, day).encode(), pack)

    assert np.array_equal(table.owners(), pack.remit.owners_of(pack.remit.on(day).winners))
    assert table.differing(pack, day) == []


def test_every_profile_falls_in_a_row_of_the_rule_that_decides_it():
    table = dmn.read(TEXT.encode(), PACK)
    rules = np.array([row.rule for row in table.rows])[table.numbers()]
    winners = np.array([rule.id for rule in PACK.remit.rules])[PACK.remit.on(CHANGE).winners]

    assert np.array_equal(rules, winners)
    known = {rule.id: (str(rule.basis), rule.cites) for rule in PACK.remit.rules if CHANGE in rule.period}
    assert {row.rule: (row.basis, row.cites) for row in table.rows} == {id_: known[id_] for id_ in set(winners)}


@pytest.mark.parametrize(("name", "day"), DAYS)
def test_elements_stand_in_the_order_of_the_standard(name, day):
    assert out_of_order(dmn.write(PACKS[name], day)) == []


def test_the_check_of_the_order_sees_what_is_out_of_order():
    moved = TEXT.replace("<annotation name", "<rule/><annotation name", 1)

    assert [says.split(":")[0] for says in out_of_order(moved)] == ["decisionTable", "rule"]
    assert out_of_order(TEXT.replace(' namespace="urn', ' about="urn', 1)) != []


def test_ids_are_unique_and_every_reference_leads_somewhere():
    root = ElementTree.fromstring(TEXT)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    types = {element.get("name") for element in root.iter(dmn.name("itemDefinition"))}

    assert len(ids) == len(set(ids))
    assert {element.get("href", "")[1:] for element in root.iter(dmn.name("requiredInput"))} <= set(ids)
    assert {element.get("typeRef") for element in root.iter() if element.get("typeRef")} <= types | {"string"}


def test_the_hit_policy_is_said_and_each_row_has_its_annotations():
    root = ElementTree.fromstring(TEXT)

    assert [table.get("hitPolicy") for table in root.iter(dmn.name("decisionTable"))] == ["UNIQUE"]
    assert [one.get("name") for one in root.iter(dmn.name("annotation"))] == ["rule", "basis", "sources"]


# What another program may have made of it


def test_columns_in_another_order_left_out_and_negations_are_read():
    text = f"""<definitions xmlns="{dmn.NAMESPACE}" name="n" namespace="n"><decision name="d"><decisionTable>
        <input><inputExpression><text>reach</text></inputExpression></input>
        <input><inputExpression><text> age </text></inputExpression></input>
        <output name="owner"/>
        <rule><inputEntry><text>-</text></inputEntry><inputEntry><text>not("adult")</text></inputEntry>
          <outputEntry><text>"SCD5-PALADIN"</text></outputEntry></rule>
        <rule><inputEntry><text>"borough" , "national"</text></inputEntry><inputEntry><text>"adult"</text></inputEntry>
          <outputEntry><text>"TP"</text></outputEntry></rule>
        <rule><inputEntry><text>not("borough","national")</text></inputEntry><inputEntry><text>"adult"</text></inputEntry>
          <outputEntry><text>"SCD9"</text></outputEntry></rule>
        </decisionTable></decision></definitions>"""

    table = dmn.read(text.encode(), PACK)

    owners = dict(zip(("x", "y", "z"), (row.owner for row in table.rows), strict=True))
    assert owners == {"x": "SCD5-PALADIN", "y": "TP", "z": "SCD9"}
    adult_national = PACK.vocabulary.encode({**PACK.vocabulary.missing, "age": "adult", "reach": "national"})
    assert table.owners()[adult_national] == "TP"


def test_a_row_taken_out_is_a_gap_and_its_box_is_named():
    first = re.search(r" *<rule id=\"row_1\">.*?</rule>\n", TEXT, re.DOTALL)
    row = dmn.read(TEXT.encode(), PACK).rows[0]

    says = refused(TEXT.replace(first[0], ""))

    assert says == [
        f"no row covers {len(row.when):,} of 204,120 profiles: {PACK.vocabulary.words(row.when)}; add a row"
    ]


def test_a_row_that_is_there_twice_is_an_overlap():
    first = re.search(r" *<rule id=\"row_1\">.*?</rule>\n", TEXT, re.DOTALL)

    says = refused(TEXT.replace(first[0], first[0] * 2))

    assert len(says) == 1
    assert says[0].startswith("row 1 (")
    assert "both claim" in says[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('hitPolicy="UNIQUE"', 'hitPolicy="FIRST"', "its hit policy is FIRST"),
        (
            '<output id="column_owner" name="owner"',
            '<output id="column_owner" name="unit"',
            "0 of its 1 decision tables",
        ),
        ("<text>age</text>", "<text>agee</text>", "an input asks for 'agee': no field 'agee'. Did you mean age?"),
        ("<text>age</text>", "<text>reach</text>", "two inputs ask for reach; keep one"),
        (
            '<text>"SCD5-PALADIN"</text>',
            '<text>"SCD5-PALADN"</text>',
            "there is no unit 'SCD5-PALADN'. Did you mean SCD5-PALADIN",
        ),
        (
            '<text>"adult"</text>',
            '<text>"Adult"</text>',
            "age has no value 'Adult'. Values: adult, child, unknown. Did you mean adult?",
        ),
        ('<text>"adult"</text>', "<text>&gt; 18</text>", "age: '> 18' cannot be read"),
        ('<text>"adult"</text>', '<text>"adult",</text>', "cannot be read"),
        ('<text>"adult"</text>', '<text>not("adult","child","unknown")</text>', "age lets no value in"),
        ("<text>stated</text>", "<text>said</text>", "basis 'said' is none. Values: stated, inferred, assumed."),
        (
            "<inputEntry>\n          <text>-</text>\n        </inputEntry>\n",
            "",
            "conditions and 1 outputs, the table 10 and 1",
        ),
        (dmn.NAMESPACE, "https://www.omg.org/spec/DMN/20180521/MODEL/", "not a DMN 1.3 document"),
        ("</definitions>", "", "not XML"),
        (
            "<definitions ",
            '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]><definitions ',
            "it defines entities or a document type, which a table has no need of",
        ),
    ],
)
def test_a_table_that_could_be_misread_is_refused(old, new, says):
    rows = TEXT.index("<rule id") if old.startswith(("<text>stated", '<text>"SCD5')) else 0
    assert old in TEXT[rows:]

    assert says in "\n".join(refused(TEXT[:rows] + TEXT[rows:].replace(old, new, 1)))


def test_all_faults_are_told_at_once():
    text = TEXT.replace("<text>stated</text>", "<text>said</text>").replace(
        '<text>"adult"</text>', '<text>"Adult"</text>'
    )

    assert len(refused(text)) > 10


def test_a_file_that_is_no_table_at_all_is_refused():
    assert refused(b"\xff\xfe\x00")[0].startswith("not XML")
    assert "larger than" in refused(b" " * (dmn.LARGEST + 1))[0]
