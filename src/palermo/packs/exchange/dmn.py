"""DMN: the remit of a day as a decision table of the Decision Model and Notation, version 1.3.

One UNIQUE table, its inputs the fields of the vocabulary, its output the owner, with rule, basis and paragraphs as
annotations. Elements stand in the order that the standard's schema asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import defusedxml.ElementTree  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]

from palermo.domain.vocabulary import Condition, Field
from palermo.packs.exchange.rows import Row, Table, TableRefused, basis_fault, mask_of, of_day, owner_fault, values_of
from palermo.packs.loader import Pack

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
OUTPUT = "owner"
ANNOTATIONS = ("rule", "basis", "sources")
ANY = "-"
BETWEEN_SOURCES = "; "

LARGEST = 1 << 24
"""Bytes of a table; a remit takes some tens of thousands."""

ENTRY = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(,|$)')
NOT = re.compile(r"\s*not\s*\((.*)\)\s*", re.DOTALL)


def write(pack: Pack, day: date) -> str:
    """The remit of a day as a DMN 1.3 document. Raises OutsideRemit for a day before it starts."""
    table = of_day(pack, day)
    root = Element(
        "definitions",
        {
            "xmlns": NAMESPACE,
            "id": "definitions",
            "name": pack.remit.id,
            "namespace": f"urn:palermo:{pack.id}:{pack.version}:{day}",
            "exporter": "Palermo",
        },
    )
    texts(root, "description", f"{pack.title}: who owns a referral on {day}. Pack {pack.id}, version {pack.version}.")
    for field in pack.vocabulary.fields:
        item = SubElement(root, "itemDefinition", {"id": f"type_{field.name}", "name": f"t_{field.name}"})
        texts(item, "typeRef", "string")
        texts(SubElement(item, "allowedValues"), "text", quoted(field.values))
    for field in pack.vocabulary.fields:
        data = SubElement(root, "inputData", {"id": f"input_{field.name}", "name": field.name})
        SubElement(data, "variable", {"name": field.name, "typeRef": f"t_{field.name}"})
    decision = SubElement(root, "decision", {"id": "decision_owner", "name": OUTPUT})
    SubElement(decision, "variable", {"name": OUTPUT, "typeRef": "string"})
    for field in pack.vocabulary.fields:
        requirement = SubElement(decision, "informationRequirement", {"id": f"requires_{field.name}"})
        SubElement(requirement, "requiredInput", {"href": f"#input_{field.name}"})
    write_table(decision, table)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def write_table(decision: Element, table: Table) -> None:
    fields = table.vocabulary.fields
    found = SubElement(decision, "decisionTable", {"id": "table_owner", "hitPolicy": "UNIQUE", "outputLabel": OUTPUT})
    for field in fields:
        column = SubElement(found, "input", {"id": f"column_{field.name}", "label": field.title})
        texts(SubElement(column, "inputExpression", {"typeRef": f"t_{field.name}"}), "text", field.name)
        texts(SubElement(column, "inputValues"), "text", quoted(field.values))
    output = SubElement(found, "output", {"id": "column_owner", "name": OUTPUT, "typeRef": "string"})
    texts(SubElement(output, "outputValues"), "text", quoted(dict.fromkeys(row.owner for row in table.rows)))
    for name in ANNOTATIONS:
        SubElement(found, "annotation", {"name": name})
    for number, row in enumerate(table.rows, start=1):
        rule = SubElement(found, "rule", {"id": f"row_{number}"})
        for field, mask, full in zip(fields, row.when.masks, table.vocabulary.full, strict=True):
            entry = ANY if mask == full else quoted(values_of(field, mask))
            texts(SubElement(rule, "inputEntry"), "text", entry)
        texts(SubElement(rule, "outputEntry"), "text", quoted([row.owner]))
        for text in (row.rule, row.basis, BETWEEN_SOURCES.join(row.cites)):
            texts(SubElement(rule, "annotationEntry"), "text", text)


def texts(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def quoted(values: Iterable[str]) -> str:
    """The values as the expression language writes texts."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return ",".join(f'"{value}"' for value in escaped)


def read(content: bytes, pack: Pack) -> Table:
    """The decision table in a DMN document, in the words of a pack.

    Inputs may stand in any order and be left out, output and annotations too have their places by name. Raises
    TableRefused with all that is wrong: a table that cannot be read, unknown words, overlaps, gaps.
    """
    if len(content) > LARGEST:
        raise TableRefused(f"the file is larger than {LARGEST:,} bytes; a remit's table is far smaller")
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise TableRefused(
            "it defines entities or a document type, which a table has no need of; take them out"
        ) from None
    except (ElementTree.ParseError, LookupError, ValueError) as wrong:
        raise TableRefused(f"not XML: {wrong}") from None
    if root.tag != name("definitions"):
        raise TableRefused(f"not a DMN 1.3 document: it starts with {root.tag}, not with definitions of {NAMESPACE}")
    return Reading(pack, the_table(root)).table()


def name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def the_table(root: Element) -> Element:
    """The one decision table that says who owns a referral."""
    tables = list(root.iter(name("decisionTable")))
    found = [one for one in tables if [output.get("name") for output in one.findall(name("output"))] == [OUTPUT]]
    if len(found) != 1:
        raise TableRefused(
            f"{len(found)} of its {len(tables)} decision tables have the one output {OUTPUT!r}; one is needed"
        )
    policy = found[0].get("hitPolicy", "UNIQUE")
    if policy != "UNIQUE":
        raise TableRefused(f"its hit policy is {policy}; only UNIQUE says that each referral has one owner")
    return found[0]


class Reading:
    """A decision table on its way to rows; faults are collected on the way."""

    def __init__(self, pack: Pack, element: Element) -> None:
        self.pack = pack
        self.vocabulary = pack.vocabulary
        self.element = element
        self.faults: list[str] = []
        self.columns = list(self.inputs())
        self.annotations = [one.get("name", "") for one in element.findall(name("annotation"))]

    def table(self) -> Table:
        if self.faults:
            raise TableRefused(*self.faults)
        rows = [self.row(rule, f"row {n}") for n, rule in enumerate(self.element.findall(name("rule")), start=1)]
        if self.faults:
            raise TableRefused(*self.faults)
        return Table(self.vocabulary, tuple(rows))

    def inputs(self) -> Iterator[Field]:
        seen = set()
        for column in self.element.findall(name("input")):
            text = text_in(column.find(name("inputExpression")))
            field = self.vocabulary.by_name.get(text)
            if field is None:
                self.faults.append(f"an input asks for {text!r}: {self.vocabulary.no_field(text)}")
            elif text in seen:
                self.faults.append(f"two inputs ask for {text}; keep one")
            else:
                seen.add(text)
                yield field

    def row(self, rule: Element, place: str) -> Row:
        entries = [text_in(entry) for entry in rule.findall(name("inputEntry"))]
        outputs = [text_in(entry) for entry in rule.findall(name("outputEntry"))]
        notes = [text_in(entry) for entry in rule.findall(name("annotationEntry"))]
        if len(entries) != len(self.columns) or len(outputs) != 1:
            self.faults.append(
                f"{place} has {len(entries)} conditions and {len(outputs)} outputs, the table {len(self.columns)} and 1"
            )
            return Row(self.vocabulary.anything, "", place=place)
        masks = list(self.vocabulary.full)
        for field, entry in zip(self.columns, entries, strict=True):
            masks[self.vocabulary.place[field.name]] = self.mask(field, entry, place)
        told = dict(zip(self.annotations, notes, strict=False))
        owner = (self.texts(outputs[0]) or [outputs[0]])[0]
        for fault in (owner_fault(owner, self.pack.units.kinds, place), basis_fault(told.get("basis", ""), place)):
            if fault:
                self.faults.append(fault)
        cites = tuple(cite for cite in told.get("sources", "").split(BETWEEN_SOURCES) if cite)
        return Row(Condition(tuple(masks)), owner, told.get("rule", ""), told.get("basis", ""), cites, place)

    def mask(self, field: Field, entry: str, place: str) -> int:
        """The bits of an entry: `-`, `"a","b"` or `not("a")`."""
        full = self.vocabulary.full[self.vocabulary.place[field.name]]
        if entry.strip() in (ANY, ""):
            return full
        negated = NOT.fullmatch(entry)
        values = self.texts(negated[1] if negated else entry)
        if not values:
            self.faults.append(f'{place}: {field.name}: {entry!r} cannot be read; write "a","b" or not("a") or -')
            return full
        mask = mask_of(field, values, place, self.faults)
        if negated and mask == full:
            self.faults.append(f"{place}: {field.name} lets no value in; take the row out")
        return full & ~mask if negated else mask

    def texts(self, entry: str) -> list[str]:
        """The texts of a list of them; none where it is something else."""
        found = []
        at = 0
        while at < len(entry):
            one = ENTRY.match(entry, at)
            if one is None or (one[2] == "," and not entry[one.end() :].strip()):
                return []
            found.append(re.sub(r"\\(.)", r"\1", one[1]))
            at = one.end()
        return found


def text_in(element: Element | None) -> str:
    """The content of the `text` in an element; empty where there is none."""
    found = element.find(name("text")) if element is not None else None
    return (found.text or "").strip() if found is not None else ""
