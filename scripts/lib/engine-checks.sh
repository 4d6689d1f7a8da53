# Sourced by service-checks where there is an engine: tasks of many kinds, and what the recorder has of
# them beside what docker and the kernel say.
# shellcheck shell=bash

# From a task's title to its id. It is task 132178, 132179, ... of the module "Module <title>".
declare -A task_of=()
next_task=132178

# Where the recorder writes that is looked at.
tree=${state:?}

# Tasks that keep still after a while, so that docker and the recorder can be compared.
quiet_titles=()

container_of() { echo "wemol_rc_task_$1_${task_of[$1]}_1_1"; }
csv_of() { echo "${2:-$tree}/module_resource/Module $1/${task_of[$1]}.csv"; }
rows_of() { grep -c "^${task_of[$1]}," "$(csv_of "$1")" 2>/dev/null; }
rows_reach() { rows_of "$1" && [ "$(rows_of "$1")" -ge "$2" ]; }
# Rows of a task that are not there yet.
more_rows() { eventually "${wait_s:?}" rows_reach "$1" $(($(rows_of "$1") + ${2:-1})); }

# start_task TITLE ARGUMENT OF docker run... -- COMMAND: in the background.
start_task() {
  local title=$1 options=() folder
  task_of[$title]=$((next_task++))
  folder=/data/PRG/RCall/Worker.CPU/work_blob/${task_of[$title]:2:2}/${task_of[$title]:4:2}
  mkdir -p "$folder/${task_of[$title]}"
  printf '{"Module": {"Name": "Module %s"}}\n' "$title" >"$folder/${task_of[$title]}/task.json"
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  # As many at a time as there are processors: runc's own waits run out on a machine that is too busy.
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
    wait -n
  done
  docker run -d --name "$(container_of "$title")" "${options[@]}" sample /bin/sh -c "$2" >/dev/null &
}

# The same for a task that comes to rest, without a network if it names none.
start_quiet_task() {
  quiet_titles+=("$1")
  if [[ " $* " = *" --network "* ]]; then
    start_task "$@"
  else
    start_task "$1" --network none "${@:2}"
  fi
}

make_sample() {
  local applet
  mkdir -p image/bin image/tmp && cp /bin/busybox image/bin/ || return
  for applet in sh dd sleep ping rm mkdir; do
    ln -sf busybox image/bin/$applet
  done
  tar -C image -c . | docker import - sample
}

readonly hold='dd if=/dev/zero of=/memory/held bs=1M count=48; sleep 36000'
readonly use_disk='dd if=/dev/zero of=/disk/block bs=64k count=48 oflag=direct &&
  dd if=/disk/block of=/dev/null bs=64k iflag=direct; ping -c 3 -s 1000 10.1.0.1; sleep 36000'
readonly use_both_networks='until [ -e /sys/class/net/eth1 ]; do sleep 1; done
  ping -c 3 -s 1000 10.1.0.1; ping -c 3 -s 500 10.2.0.1; sleep 36000'
# Groups below its own, and none of its processes in that.
readonly make_groups='cd /sys/fs/cgroup && mkdir first second && echo 0 >first/cgroup.procs &&
  echo "+memory +pids" >cgroup.subtree_control
  (echo 0 >second/cgroup.procs; dd if=/dev/zero of=/memory/held bs=1M count=8; exec sleep 36000) &
  wait'

# Not by check(), whose commands run in a shell of their own: it remembers the tasks.
start_tasks() {
  docker network create --subnet 10.1.0.0/24 --gateway 10.1.0.1 one &&
    docker network create --subnet 10.2.0.0/24 --gateway 10.2.0.1 two || return
  # A tenth of a processor until it is told to stop.
  # shellcheck disable=SC2016  # its shell expands it
  start_task burner --network none --cpus 0.1 -- \
    'trap "stop=1" USR1; until [ "$stop" ]; do :; done; sleep 36000'
  # Another process outlives the first for a moment, so that the group can be read at its end: on a busy
  # emulated machine systemd removes an empty one sooner than anybody looks.
  start_task peak --network none --pid host --tmpfs /memory -- \
    'sleep 36000 & dd if=/dev/zero of=/memory/held bs=1M count=40; rm /memory/held; wait'
  start_quiet_task memory --tmpfs /memory -- "$hold"
  start_quiet_task limits --memory 64m --cpus 0.5 --pids-limit 50 -- \
    'sleep 36000 & sleep 36000 & sleep 36000 & wait'
  start_quiet_task disk --network one --volume /var/tmp/disk:/disk -- "$use_disk"
  start_quiet_task host_network --network host -- 'sleep 36000'
  start_quiet_task host_groups --cgroupns host --pid host -- 'sleep 36000'
  start_quiet_task nested --privileged --tmpfs /memory -- "$make_groups"
  start_quiet_task slice --cgroup-parent wemol-jobs-gpu.slice -- 'sleep 36000'
  start_quiet_task two_networks --network one -- "$use_both_networks"
  wait
  start_quiet_task shared_network --network "container:$(container_of disk)" -- 'sleep 36000'
  docker network connect two "$(container_of two_networks)"
  wait
}

# Those whose start took longer than runc waits are started once more.
all_run() {
  docker ps -aq --filter status=created | tac | xargs -r docker start
  [ "$(docker ps -q | wc -l)" = ${#task_of[@]} ] || ! docker ps -a || ! cat tasks.log
}

# The columns 6 to 11 of a task's last row.
cells_of() { tail -n 1 "$(csv_of "$1")" | cut -d , -f 6-11; }
# A user's engine has no controller for I/O: docker then prints 0, and the recorder that it is unknown.
cells_by_docker() {
  local block='&'
  [ "$1" != rootless ] || block='-- / --'
  grep "^$(container_of "$1")," docker.stats | awk -F , -v OFS=, -v block="$block" \
    '{ gsub(/.*/, block, $6); print $2, $3, $4, $5, $6, $7 }'
}

# Notes whose cells are docker's; no task has to be still at the same time as another.
compare() {
  local title result=0
  docker stats --no-stream --format \
    '{{.Name}},{{.CPUPerc}},{{.MemUsage}},{{.MemPerc}},{{.NetIO}},{{.BlockIO}},{{.PIDs}}' >docker.stats
  for title in "${quiet_titles[@]}"; do
    [ -e "equal/$1-$title" ] && continue
    if [ -n "$(cells_by_docker "$title")" ] &&
      [ "$(cells_of "$title")" = "$(cells_by_docker "$title")" ]; then
      cells_of "$title" >"equal/$1-$title"
    else
      echo "$title: recorded $(cells_of "$title"), docker stats $(cells_by_docker "$title")"
      result=1
    fi
  done
  return $result
}

# Of the columns of `docker stats` that a title brings something into: the pattern that they match.
expected_cells() {
  case $1 in
    memory) echo ',4[89]\.[0-9]*MiB / ' ;;
    limits) echo 'iB / 64MiB,.*,4$' ;;
    disk) echo 'kB / [0-9.]*kB,[0-9.]*MB / [0-9.]*MB,' ;;
    host_network) echo ',0B / 0B,' ;;
    nested) echo ',[89]\.[0-9]*MiB / .*,2$' ;;
    two_networks | shared_network) echo ',[0-9.]*kB / [0-9.]*kB,' ;;
  esac
}

says() {
  cells_of "$1"
  grep -qe "$2" <<<"$(cells_of "$1")"
}

# cells_are_dockers NAME TITLE...: as NAME is recorded now; the titles need rows, all when none is given.
cells_are_dockers() {
  local title
  mkdir -p equal
  check "$1: a row of each task" have_rows "${@:2}"
  check "$1: each still task's cells are those of docker stats" eventually 120 compare "$1"
  for title in "${quiet_titles[@]}"; do
    check "$1: $title: $(cells_of "$title")" says "$title" "$(expected_cells "$title")"
  done
}

have_rows() {
  local title
  declare -A before
  [ $# -gt 0 ] || set -- "${!task_of[@]}"
  for title in "$@"; do
    before[$title]=$(rows_of "$title")
  done
  for title in "$@"; do
    eventually "$wait_s" rows_reach "$title" $((${before[$title]:-0} + 1)) || return
  done
}

# The value of a column in the last row of a ledger.
ledger() {
  awk -F , -v column="$2" '{ sub(/\r$/, "") } NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i }
    NR > 1 { value = $at[column] } END { print value }' "$tree/module_resource/Module $1/summary.csv"
}
ledger_is() {
  echo "$2: $(ledger "$1" "$2")"
  [ "$(ledger "$1" "$2")" = "$3" ]
}
in_ledger() { [ -n "$(ledger "$1" ended_at)" ]; }

# within PERCENT RIGHT LOW [HIGH]
within() {
  echo "${*:3}, right: $2, allowed: $1 %"
  awk -v percent="$1" -v b="$2" -v low="$3" -v high="${4:-$3}" \
    'BEGIN { slack = b * percent / 100; exit !(b > 0 && low <= b + slack && high >= b - slack) }'
}

# The folder of a container's control group.
group_of() {
  find /sys/fs/cgroup -type d -name "*$(docker inspect -f '{{.Id}}' "$(container_of "$1")")*" -print -quit
}
is_at_rest() {
  local before
  before=$(cpu_seconds_of "$1")
  sleep 3
  [ "$(cpu_seconds_of "$1")" = "$before" ]
}
has_used() { awk -v used="$(cpu_seconds_of "$1")" -v wanted="$2" 'BEGIN { exit !(used >= wanted) }'; }
cpu_seconds_of() { awk '$1 == "usage_usec" { print $2 / 1000000 }' "$(group_of "$1")/cpu.stat"; }

# The sum of cpu_percent x time over all rows; the first is about the time since the process's start. The
# times in a CSV are whole seconds, so where the CPU changes between two rows it is from A to B.
cpu_seconds_in_rows() {
  local start
  start=$(ps -o lstart= -p "$(docker inspect -f '{{.State.Pid}}' "$(container_of "$1")")")
  awk -F , -v before="$(date -d "$start" +%s)" 'NR > 1 {
      gsub(/[-:]/, " ", $4)
      now = mktime($4)
      sum += $6 / 100 * (now - before)
      change += $6 > cpu ? $6 - cpu : 0
      cpu = $6
      before = now
    } END { print sum - change / 100, sum + change / 100 }' "$(csv_of "$1")"
}

# A busy host stops the machine's processors, and the machine's kernel counts that as the task's time.
cpu_is_a_tenth() { awk -F , 'END { print $6; exit !($6 + 0 > 9 && $6 + 0 < 15) }' "$(csv_of burner)"; }

# What is left of tasks that have ended: the ledger.
lives() {
  local cpu_s peak_bytes
  check "native: a tenth of a processor is what its control group lets a task have" \
    eventually "$wait_s" cpu_is_a_tenth
  # What the machine's kernel counts for the end of a process, and the whole seconds of a CSV, shall be
  # little beside what it uses from now on.
  docker update --cpus 1 "$(container_of burner)" >/dev/null
  start_task oom --network none --memory 24m --memory-swap 24m -- \
    'dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1; exit 7'
  wait
  start_task short --network none -- 'sleep 0.4; exit 3'
  wait
  start_task second --network none -- 'dd if=/dev/zero of=/dev/null bs=1M count=200; sleep 1'
  check "the task that uses the processor has had it for 40 s" eventually $((2 * wait_s)) has_used burner 40
  docker kill -s USR1 "$(container_of burner)" >/dev/null
  wait
  check "and comes to rest" eventually "$wait_s" is_at_rest burner
  more_rows burner 2 >/dev/null
  cpu_s=$(cpu_seconds_of burner)
  peak_bytes=$(cat "$(group_of peak)/memory.peak")
  # shellcheck disable=SC2046  # two numbers
  check "native: the rows' CPU is that of cpu.stat" within 1 "$cpu_s" $(cpu_seconds_in_rows burner)
  docker kill "$(container_of burner)" "$(container_of peak)" >/dev/null
  local title
  for title in burner peak oom short second; do
    check "native: the ledger has the task $title" eventually "$wait_s" in_ledger $title
  done
  check "native: its CPU is that of cpu.stat" within 1 "$cpu_s" "$(ledger burner cpu_seconds)"
  check "native: its memory peak is memory.peak" ledger_is peak memory_peak_bytes "$peak_bytes"
  check "native: a killed process of a task that goes on is in it" ledger_is oom oom_killed 1
  check "native: with the task's own exit code" ledger_is oom exit_code 7
  check "and the kill is a warning in the journal" journal_has "$(container_of oom).*" -p warning
  check "native: the memory peak is the limit then" \
    within 2 $((24 << 20)) "$(ledger oom memory_peak_bytes)"
  check "native: a task that is over within a second: $(ledger short duration_seconds) s" \
    ledger_is short exit_code 3
  check "native: a task of a few seconds has its rows" rows_reach second 1
  check "native: and its CPU, $(ledger second cpu_seconds) s" \
    test "$(ledger second cpu_seconds)" != 0.000
}

records_tasks() {
  mkdir -p /var/tmp/checks && cd /var/tmp/checks || return
  check "a sample image is made" make_sample
  start_tasks >tasks.log 2>&1
  check "tasks of all kinds run" all_run
  set_key source '"native"'
  systemctl restart "${unit:?}"
  check "native: the service starts" eventually "$wait_s" active
  cells_are_dockers native
  lives
  unset 'task_of[burner]' 'task_of[peak]' 'task_of[oom]' 'task_of[short]' 'task_of[second]'
  set_key source '"docker-cli"'
  set_key command-timeout 60
  systemctl restart "$unit"
  check "docker-cli: the service starts" eventually "$wait_s" active
  cells_are_dockers docker-cli
  set_key source '"native"'
  set_key command-timeout 1
  systemctl restart "$unit"
}

# Which of the columns 6 to 22 say something.
shape_of() { awk -F , 'END { for (i = 6; i <= 22; ++i) printf "%s ", $i == "N/A" ? "-" : "x" }' "$1"; }

same_shape() {
  local title
  for title in "${quiet_titles[@]}"; do
    tail -qn 1 "$(csv_of "$title")" "$(csv_of "$title" free)"
    [ "$(shape_of "$(csv_of "$title")")" = "$(shape_of "$(csv_of "$title" free)")" ] || return
  done
}

in_session() {
  runuser -u somebody -- env HOME=/home/somebody XDG_RUNTIME_DIR=/run/user/1000 \
    DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@"
}

starts_rootless_engine() {
  # There is no udev to let everybody open it.
  modprobe tun && chmod 666 /dev/net/tun && systemctl start user@1000.service || return
  in_session systemd-run --user --unit engine --property Delegate=yes --setenv "PATH=$PATH" \
    /usr/share/docker.io/contrib/dockerd-rootless.sh --iptables=false --bridge=none || return
  eventually 120 docker version && return
  journalctl -o cat _SYSTEMD_USER_UNIT=engine.service | tail -n 10
  return 1
}

# A recorder of its own for an engine that a user runs.
records_rootless_engine() {
  local recorder
  export DOCKER_HOST=unix:///run/user/1000/docker.sock
  check "an engine of a user's starts" starts_rootless_engine
  make_sample >/dev/null
  quiet_titles=()
  start_quiet_task rootless --memory 100m --tmpfs /memory -- "$hold"
  wait
  tree=$PWD/rootless
  wemol-recorder --source native --interval 2 --log-file '' --output-dir "$tree/module_resource" \
    >rootless.log 2>&1 &
  recorder=$!
  cells_are_dockers rootless rootless
  kill $recorder
  wait $recorder
  tree=$state
  unset DOCKER_HOST 'task_of[rootless]'
  in_session systemctl --user stop engine
}

# While the service hangs: the program with nothing between it and the machine.
other_engines() {
  wemol-recorder --source native --rounds 3 --interval 2 --log-file '' \
    --output-dir free/module_resource >free.log 2>&1
  check "native: the unit takes no column away" same_shape
  records_rootless_engine
}

loses_its_engine() {
  systemctl stop docker.socket docker.service
  check "an engine that is away is an error in the journal" \
    eventually "$wait_s" journal_has 'docker engine does not answer' -p err
  check "the service goes on" active
  check "and records the tasks that run" more_rows memory 2
  # The other way to lay out the groups: without systemd.
  sed -i 's/^{/{"exec-opts": ["native.cgroupdriver=cgroupfs"], /' /etc/docker/daemon.json
  check "the engine starts again" systemctl start docker.service
  quiet_titles=()
  start_quiet_task cgroupfs --tmpfs /memory -- "$hold"
  wait
  check "its group is not systemd's" test -d "/sys/fs/cgroup/docker/$(basename "$(group_of cgroupfs)")"
  cells_are_dockers cgroupfs cgroupfs
}
