"""Definition of a pack: reads definition.toml, elements.csv, indicators.csv and screening.csv."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from palermo.domain.definition import (
    AgeTest,
    Consent,
    Definition,
    Element,
    FindingIs,
    Indicator,
    IndicatorSet,
    Kind,
    ScreeningRule,
    definition_faults,
)
from palermo.domain.policy import Fault, listed
from palermo.packs.files import TomlFile, read_csv

FILE, ELEMENTS, INDICATORS, SCREENING = "definition.toml", "elements.csv", "indicators.csv", "screening.csv"
FROM_MEMORY = "from memory"
"""The confidence of a row that nobody has checked: it is shown, and never scored."""


def read(folder: Path, faults: list[Fault]) -> Definition | None:
    """The definition of the pack in the folder; None, with the faults put down, where there are any."""
    before = len(faults)
    file = TomlFile(folder, FILE, faults)
    kinds = read_kinds(file)
    tests = [read_test(file, row) for row in file.tables("test")]
    sets = read_sets(file)
    elements = read_elements(folder, faults)
    indicators = read_indicators(folder, faults)
    rules = read_rules(folder, faults)
    consent = read_consent(file)
    findings = {str(name): file.text_of("findings", table_of(file, "findings"), name) for name in FindingIs}
    screening = table_of(file, "screening")
    says = file.text_of("screening", screening, "says")
    screening_cites = file.texts_of("screening", screening, "cites")
    if len(faults) == before:
        for row, fault in definition_faults(kinds, elements, tests, indicators, sets, rules):
            file.fault(row, fault)
    if len(faults) > before:
        return None
    cites = [
        *((FILE, test.id, cite) for test in tests for cite in test.cites),
        *((FILE, "consent", cite) for cite in consent.cites),
        *((FILE, "screening", cite) for cite in screening_cites),
        *((ELEMENTS, element.code, element.cite) for element in elements),
    ]
    return Definition(
        kinds=kinds,
        elements=elements,
        tests=tests,
        consent=consent,
        findings=findings,
        indicators=indicators,
        sets=sets,
        rules=rules,
        screening_says=says,
        screening_cites=screening_cites,
        version=file.number_of("", file.document, "version") or 1,
        cites=cites,
    )


def table_of(file: TomlFile, name: str) -> dict[str, Any]:
    """A table of the file; empty, with a fault, where it is missing or something else."""
    table = file.document.get(name)
    if isinstance(table, dict):
        return table
    if file.document:
        file.fault("", f"there is no table [{name}]. Add it.")
    return {}


def tables_of(file: TomlFile, name: str) -> dict[str, dict[str, Any]]:
    """The tables within a table, by name."""
    found = {}
    for key, row in table_of(file, name).items():
        if isinstance(row, dict):
            found[key] = row
        else:
            file.fault(key, f"in [{name}] it is {row!r}, not a table of names and values.")
    return found


def read_kinds(file: TomlFile) -> list[Kind]:
    kinds = []
    for name, row in tables_of(file, "elements").items():
        file.allow(name, row, ("label", "list", "ask"))
        kinds.append(
            Kind(
                name,
                file.text_of(name, row, "label"),
                file.text_of(name, row, "list"),
                file.text_of(name, row, "ask", required=False),
            )
        )
    return kinds


def read_test(file: TomlFile, row: Mapping[str, Any]) -> AgeTest:
    id_ = file.text_of("", row, "id")
    file.allow(id_, row, ("id", "age", "requires", "as_adult", "says", "cites", "basis", "why"))
    return AgeTest(
        id=id_,
        age=file.text_of(id_, row, "age"),
        requires=file.texts_of(id_, row, "requires"),
        says=file.text_of(id_, row, "says"),
        basis=file.basis_of(id_, row),
        cites=file.texts_of(id_, row, "cites"),
        as_adult=file.text_of(id_, row, "as_adult", required=False),
        why=file.text_of(id_, row, "why", required=False),
    )


def read_consent(file: TomlFile) -> Consent:
    row = table_of(file, "consent")
    file.allow("consent", row, ("where_means", "where_child", "otherwise", "cites", "basis", "why"))
    return Consent(
        file.text_of("consent", row, "where_means"),
        file.text_of("consent", row, "where_child"),
        file.text_of("consent", row, "otherwise"),
        file.texts_of("consent", row, "cites"),
    )


def read_sets(file: TomlFile) -> list[IndicatorSet]:
    sets = []
    for name, row in tables_of(file, "sets").items():
        file.allow(name, row, ("label", "age"))
        sets.append(IndicatorSet(name, file.text_of(name, row, "label"), file.texts_of(name, row, "age")))
    return sets


def read_elements(folder: Path, faults: list[Fault]) -> list[Element]:
    needed = ("code", "element", "label", "also", "words", "meaning", "article", "confidence")
    elements = []
    for line, row in read_csv(folder, ELEMENTS, needed, faults):
        lacking = [name for name in ("code", "element", "label", "article") if not row[name].strip()]
        if lacking:
            says = f"{listed(lacking)} has nothing in it. Fill it in."
            faults.append(Fault(f"{folder.name}/{ELEMENTS}", row["code"], says, line))
        elements.append(
            Element(
                code=row["code"],
                kind=row["element"],
                label=row["label"],
                also=tuple(row["also"].split()),
                words=row["words"] or row["label"],
                meaning=row["meaning"],
                cite=row["article"],
            )
        )
    return elements


def read_indicators(folder: Path, faults: list[Fault]) -> list[Indicator]:
    """The signs. One is scored where its row says so, and only if somebody has checked it."""
    needed = ("indicator_code", "set", "dimension", "indicator", "strength", "element", "use_for_scoring", "confidence")
    indicators = []
    for line, row in read_csv(folder, INDICATORS, (*needed, "source"), faults):
        code, use = row["indicator_code"], row["use_for_scoring"]
        lacking = [name for name in needed if not row[name].strip()]
        if lacking:
            says = f"{listed(lacking)} has nothing in it. Fill it in."
            faults.append(Fault(f"{folder.name}/{INDICATORS}", code, says, line))
        elif use not in ("yes", "no"):
            says = f"use_for_scoring is {use!r}. Write yes or no."
            faults.append(Fault(f"{folder.name}/{INDICATORS}", code, says, line))
        elif use == "yes" and row["confidence"] == FROM_MEMORY:
            says = "it is from memory and marked for scoring. Check it against its source, or write no."
            faults.append(Fault(f"{folder.name}/{INDICATORS}", code, says, line))
        indicators.append(
            Indicator(
                code=code,
                set=row["set"],
                dimension=row["dimension"].lower().replace(" ", "_"),
                dimension_label=row["dimension"],
                text=row["indicator"],
                strength=row["strength"],
                element=row["element"],
                scored=use == "yes",
                source=row["source"],
                confidence=row["confidence"],
            )
        )
    return indicators


def read_rules(folder: Path, faults: list[Fault]) -> list[ScreeningRule]:
    needed = ("rule_code", "rule", "min_strong", "min_medium", "min_weak")
    rules = []
    for line, row in read_csv(folder, SCREENING, needed, faults):
        numbers = [row[name] for name in ("min_strong", "min_medium", "min_weak")]
        if not all(number.isascii() and number.isdigit() for number in numbers):
            says = f"the least numbers are {listed(numbers)}. Write whole numbers from 0."
            faults.append(Fault(f"{folder.name}/{SCREENING}", row["rule_code"], says, line))
            continue
        strong, medium, weak = map(int, numbers)
        rules.append(ScreeningRule(row["rule_code"], row["rule"], strong, medium, weak))
    return rules
