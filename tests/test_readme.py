"""What the README says is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_its_python_runs(home, capsys):
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict = {}
    exec(compile(code.replace("500", "40"), "README.md", "exec"), names)
    assert names["images"].shape[0] == 16
    assert len(capsys.readouterr().out.splitlines()) > 10


def test_its_targets_and_files_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (ROOT / path).exists(), path


def test_its_commands_exist():
    from repz_core.__main__ import _parser

    for line in re.findall(r"^python -m repz_core ([^#\n]+)", README, re.MULTILINE):
        _parser().parse_args(line.split())
