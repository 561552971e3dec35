"""What may not stand in any file that is tracked."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Spelled in halves, so that this file passes its own check.
HOSTS = [first + second for first, second in (("pypi", ".org"), ("pythonhosted", ".org"), ("registry.npm", "js.org"))]


def test_no_tracked_file_names_a_package_registry() -> None:
    pattern = re.compile("|".join(re.escape(host) for host in HOSTS).encode())
    named = [path for path in _tracked() if pattern.search(path.read_bytes())]
    assert named == []


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_what_make_installs_of_a_list_is_held_to_its_hashes() -> None:
    recipes = (ROOT / "Makefile").read_text().splitlines()
    installing = [line for line in recipes if "pip install" in line and " -r " in line]
    assert installing
    assert [line for line in installing if "--require-hashes" not in line] == []
