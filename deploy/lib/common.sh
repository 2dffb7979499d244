# Shared by the scripts of this folder. Sourced, never run.
# shellcheck shell=bash

# Debian packages: what Verbatim is built from, what it runs with, what only its tests need.
build_packages=(libhiredis-dev libcurl4-openssl-dev libnghttp2-dev libssl-dev libuv1-dev libsqlite3-dev libzstd-dev
  libutf8proc-dev zlib1g-dev)
run_packages=(redis-server openssl ca-certificates)
test_packages=(
  protobuf-compiler libprotobuf-dev libprotoc-dev               # generated code is current
  golang-go golang-github-containerd-ttrpc-dev golang-goprotobuf-dev # a Go client calls the gateway
  sslscan                                                       # what a server offers is what it should
  python3
  spin gcc                                                      # every state of the hand-off's model
  python3-venv                                                  # youtube-transcript-api and yt-dlp ask the simulator
  openjdk-17-jre-headless                                       # real search servers, where VERBATIM_SEARCH_NODES names them
  faketime redis-tools                                          # chaos: clocks that are wrong, a look into Redis
)

say() { printf '%s\n' "$*"; }
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || step() { printf '\n%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Installs the Debian packages that are missing; without the right to, prints the one command that would.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null ||
    die "these packages are missing, and this is not Debian: ${missing[*]}. Install their like and try again."
  local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    say "Installing ${missing[*]} ..."
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
      >"${TMPDIR:-/tmp}/verbatim-apt.$$.log" 2>&1 ||
      die "apt-get failed; its last words: $(tail -n 3 "${TMPDIR:-/tmp}/verbatim-apt.$$.log"). Run it by hand: $command"
    rm -f "${TMPDIR:-/tmp}/verbatim-apt.$$.log"
  elif sudo -n true 2>/dev/null; then
    say "Installing ${missing[*]} (with sudo) ..."
    sudo -n sh -c "$command" >/dev/null || die "apt-get failed. Run it by hand: sudo sh -c '$command'"
  else
    die "packages are missing, and there is no right to install them. Run this once, then try again:
  sudo sh -c '$command'"
  fi
}

need_swift() {
  command -v swift >/dev/null ||
    die "the Swift toolchain is missing: install Swift 6.3 or newer (swift.org/install/linux) and put it on PATH."
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  case "$version" in
    6.[3-9]* | 6.[1-9][0-9]* | [7-9].* | [1-9][0-9].*) ;;
    *) die "Swift 6.3 or newer is needed, this is ${version:-unknown}: install it (swift.org/install/linux)." ;;
  esac
}

# True when something listens on this loopback port.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
