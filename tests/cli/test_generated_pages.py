"""The pages of docs/reference are printed from the code; whether they are up to date is `make check`'s to say."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_docs.py"


@pytest.fixture
def generator(tmp_path, monkeypatch):
    """The script as a module, writing somewhere else."""
    spec = importlib.util.spec_from_file_location("generate_docs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "REFERENCE", tmp_path)
    # two pages stand for all: the command line needs every library of the site
    monkeypatch.setattr(module, "pages", lambda: iter([("a.md", "as it is\n"), ("pack/b.md", "§ rules\n")]))
    return module


def test_pages_are_written_once_and_then_stand(generator, tmp_path, capsys):
    assert generator.main([]) == 0
    assert (tmp_path / "pack" / "b.md").read_text(encoding="utf-8") == "§ rules\n"
    assert capsys.readouterr().err.count(": written") == 2

    assert (generator.main([]), generator.main(["--check"])) == (0, 0)
    assert capsys.readouterr().err == ""


def test_check_names_what_is_stale_and_writes_nothing(generator, tmp_path, capsys):
    generator.main([])
    (tmp_path / "a.md").write_text("as it was\n")
    (tmp_path / "old.md").write_text("of a command that is gone\n")
    capsys.readouterr()

    assert generator.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "docs/reference/a.md: not as the code has it" in said
    assert "docs/reference/old.md: nothing in the code stands behind it any more" in said
    assert "b.md" not in said
    assert (tmp_path / "a.md").read_text() == "as it was\n"
    assert (tmp_path / "old.md").exists()

    assert generator.main([]) == 0
    assert (tmp_path / "a.md").read_text() == "as it is\n"
    assert not (tmp_path / "old.md").exists()


def test_a_word_that_it_does_not_know_is_refused(generator, capsys):
    assert generator.main(["--chekc"]) == 2


def test_every_rule_stands_on_the_page_with_its_basis_and_paragraph(generator):
    pack = generator.load("mps-2010")
    lines = list(generator.rules(pack))

    for rule in pack.remit.rules:
        rows = [line for line in lines if line.startswith(f"| `{rule.id}` | {rule.owner}")]
        assert any(f"{generator.listed(rule.cites)} | {rule.basis}" in row for row in rows), rule.id


def test_every_value_of_every_fact_stands_on_the_page_of_words(generator):
    pack = generator.load("mps-2010")
    page = "\n".join(generator.vocabulary(pack))

    for field in pack.vocabulary.fields:
        assert f"## `{field.name}`" in page
        assert all(f"`{value}`" in page for value in field.values)
        assert f"**`{field.missing}`**" in page
