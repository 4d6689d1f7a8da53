# Sourced by the scripts of this project: which Debian packages the project needs,
# how they are installed, how a preset is built. Needs bash.
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# dockerd and its companions lie in sbin folders, which the PATH of a plain user lacks.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# shellcheck disable=SC2034  # used by the scripts that source this file
# What the build needs; the test framework is among it since configuring asks for it.
build_packages=(
  g++ cmake ninja-build pkg-config libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev
  libboost1.81-dev libexpected-dev libtomlplusplus-dev libsystemd-dev libutf8proc-dev libgtest-dev
  pybind11-dev python3-dev libsqlite3-dev libsodium-dev libssl-dev libbrotli-dev zlib1g-dev libyaml-cpp-dev
  libhowardhinnant-date-dev
)
# shellcheck disable=SC2034
# What the tests of hub, daily report and queue start for real.
hub_test_packages=(prometheus victoria-metrics netdata-core curl zsh)
# shellcheck disable=SC2034
# What the hub's page is built with, and the browser that its tests run in.
web_packages=(nodejs npm)
# shellcheck disable=SC2034
browser_packages=(chromium fonts-noto-cjk)
# shellcheck disable=SC2034
# What the end-to-end tests and the sample containers of the quickstart need beside an engine.
container_packages=(busybox-static procps tar)
# shellcheck disable=SC2034
# The clients with which the end-to-end tests ask wemol-agent, and what makes the certificates of a hub.
client_packages=(curl openssl python3-websockets)
# shellcheck disable=SC2034
# What the presets asan, tsan and fuzz need beside: the compiler, its sanitizers, and what names the lines in
# their reports.
clang_packages=(clang libclang-rt-dev llvm)
# shellcheck disable=SC2034
packaging_packages=(dpkg-dev file gzip lintian)
# shellcheck disable=SC2034
# What is said to cmake beside the preset.
configure_options=()

say() {
  printf '\n== %s\n' "$*"
}

# The first argument says what went wrong, the others what to do about it, a line each.
give_up() {
  {
    printf '\n%s: %s\n' "$(basename "$0")" "$1"
    [ $# -lt 2 ] || printf '  %s\n' "${@:2}"
  } >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    give_up "this needs root: $*" "Run $(basename "$0") as root, or install sudo."
  fi
}

# What root wrote into a folder that belongs to somebody else, such as a build made with sudo,
# goes to the owner of the checkout, who could not build there again otherwise. What is mounted there
# is not part of it.
hand_to_owner() {
  local owner
  owner=$(stat -c %u "$repo")
  if [ -e "$1" ] && [ -n "$(find "$1" -xdev ! -user "$owner" -print -quit)" ]; then
    as_root find "$1" -xdev ! -user "$owner" -exec chown -h --reference="$repo" {} +
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named Debian packages that are missing; with none missing it needs neither
# root nor a network.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    give_up "this system has no apt-get, so nothing can be installed here" \
      "The script is for Debian 12 and its relatives. Elsewhere install the equivalents of" \
      "$*" "by hand, then: cmake --preset dev && cmake --build --preset dev && ctest --preset dev"
  fi
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then
    return
  fi
  say "Installing with apt-get: ${missing[*]}"
  local advice="See apt's message above. The packages are: ${missing[*]}"
  as_root apt-get update -q </dev/null ||
    give_up "apt-get update failed" "$advice" "Is the network there, and /etc/apt/sources.list right?"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null ||
    give_up "apt-get install failed" "$advice"
}

# Installs Debian's docker engine unless one is installed already, from wherever: docker.io beside
# the packages of docker.com would be a conflict.
install_engine() {
  command -v dockerd >/dev/null || install_packages docker.io
  # Newer Debians have the client in a package of its own.
  command -v docker >/dev/null || install_packages docker-cli
}

# As many jobs as there are processors, but no more than one for each 1.5 GiB of free memory.
job_count() {
  local processors by_memory
  processors=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / (1.5 * 1024 * 1024)) }' /proc/meminfo)
  if [ "${by_memory:-1}" -lt 1 ]; then
    by_memory=1
  fi
  echo $((by_memory < processors ? by_memory : processors))
}

# Where ccache is installed, presets and checkouts share what they compile alike: paths count from the
# checkout, and the folder of the build does not count. The sloppiness is what precompiled headers need.
use_ccache() {
  command -v ccache >/dev/null || return 0
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$repo} CCACHE_NOHASHDIR=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
}

# build PRESET [ARGUMENT OF cmake --build]...
build() {
  local preset=$1 jobs
  shift
  jobs=$(job_count)
  say "Building the preset $preset with $jobs jobs"
  use_ccache
  local advice="The compiler's message is above. A build from nothing: rm -r '$repo/build/$preset'"
  (cd "$repo" && cmake --preset "$preset" "${configure_options[@]}") || give_up "configuring failed" "$advice"
  (cd "$repo" && cmake --build --preset "$preset" -j "$jobs" "$@") ||
    give_up "the build failed" "$advice"
  hand_to_owner "$repo/build"
}

# The same with one line to see, and all lines where it fails.
build_quietly() {
  local log begin=$SECONDS
  log=$(mktemp)
  echo "Building the preset $1: some minutes the first time."
  if ! (build "$@") >"$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    exit 1
  fi
  rm "$log"
  echo "Built in $((SECONDS - begin)) s."
}
