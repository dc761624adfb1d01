"""Tools.named_tests: the tests that documents point at are there.

Usage: named_tests.py ROOT DOCUMENT... Every `Suite.Name` in backticks has to be a TEST of the sources, or a case
that a CMake list of tests/ makes.
"""
import pathlib
import re
import sys

NAMED = re.compile(r"`([A-Z][A-Za-z0-9]*)\.([A-Za-z0-9_]+)`")
MACRO = re.compile(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+),\s*(\w+)\s*\)", re.M)
NO_TESTS = {"md", "h", "cpp", "toml", "json", "py", "sh", "txt"}  # what stands behind the dot of a file


def made_by_cmake(root, suite, name):
    """House.x, Canary.x, Fuzz.x ...: their lists are CMake's; the name stands there or is a file's."""
    folder = {"House": "layers", "Canary": "canary", "Fuzz": "fuzz", "ConstantTime": "constant_time",
              "Tools": "tools"}.get(suite)
    if folder is None:
        return False
    place = root / "tests" / folder
    if any(path.stem == name for path in place.iterdir()):
        return True
    texts = [p.read_text() for p in place.iterdir() if p.suffix in (".txt", ".py")]
    return any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts)


def main(root, documents):
    known = set()
    for folder in ("src", "tests"):
        for path in (root / folder).rglob("*.cpp"):
            known.update(MACRO.findall(path.read_text(errors="replace")))
    missing, found = [], 0
    for document in documents:
        for suite, name in NAMED.findall((root / document).read_text()):
            if name in NO_TESTS:
                continue
            found += 1
            if (suite, name) not in known and not made_by_cmake(root, suite, name):
                missing.append(f"{document}: no test {suite}.{name}")
    print("\n".join(missing) if missing else f"{found} tests are named, and are there")
    return 1 if missing or found == 0 else 0


sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
