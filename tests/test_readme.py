"""What the README says to type works, and the pictures that it shows are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line.strip().removeprefix("$ ") for line in README.splitlines() if line.startswith("    $ ")]
# the answer is "no": there is something to find
FINDS_SOMETHING = "--stated"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command, tmp_path):
    palermo = Path(sys.executable).with_name("palermo")
    typed = command.split(" #")[0].replace(".venv/bin/palermo", str(palermo))

    done = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True)

    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if FINDS_SOMETHING in command else 0)


def test_there_are_commands_and_pictures_to_test():
    assert len(COMMANDS) >= 5
    assert len(re.findall(r"!\[", README)) >= 5


@pytest.mark.parametrize("address", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_what_the_readme_points_to_is_there(address):
    assert (ROOT / address).exists()
