"""What the tree must be. Each rule takes a House and returns complaints; none means it holds."""

import re
import subprocess
from collections import defaultdict

from house import is_test

OTHER_WING = {"client": "server", "server": "client"}
NOBODYS_NAMES = {"util", "utils", "common", "core", "misc", "helpers", "lib", "shared"}
# The only places that open a Secret: what makes, uses or stores secret keys on the client's side, the
# places of the server that make tokens and challenges (it keeps hashes only), and the one that signs
# a log's checkpoints.
REVEALS = ("src/base/", "src/ring/sampl", "src/keys/", "src/multiparty/", "src/client/", "src/service/accounts.",
           "src/service/sign_in.", "src/tlog/signer.")
PREPROCESSOR = re.compile(r"^[ \t]*#[ \t]*(define|undef|if|ifdef|ifndef|elif|else|endif)\b.*", re.M)
LEFTOVER = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
SPEAKS = re.compile(r"\bstd::(?:cout|cerr|clog|abort|exit|terminate|_Exit)\b|(?<![\w:])(?:printf|puts|abort|exit)\s*\(")
NON_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                      r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)


class Skip(Exception):
    """A rule that has nothing to look at yet."""


def code_of(text):
    """The text without comments and literals; line numbers stay."""
    return NON_CODE.sub(lambda match: "\n" * match.group(0).count("\n"), text)


def found(house, files, pattern, why, raw=False):
    complaints = []
    for file in files:
        text = house.text(file) if raw else code_of(house.text(file))
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            complaints.append(f"{file}:{line}: {why}: {match.group(0).strip()}")
    return complaints


def layers_file(house):
    """layers.txt: well-formed, bottom-up, and no wing reaches into the other or out of the shared part."""
    complaints = list(house.layer_complaints)
    for layer in house.layers.values():
        for used in sorted(house.closure(layer.name) - {layer.name}):
            wing = house.layers[used].wing if used in house.layers else "shared"
            if wing not in ("shared", layer.wing):
                complaints.append(f"layers.txt: {layer.name} ({layer.wing}) reaches {used} ({wing})")
    return complaints


def folders(house):
    """Every folder of src/ and apps/ is listed, has code and a target of its own, and a real name."""
    complaints = []
    for top in ("src", "apps"):
        for folder in sorted(path for path in (house.root / top).iterdir() if path.is_dir()):
            name = folder.name if top == "src" else f"{top}/{folder.name}"
            own = [file for file in house.files if house.layer_of(file) == name]
            if not own:  # an empty room; git keeps none, so it is somebody's work in progress
                continue
            if name not in house.layers:
                complaints.append(f"{top}/{folder.name}: not listed in tools/layers.txt")
            if not (folder / "CMakeLists.txt").is_file():
                complaints.append(f"{top}/{folder.name}: no CMakeLists.txt, so no target of its own")
    for file in house.files_under("src", "apps", "tests"):
        for part in file.with_suffix("").parts:
            if part in NOBODYS_NAMES:
                complaints.append(f"{file}: the name '{part}' says nothing about what is inside")
    return complaints


def includes(house):
    """Every quoted include exists, names its folder, and follows an arrow of layers.txt."""
    complaints = []
    for file, edges in house.include_edges.items():
        here = house.layer_of(file)
        wings = set()
        for text, target in edges:
            if target is None:
                complaints.append(f'{file}: no such file: "{text}" (write it from src/)')
                continue
            there = house.layer_of(target)
            if there not in house.layers or here not in house.layers:
                continue  # folders() reports them
            wings.add(house.layers[there].wing)
            if is_test(file):
                if house.layers[there].wing == OTHER_WING.get(house.layers[here].wing):
                    complaints.append(f"{file}: a {house.layers[here].wing} test reaches over into {target}")
            elif is_test(target):
                complaints.append(f"{file}: includes {target}, which is for tests only")
            elif there not in house.closure(here):
                complaints.append(f"{file}: {here} may not use {there} ({target}); see tools/layers.txt")
        if {"client", "server"} <= wings:
            complaints.append(f"{file}: includes from both wings")
    return complaints


def own_subfolders(house):
    """A header at the top of a folder does not include what its subfolders hide."""
    complaints = []
    for file, edges in house.include_edges.items():
        for _, target in edges:
            if (target and file.suffix == ".h" and file.parent in target.parents and target.parent != file.parent):
                complaints.append(f"{file}: a header includes its own subfolder: {target}")
    return complaints


def cycles_of(edges):
    """The cycles met by a depth-first walk, as lists of nodes."""
    done, path, cycles = set(), [], []

    def walk(node):
        if node in path:
            cycles.append(path[path.index(node):] + [node])
            return
        if node in done:
            return
        path.append(node)
        for following in sorted(edges.get(node, ())):
            walk(following)
        path.pop()
        done.add(node)

    for node in sorted(edges):
        walk(node)
    return cycles


def folder_edges(house):
    edges = defaultdict(set)
    for file, targets in house.include_edges.items():
        for _, target in targets:
            if target and not is_test(file) and house.layer_of(target) != house.layer_of(file):
                edges[house.layer_of(file)].add(house.layer_of(target))
    return edges


def cycles(house):
    """No folder and no file includes itself in a circle."""
    files = {file: {target for _, target in edges if target} for file, edges in house.include_edges.items()}
    return [" -> ".join(map(str, cycle)) for cycle in cycles_of(folder_edges(house)) + cycles_of(files)]


def links(house):
    """Every link edge follows an arrow of layers.txt, and every include is backed by a link."""
    complaints = []
    layer_of_target = {f"salus_{name}": name for name in house.layers}
    for target, (folder, _, linked) in house.links.items():
        parts = folder.split("/")
        if parts[0] not in ("src", "apps") or len(parts) < 2:
            continue
        here = parts[1] if parts[0] == "src" else "/".join(parts[:2])
        if here not in house.layers:
            complaints.append(f"{target}: its folder {folder} is not listed in tools/layers.txt")
            continue
        test = target.endswith("_test") or "testing" in target
        wing = house.layers[here].wing
        for name in linked if not test else sorted(house.link_closure(target)):
            there = layer_of_target.get(name)
            if there and house.layers[there].wing == OTHER_WING.get(wing):
                complaints.append(f"{target} ({wing}) links {name} of the other wing")
            elif there and not test and there not in house.closure(here):
                complaints.append(f"{target}: {here} may not link {there}; see tools/layers.txt")
    for here, used in sorted(folder_edges(house).items()):
        target = f"salus_{here}" if not here.startswith("apps/") else here.split("/")[1]
        for there in sorted(used):
            if target in house.links and f"salus_{there}" not in house.link_closure(target):
                complaints.append(f"{target}: includes {there} without linking salus_{there}")
    return complaints


def blind_server_links(house):
    """P1: nothing of the client's wing is in the link closure of salusd."""
    if not (house.root / "apps" / "salusd").is_dir():
        raise Skip("apps/salusd does not exist yet")
    if "salusd" not in house.links:
        return ["apps/salusd exists, but there is no target salusd"]
    client = {f"salus_{layer.name}" for layer in house.layers.values() if layer.wing == "client"}
    complaints = [f"salusd links {name}" for name in sorted(house.link_closure("salusd") & client)]
    if (house.build / "build.ninja").is_file():
        commands = subprocess.run(["ninja", "-t", "commands", "-s", "bin/salusd"], cwd=house.build, text=True,
                                  capture_output=True, check=True).stdout
        if "libsalus_base.a" not in commands:
            complaints.append("the link command of salusd names no libsalus_base.a: the test reads the wrong line")
        complaints += [f"the link command of salusd names lib{name}.a" for name in sorted(client)
                       if f"lib{name}.a" in commands]
    return complaints


def blind_server_binary(house):
    """P1: no symbol of the client's wing is in the salusd that was built."""
    if not (house.root / "apps" / "salusd").is_dir():
        raise Skip("apps/salusd does not exist yet")
    binary = house.build / "bin" / "salusd"
    if not binary.is_file():
        return [f"{binary.name} is not built: build first, then test"]
    symbols = subprocess.run(["nm", "-C", str(binary)], text=True, capture_output=True, check=True).stdout
    if "salus::http::" not in symbols:
        return ["nm finds no salus::http:: in salusd: stripped, or the test reads the wrong file"]
    wings = "|".join(layer.name for layer in house.layers.values() if layer.wing == "client" and "/" not in layer.name)
    return sorted({f"salusd contains {match.group(0)}" for match in
                   re.finditer(rf"salus::(?:{wings})::[A-Za-z_]\w*", symbols)})


def macros(house):
    """No preprocessor beyond #include and #pragma once, outside kernel/ and base/platform.h."""
    files = [file for file in house.files_under("src", "apps", "tests") if not str(file).startswith("src/kernel/")
             and str(file) != "src/base/platform.h"]
    complaints = found(house, files, PREPROCESSOR, "no macros and no conditional compilation here")
    for file in house.files_under("src", "apps"):
        if file.suffix == ".h" and "#pragma once" not in house.text(file):
            complaints.append(f"{file}: a header without #pragma once")
    return complaints


def using_namespace(house):
    files = [file for file in house.files if not is_test(file)]
    return found(house, files, re.compile(r"\busing\s+namespace\b[^;]*"), "only tests may do this")


def reveals(house):
    """Secrets are opened only where keys are made, used and kept."""
    files = [file for file in house.files if not str(file).startswith(REVEALS) and not is_test(file)]
    return found(house, files, re.compile(r"\breveal\w*\s*\("), "opens a secret outside " + " ".join(REVEALS))


def quiet_library(house):
    """The library neither prints nor ends the process; only apps do."""
    files = [file for file in house.files_under("src") if not is_test(file)]
    return found(house, files, SPEAKS, "a library does not print and does not end the process")


def ascii_only(house):
    files = house.files_under("src", "apps", "tests", "bench")
    return found(house, files, re.compile(r"[^\x00-\x7f]+"), "not ASCII", raw=True)


def leftovers(house):
    files = house.files_under("src", "apps", "tests", "bench")
    return found(house, files, LEFTOVER, "finish it, or write an issue", raw=True)


RULES = {rule.__name__: rule for rule in (
    layers_file, folders, includes, own_subfolders, cycles, links, blind_server_links, blind_server_binary,
    macros, using_namespace, reveals, quiet_library, ascii_only, leftovers)}
