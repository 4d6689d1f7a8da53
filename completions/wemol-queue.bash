# Completion of wemol-queue for bash.

_wemol_queue() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  local -a given=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --config | --state-dir) given+=("$word" "${COMP_WORDS[i + 1]}") && ((i++)) ;;
      -*) ;;
      *) command=$word && break ;;
    esac
  done
  COMPREPLY=()
  case $before in
    --config | --commands) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    --state-dir | --lock-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$current") && return ;;
    --memory | --gpus) return ;;
  esac
  local words=''
  case $before:$command in
    --queue:* | *:hold | *:release)
      words=$(_wemol_queue_names queue "${given[@]}") ;;
    --after:* | *:cancel | *:retry | *:skip | *:log | *:wait)
      words=$(_wemol_queue_names job "${given[@]}") ;;
    *:check) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    *:) words='run status add cancel retry skip hold release log check wait' ;;
  esac
  if [[ $current == -* ]]; then
    words='--config --state-dir --verbose --help'
    case $command in
      '') words+=' --version' ;;
      run) words+=' --commands --keep-running --skip-bad --again --lock-dir' ;;
      status) words+=' --format --watch --all' ;;
      add) words+=' --queue --memory --gpus --after' ;;
      log) words+=' --follow' ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# The numbers of the jobs or the names of the queues, of the scheduler that runs.
_wemol_queue_names() {
  local what=$1
  shift
  wemol-queue "$@" status --format json 2>/dev/null |
    sed -n "s/^      \"$what\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\$/\\1/p" | sort -u
}

complete -F _wemol_queue wemol-queue
