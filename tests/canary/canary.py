#!/usr/bin/env python3
"""canary.py house|blind|tidy|format: proves that the checks still bite.

Each case makes one thing wrong in a copy of good/ (or feeds one bad snippet) and demands that exactly the
check that is meant to see it complains, and that it does not complain before.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CHECK = [sys.executable, "-B", str(ROOT / "tests" / "layers" / "check_house.py")]

LONG_FUNCTION = "int count_up(int n) {\n" + "  n += 1;\n" * 70 + "  return n;\n}\n"

# (rule, file, text appended to it (or, with "=", its whole content), part of the complaint expected)
DEFECTS = [
    ("layers_file", "tools/layers.txt", "base: | shared\n", "listed twice"),
    ("layers_file", "tools/layers.txt", "above: sky | shared\nsky: | shared\n", "not listed above it"),
    ("layers_file", "tools/layers.txt", "roof: http keys | server\n", "reaches keys"),
    ("folders", "src/attic/attic.h", "=#pragma once\n", "not listed in tools/layers.txt"),
    ("folders", "src/ring/util.h", "=#pragma once\n", "says nothing"),
    ("includes", "src/base/base.h", '#include "ring/ring.h"\n', "base may not use ring"),
    ("includes", "src/http/http.cpp", '#include "keys/keys.h"\n', "http may not use keys"),
    ("includes", "apps/salusd/main.cpp", '#include "keys/keys.h"\n', "apps/salusd may not use keys"),
    ("includes", "src/http/http_test.cpp", '=#include "keys/keys.h"\n', "reaches over"),
    ("includes", "src/ring/ring_test.cpp", '=#include "keys/keys.h"\n#include "http/http.h"\n', "both wings"),
    ("includes", "src/ring/ring.h", '#include "ring/gone.h"\n', "no such file"),
    ("own_subfolders", "src/ring/ring.h", '#include "ring/internal/inner.h"\n', "its own subfolder"),
    ("cycles", "src/base/base.cpp", '#include "ring/ring.h"\n', "ring -> base -> ring"),
    ("macros", "src/ring/ring.cpp", "#define TWICE(x) ((x) + (x))\n", "no macros"),
    ("macros", "src/ring/ring.h", "#ifdef __AVX2__\n#endif\n", "no macros"),
    ("macros", "src/ring/bare.h", "=int bare();\n", "without #pragma once"),
    ("using_namespace", "src/ring/ring.cpp", "using namespace salus;\n", "only tests"),
    ("reveals", "src/http/http.cpp", "auto open(auto& secret) { return secret.reveal(); }\n", "opens a secret"),
    ("quiet_library", "src/ring/ring.cpp", "#include <iostream>\nvoid say() { std::cerr << 1; }\n", "does not print"),
    ("quiet_library", "src/ring/ring.cpp", "#include <cstdlib>\nvoid stop() { std::abort(); }\n", "does not end"),
    ("ascii_only", "src/ring/ring.cpp", "// \u03b1 is not ASCII\n", "not ASCII"),
    ("leftovers", "src/ring/ring.cpp", "// T" + "ODO: later\n", "finish it"),
    ("ratchet", "src/ring/ring.cpp", LONG_FUNCTION, "function_max_lines is 73"),
    ("ratchet", "src/ring/ring.cpp", "// one more line\n" * 800, "file_max_lines is"),
    ("ratchet", "src/base/base.cpp", '#include "ring/ring.h"\n', "folder_cycles is 1"),
    ("ratchet", "src/ring/ring.cpp", "// NOLINT\n" * 60, "nolint_count is"),
    ("ratchet", "tools/ratchet.txt", "function_max_lines 90\n", "above the design's cap"),
]

failures = []


def expect(condition, what, output=""):
    print(("bites: " if condition else "DOES NOT BITE: ") + what)
    if not condition:
        failures.append(what)
        print(output)


def complain(rule, root, build=None):
    run = subprocess.run(CHECK + [rule, "--root", str(root)] + (["--build", str(build)] if build else []),
                         text=True, capture_output=True)
    return run.returncode, run.stdout + run.stderr


def fresh(scratch, name):
    """A copy of good/ with the real tree's limits."""
    root = Path(scratch) / name
    shutil.copytree(HERE / "good", root)
    shutil.copy(ROOT / "tools" / "ratchet.txt", root / "tools")
    return root


def apply(root, file, text):
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    old = "" if text.startswith("=") or not path.exists() else path.read_text()
    path.write_text(old + text.removeprefix("="))


def house(scratch):
    clean = fresh(scratch, "clean")
    for rule in sorted({defect[0] for defect in DEFECTS}):
        code, output = complain(rule, clean)
        expect(code == 0, f"{rule} is content with a clean house", output)
    for number, (rule, file, text, wanted) in enumerate(DEFECTS):
        root = fresh(scratch, f"defect{number}")
        if rule == "own_subfolders":
            apply(root, "src/ring/internal/inner.h", "=#pragma once\n")
        apply(root, file, text)
        code, output = complain(rule, root)
        expect(code == 1 and wanted in output, f"{rule}: {wanted} ({file})", output)
    raised_limit(scratch)


def raised_limit(scratch):
    root = fresh(scratch, "raised")

    def git(*arguments):
        subprocess.run(["git", "-C", str(root), "-c", "user.name=canary", "-c", "user.email=canary@example.org",
                        "-c", "commit.gpgsign=false", *arguments], check=True, capture_output=True)

    git("init", "-q")
    (root / "tools" / "ratchet.txt").write_text((root / "tools" / "ratchet.txt").read_text().replace(
        "include_depth", "include_depth 3\nwas"))
    git("add", ".")
    git("commit", "-qm", "a house")
    apply(root, "tools/ratchet.txt", "=include_depth 4\n")
    code, output = complain("ratchet", root)
    expect(code == 1 and "was raised from 3 to 4" in output, "ratchet: a raised limit", output)


def configure(root, *targets):
    build = root / "build"
    subprocess.run(["cmake", "-G", "Ninja", "-S", str(root), "-B", str(build),
                    f"-DSALUS_MODULES={ROOT / 'tools' / 'cmake'}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", str(build)], check=True, capture_output=True)
    return build


def blind(scratch):
    """Link edges and the built server, on real builds of small houses."""
    rules = ("links", "blind_server_links", "blind_server_binary")
    clean = fresh(scratch, "clean")
    build = configure(clean)
    for rule in rules:
        code, output = complain(rule, clean, build)
        expect(code == 0, f"{rule} is content with a clean house", output)

    leaky = fresh(scratch, "leaky")  # a key reaches the server through a folder that looks innocent
    apply(leaky, "src/http/CMakeLists.txt", "target_link_libraries(salus_http PUBLIC salus_keys)\n")
    apply(leaky, "src/http/http.cpp", "#include <cstdio>\nnamespace salus::keys { int answer(); }\n"
          "namespace salus::http { int leak() { return keys::answer(); } }\n")
    apply(leaky, "apps/salusd/main.cpp", "=namespace salus::http { int answer(); int leak(); }\n"
          "int main() { return salus::http::leak() - salus::http::answer(); }\n")
    build = configure(leaky)
    for rule, wanted in zip(rules, ("links salus_keys of the other wing", "names libsalus_keys.a",
                                    "salusd contains salus::keys::answer")):
        code, output = complain(rule, leaky, build)
        expect(code == 1 and wanted in output, f"{rule}: {wanted}", output)

    upward = fresh(scratch, "upward")
    apply(upward, "src/base/CMakeLists.txt", "target_link_libraries(salus_base PUBLIC salus_ring)\n")
    code, output = complain("links", upward, configure(upward))
    expect(code == 1 and "base may not link ring" in output, "links: base may not link ring", output)

    missing = fresh(scratch, "missing")
    build = configure(missing)
    (build / "bin" / "salusd").unlink()
    code, output = complain("blind_server_binary", missing, build)
    expect(code == 1 and "not built" in output, "blind_server_binary: a server that was not built", output)


def tidy(_):
    run = subprocess.run(["clang-tidy-14", f"--config-file={ROOT / '.clang-tidy'}", "--quiet",
                          str(HERE / "bad_names.cpp"), "--", "-std=c++20"], text=True, capture_output=True)
    expect(run.returncode != 0, "clang-tidy fails on bad_names.cpp")
    for name in ("namespace 'Salus'", "struct 'ring_element'", "member 'Value'", "method 'GetCount'",
                 "private member 'count'", "enum constant 'Ntt'", "constexpr variable 'max_level'"):
        expect(f"invalid case style for {name}" in run.stdout, f"naming: {name}", run.stdout)
    for check in ("bugprone-use-after-move", "bugprone-integer-division", "google-explicit-constructor"):
        expect(check in run.stdout, check, run.stdout)


def layout(_):
    run = subprocess.run(["clang-format-14", f"--style=file:{ROOT / '.clang-format'}", "--dry-run", "-Werror",
                          str(HERE / "bad_format.cpp")], text=True, capture_output=True)
    expect(run.returncode != 0 and "bad_format.cpp" in run.stderr, "clang-format fails on bad_format.cpp", run.stderr)


def main():
    cases = {"house": house, "blind": blind, "tidy": tidy, "format": layout}
    if len(sys.argv) != 2 or sys.argv[1] not in cases:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="canary-") as scratch:
        cases[sys.argv[1]](scratch)
    print(f"{len(failures)} checks do not bite" if failures else "every check bites")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
