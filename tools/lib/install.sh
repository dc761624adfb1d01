# Sourced by tools/run and tools/check: installs the Debian packages that are missing, and says so before.
# shellcheck shell=bash

# To build and run: compiler, build tools, the libraries of docs/decisions/0002-dependencies.md.
packages_run=(g++ cmake ninja-build pkg-config ccache python3 ca-certificates
  libsodium-dev libgfshare-dev libssl-dev libsqlite3-dev libboost1.81-dev nlohmann-json3-dev libtomlplusplus-dev
  libcli11-dev libspdlog-dev libfmt-dev libsbml5-dev libsundials-dev libeigen3-dev
  libgtest-dev libgmock-dev)

# Beyond that, to check: second compiler with its fuzzer, formatter and linter, coverage, the oracle's Node, the
# compiler to WebAssembly, which builds GoogleTest from Debian's sources.
packages_check=("${packages_run[@]}" git binutils universal-ctags clang-14 libclang-rt-14-dev libomp-14-dev clang-format-14
  clang-tidy-14 gcovr librapidcheck-dev libbenchmark-dev procps curl tcpdump sqlite3 valgrind nodejs npm
  emscripten googletest golang-go golang-golang-x-mod-dev)

package_is_here() {
  case $1 in
    # Any Node from 18 up will do, wherever it came from.
    nodejs) command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 18 ] ;;
    npm) command -v npm >/dev/null ;;
    *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

# install_missing PACKAGE...: returns 0 when all are there afterwards.
install_missing() {
  local missing=() package as_root=()
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: please install the equivalents of: $*"
    return 0
  fi
  for package in "$@"; do package_is_here "$package" || missing+=("$package"); done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "All $# packages are installed."
    return 0
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Not root and no sudo here. Ask an administrator for: apt-get install --no-install-recommends ${missing[*]}"
      return 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q || return 1
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" || return 1
  for package in "${missing[@]}"; do
    package_is_here "$package" || { echo "$package is still missing after its installation."; return 1; }
  done
}
