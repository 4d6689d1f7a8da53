# Sourced by scripts/quickstart and bench/recorder-cost: a docker engine to run samples on, the host's or a private one.
# Expects install-and-build.sh to be sourced; $work is set to a temporary folder before use.
# shellcheck shell=bash

# What stands before docker and the recorder where only root may talk to the engine.
with_rights=()
private_engine=
# Not to be mistaken for another's, nor for that of a run beside this one.
readonly sample_image=wemol-sample:$$
: "${work:=}"

docker_answers() {
  timeout 10 "$@" docker version >/dev/null 2>&1
}

# Finds out who may talk to the host's engine; fails when none answers.
use_host_engine() {
  command -v docker >/dev/null || return 1
  if docker_answers; then
    return
  fi
  if [ "$(id -u)" != 0 ] && command -v sudo >/dev/null; then
    with_rights=(sudo env PATH="$PATH" ${DOCKER_HOST:+DOCKER_HOST="$DOCKER_HOST"})
    if docker_answers "${with_rights[@]}"; then
      return
    fi
  fi
  with_rights=()
  return 1
}

# Starts an engine that shares nothing with one of the host: its own folders, socket, containerd
# namespace and no network rules. A session of its own keeps Ctrl-C from it, which has to outlive
# the containers.
start_private_engine() {
  as_root true # asks for sudo's password here rather than in the background
  private_engine=$work/engine
  mkdir -p "$private_engine"
  echo '{}' >"$private_engine/daemon.json"
  local name
  name=$(basename "$work")
  # TMPDIR: where containerd writes its last words when the engine ends it.
  as_root env TMPDIR="$private_engine" setsid dockerd --config-file "$private_engine/daemon.json" \
    --data-root "$private_engine/data" --exec-root "$private_engine/exec" \
    --pidfile "$private_engine/pid" -H "unix://$private_engine/docker.sock" \
    --containerd-namespace "$name" --containerd-plugins-namespace "$name-plugins" \
    --bridge=none --iptables=false --ip-forward=false --ip-masq=false --storage-driver=vfs \
    --shutdown-timeout=2 >"$private_engine/log" 2>&1 </dev/null &
  local started=$!
  unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION
  export DOCKER_HOST=unix://$private_engine/docker.sock
  [ "$(id -u)" = 0 ] || with_rights=(sudo env PATH="$PATH" DOCKER_HOST="$DOCKER_HOST")
  local tries
  for ((tries = 0; tries < 120; tries++)); do
    if docker_answers "${with_rights[@]}"; then
      return
    fi
    kill -0 "$started" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$private_engine/log" >&2
  give_up "the private docker engine does not start; its last words are above" \
    "A container or virtual machine without the right to mount or to make cgroups cannot run one." \
    "Run this on a host, or point DOCKER_HOST to an engine that answers."
}

stop_private_engine() {
  [ -n "$private_engine" ] || return 0
  local pid tries mount_point
  if pid=$(as_root cat "$private_engine/pid" 2>/dev/null) && as_root kill "$pid" 2>/dev/null; then
    for ((tries = 0; tries < 100; tries++)); do
      [ -e "/proc/$pid" ] || break
      sleep 0.1
    done
    [ ! -e "/proc/$pid" ] || as_root kill -KILL "$pid" 2>/dev/null || true
  fi
  # In some mount namespaces dockerd mounts its data root on itself, and leaves that behind.
  awk -v folder="$private_engine/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts |
    sort -r | while read -r mount_point; do
    as_root umount -l "$mount_point"
  done
}

# Makes $sample_image, which holds nothing but a static busybox.
make_image() {
  local root=$work/image
  mkdir -p "$root/bin" "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  local applet
  for applet in sh dd sleep timeout; do
    ln -s busybox "$root/bin/$applet"
  done
  tar -C "$root" -c . | docker_quietly import - "$sample_image"
}

# docker, whose output is shown only when it fails.
docker_quietly() {
  local output
  output=$("${with_rights[@]}" docker "$@" 2>&1) ||
    give_up "docker $1 failed: $output" "The engine is ${DOCKER_HOST:-that of this host}."
}
