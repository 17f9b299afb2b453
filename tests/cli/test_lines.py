"""What every command on JSON Lines does with what it is given: tried with both of them where they could differ."""

import io
import json
import os
import shlex
import subprocess

import pytest
import typer

from cli.calls import SUBPROCESS, answers, palermo, process
from palermo.cli import lines
from palermo.cli.lines import BLOCK, LONGEST, answer_each

GOOD = b'{"id": "good", "received": "2010-05-06", "age": "adult"}'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"age": "Child"}', "age: 'Child' is not a value of age (adult, child, unknown); did you mean 'child'?"),
        (b'{"age": "old"}', "age: 'old' is not a value of age (adult, child, unknown); use one of these"),
        (b'{"age": 17}', "age: 17 is not a value of age (adult, child, unknown); use one of these"),
        (b'{"agee": "child"}', "agee: no field 'agee'. Did you mean age?"),
        (b'{"borough": "Newhan"}', "borough: 'Newhan' is not one of this pack. Did you mean Newham?"),
        (b'{"borough": "Atlantis"}', "borough: 'Atlantis' is not one of this pack. Give a borough's name or its GSS"),
        (b'{"victims": 0}', "victims: 0 is not a value of victims (one, multiple, unknown, or a whole number from 1)"),
        (b'{"received": "2010-02-30"}', "received: '2010-02-30' is not a date; write it as year-month-day"),
        (b'{"received": "31/03/2010"}', "received: '31/03/2010' is not a date; write it as year-month-day"),
        (b'{"age": "child"}', "received: no day to decide by: give the referral `received`"),
        (b'{"received": "1998-02-01"}', "received: 1998-02-01 is before this remit starts. It starts on 2007-04-01."),
        (b'{"id": 7}', "id: 7 is not text; write it in quotes"),
        (b'{"age": "adult", "age": "child"}', "age: the name stands twice; keep one of them"),
        (b'{"victims": NaN}', "NaN is no number in JSON; give one, or null where it is not known"),
        (b'["age", "child"]', "['age', 'child'] is not an object; write names and values in braces"),
        (b"null", "None is not an object; write names and values in braces"),
        (b'{"age": "child"', "not JSON at character 16 (Expecting ',' delimiter); write one JSON object on the line"),
        (b"id,received,age", "not JSON at character 1 (Expecting value); write one JSON object on the line"),
        (b'{"victims": ' + b"9" * 5000 + b"}", "a number in it is too long; correct it, or write it as text"),
        (b"[" * 100_000, "it is nested too deeply; write one flat JSON object on the line"),
        (b'{"id": "' + b"x" * LONGEST + b'"}', "the line is longer than 1,048,576 bytes; write one object a line"),
        ('{"borough": "Zürich"}'.encode("latin-1"), "byte 15 of the line is not UTF-8; save the file as UTF-8"),
    ],
    ids=range(22),
)
def test_a_wrong_line_is_refused_with_its_number_and_keeps_no_other_back(line, says):
    result = palermo("remit", "decide", given=b"\n".join([GOOD, line, GOOD]))

    assert result.exit_code == 2
    assert [one["id"] for one in answers(result)] == ["good", "good"]
    first, last = result.stderr.splitlines()
    assert first.startswith(f"standard input:2: {says}")
    assert last == "standard input: 1 of 3 lines refused, the others answered"


def test_every_problem_of_a_line_is_told_at_once():
    result = palermo("remit", "decide", given='{"age": "Child", "organised": "maybe", "borough": "Atlantis"}')

    assert [line.split(": ")[1] for line in result.stderr.splitlines()[:-1]] == ["age", "organised", "borough"]


def test_findings_refuse_as_decisions_do():
    result = palermo("assess", given=b'{"id": "good"}\n{"acts": ["recruitmnt"], "consent": "no"}\n')

    assert result.exit_code == 2
    assert [one["id"] for one in answers(result)] == ["good"]
    assert result.stderr.splitlines()[:-1] == [
        "standard input:2: acts: no element 'recruitmnt'. Did you mean recruitment?",
        "standard input:2: consent: 'no' is neither true nor false; give null where it is not known",
    ]


def test_a_file_is_named_where_it_is_wrong(tmp_path):
    file = tmp_path / "referrals.jsonl"
    file.write_bytes(GOOD + b"\nwrong\n")

    result = palermo("remit", "decide", str(file))

    assert result.stderr.startswith(f"{file}:2: not JSON at character 1")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_mark_of_utf_8_and_empty_lines_are_no_fault_and_lines_keep_their_numbers(end):
    result = palermo("remit", "decide", given=b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n \nwrong" + end)

    assert [one["id"] for one in answers(result)] == ["good"]
    assert result.stderr.startswith("standard input:4: not JSON")


@pytest.mark.parametrize("given", [b"", b"\n \r\n\n"])
@pytest.mark.parametrize("command", [("remit", "decide"), ("assess",)])
def test_nothing_at_all_is_refused(command, given):
    result = palermo(*command, given=given)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "standard input: there is nothing in it; give one JSON object a line\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_refused_whole(encoding):
    given = ("\ufeff" if encoding == "utf-16-be" else "") + GOOD.decode()

    result = palermo("remit", "decide", given=given.encode(encoding))

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "standard input:1: this is UTF-16; save the file as UTF-8\n"


@pytest.mark.parametrize(("name", "why"), [("nowhere.jsonl", "No such file or directory"), ("", "Is a directory")])
@pytest.mark.parametrize("command", [("remit", "decide"), ("assess",)])
def test_what_cannot_be_opened_is_refused(command, name, why, tmp_path):
    path = str(tmp_path / name)

    result = palermo(*command, path)

    assert result.exit_code == 2
    assert result.stderr == f"{path}: {why}; give a file that can be read, or - for standard input\n"


def test_names_and_words_of_any_script_go_through(tmp_path):
    facts = {"id": "Đặng-例-ñ-مثال", "received": "2010-05-06"}

    result = palermo("remit", "decide", given=json.dumps(facts, ensure_ascii=False))

    assert answers(result)[0]["id"] == "Đặng-例-ñ-مثال"


def test_answers_are_utf_8_whatever_the_terminal_speaks():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    with process("remit", "decide", env=environment) as call:
        out, said = call.communicate('{"id": "Đặng", "received": "2010-05-06"}\n{"id": "例", "age": "é"}'.encode())

    assert json.loads(out)["id"] == "Đặng"
    assert "age: 'é' is not a value" in said.decode()
    assert call.returncode == 2


def test_each_answer_comes_before_the_next_line_is_waited_for():
    with process("remit", "decide") as call:
        for name in ("first", "second"):
            call.stdin.write(f'{{"id": "{name}", "received": "2010-05-06"}}\n'.encode())
            call.stdin.flush()
            # were the answer held back, this would wait for ever: standard input stays open
            assert json.loads(call.stdout.readline())["id"] == name
        call.stdin.close()
        assert call.wait() == 0


def test_a_reader_that_leaves_early_is_no_fault():
    with process("remit", "decide") as call:
        call.stdout.close()
        call.stdout = None
        _, said = call.communicate((GOOD + b"\n") * 5000)

    assert (call.returncode, said) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
def test_a_full_disk_is_told():
    with open("/dev/full", "wb") as full, process("remit", "decide", stdout=full) as call:  # noqa: PTH123
        _, said = call.communicate(GOOD)

    assert call.returncode == 2
    assert said.decode() == "standard output: No space left on device; make room, or write somewhere else\n"


@pytest.mark.parametrize(
    ("closed", "says"),
    [
        ("<&-", "standard input is closed; pipe lines into it, or name a file\n"),
        (">&-", "standard output is closed; give the answers somewhere to go\n"),
        ("2>&-", ""),
    ],
)
def test_a_stream_that_the_caller_closed_is_told_where_it_is_needed(closed, says):
    call = shlex.join([*SUBPROCESS, "remit", "decide"])
    done = subprocess.run(["/bin/sh", "-c", f"{call} {closed}"], input=GOOD + b"\nwrong\n", capture_output=True)

    assert (done.returncode, done.stderr.decode()) == (2, says)
    assert len(done.stdout.splitlines()) == (closed == "2>&-")


def test_memory_does_not_grow_with_the_file(monkeypatch, capsysbinary):
    kept = []

    class Endless(io.RawIOBase):
        """So many lines that they would show, were they all held."""

        blocks = 200

        def readable(self):
            return True

        def read1(self, size):
            self.blocks -= 1
            kept.append(len(waiting.kept))
            return GOOD * (size // len(GOOD)) + b"\n" + GOOD + b"\n" if self.blocks else b""

    waiting = lines.Answers()
    monkeypatch.setattr(lines, "Answers", lambda: waiting)
    monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": Endless()}))

    with pytest.raises(typer.Exit):
        # each block has one line that is too full to be one object, and one that is
        answer_each("-", lambda raw: json.dumps(raw))

    assert max(kept) == 0
    assert len(capsysbinary.readouterr().out.splitlines()) == 199


def test_a_file_without_line_ends_does_not_fill_the_memory():
    longest = 0

    class OneLine(io.RawIOBase):
        blocks = 100

        def read1(self, size):
            self.blocks -= 1
            return b"x" * size if self.blocks else b""

    for line in lines.lines_of(OneLine(), lambda: None):
        longest = max(longest, len(line))

    assert longest <= LONGEST + BLOCK
