#!/usr/bin/env bash
# Runs the services of docker-compose.yml as plain processes of this machine, on a PostgreSQL of their own.
#   ./cluster.sh up [--no-build] [--silos N]
#                                    starts the database and N silos, 3 by default, and waits until they are ready
#   ./cluster.sh status              each silo's process, ports and health, and the members of the cluster
#   ./cluster.sh gateways            the gateways, for weir --gateway and Flights --cluster
#   ./cluster.sh kill N|database     kills silo N by SIGKILL; ends the database as a crash does
#   ./cluster.sh stop N              stops silo N in good order
#   ./cluster.sh start N|database    starts silo N again; the database on the port that it had
#   ./cluster.sh add                 starts one silo more, with the next ports
#   ./cluster.sh run SERVICE [ARGS]  runs a client service of the file, such as flights; ARGS replace its command
#   ./cluster.sh config              what was read from docker-compose.yml
#   ./cluster.sh down [--keep]       stops everything and removes the database; --keep: leaves it for the next up
# Options of all: --dir DIR, the folder of the cluster (default: weir-cluster-UID in the folder for temporary files);
# of up: --port-offset N, added to every port, so that several clusters can run; --app DIR, what publishing has made.
# Needs the .NET 10 SDK, or --app; PostgreSQL is installed where that is possible.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly compose=${WEIR_COMPOSE_FILE:-docker-compose.yml}
readonly ready_seconds=90
readonly first_silos=(silo-1 silo-2 silo-3)

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
# As in the image.
export DOTNET_GCgen0size=${DOTNET_GCgen0size:-0x4000000}
export DOTNET_GCDynamicAdaptationMode=${DOTNET_GCDynamicAdaptationMode:-0}

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

say() {
  echo "cluster.sh: $*" >&2
}

# --- docker-compose.yml -------------------------------------------------------------------------------------------------

# The file as lines "services.silo-1.ports.0=127.0.0.1:30001:30001". Anchors and merges are followed, ${NAME:-default} is
# replaced. Only the simple form that the file has is understood; any other line is an error.
read_compose() {
  awk '
    function stop(why) { printf "%s, line %d: %s: %s\n", FILENAME, FNR, why, $0 >"/dev/stderr"; failed = 1; exit 1 }
    function put(path, value) {
      if (!(path in values)) order[count++] = path
      values[path] = value
    }
    function scalar(text) {
      if (text ~ /^".*"$/) text = substr(text, 2, length(text) - 2)
      else if (text ~ /^[\[{&*!|>"'"'"']/) stop("not in the simple form")
      while (match(text, /\$\{[A-Za-z_][A-Za-z_0-9]*:-[^}]*\}/)) {
        inner = substr(text, RSTART + 2, RLENGTH - 3)
        at = index(inner, ":-")
        name = substr(inner, 1, at - 1)
        known = (name in ENVIRON && ENVIRON[name] != "") ? ENVIRON[name] : substr(inner, at + 2)
        text = substr(text, 1, RSTART - 1) known substr(text, RSTART + RLENGTH)
      }
      if (text ~ /\$/) stop("a variable that is not ${NAME:-default}")
      return text
    }
    function list(path, text,    n, parts, i) {
      n = split(substr(text, 2, length(text) - 2), parts, /, /)
      for (i = 1; i <= n; i++) {
        if (parts[i] !~ /^"[^"]*"$/) stop("a list is of texts in quotes")
        put(path "." (i - 1), scalar(parts[i]))
      }
    }
    function merge(path, name,    from, i, n) {
      if (!(name in anchors)) stop("unknown anchor")
      from = anchors[name] "."
      n = count
      for (i = 0; i < n; i++)
        if (index(order[i], from) == 1) put(path "." substr(order[i], length(from) + 1), values[order[i]])
    }
    /^[ ]*(#.*)?$/ { next }
    /\t/ { stop("a tab") }
    {
      match($0, /^ */)
      depth = RLENGTH / 2
      if (depth != int(depth) || depth > open + 0) stop("indented wrongly")
      line = substr($0, RLENGTH + 1)
      if (!match(line, /^[A-Za-z0-9_<-]+:/)) stop("not a key with a value")
      key = substr(line, 1, RLENGTH - 1)
      rest = substr(line, RLENGTH + 1)
      sub(/^ +/, "", rest); sub(/ +$/, "", rest)
      path = depth == 0 ? key : parents[depth - 1] "." key
      open = depth
      if (key == "<<") {
        if (rest !~ /^\*[a-z-]+$/) stop("a merge without an anchor")
        merge(parents[depth - 1], substr(rest, 2))
      } else if (rest == "" || rest ~ /^&[a-z-]+$/) {
        if (rest != "") anchors[substr(rest, 2)] = path
        parents[depth] = path
        open = depth + 1
      } else if (rest == "{}") {
        put(path, "")
      } else if (rest ~ /^\[.*\]$/) {
        list(path, rest)
      } else {
        put(path, scalar(rest))
      }
    }
    END { if (!failed) for (i = 0; i < count; i++) print order[i] "=" values[order[i]] }
  ' "$compose"
}

# The value at a path, or nothing.
value() {
  awk -v path="$1=" 'index($0, path) == 1 { print substr($0, length(path) + 1) }' <<<"$config"
}

# The texts of a list, a line each.
list() {
  local i=0 text
  while text=$(value "$1.$i") && [[ -n $text ]]; do
    printf '%s\n' "$text"
    i=$((i + 1))
  done
}

# --- what is different without containers -------------------------------------------------------------------------------

# A text of the file as it is on this machine: hosts are the loopback, ports are moved, folders of volumes and of the
# image are real ones. Arguments: the service, the text.
here() {
  local text=$2 volume host
  # By bash alone, as far as possible: this is asked for every setting of every silo.
  while [[ $text =~ ^(.*[=,/@])?(${services//$'\n'/|})([:;,].*)?$ ]]; do
    text=${BASH_REMATCH[1]}127.0.0.1${BASH_REMATCH[3]}
  done
  text=${text//0.0.0.0/127.0.0.1}
  if [[ $text == Host=* ]]; then
    text="$text;Port=$(<"$dir/postgres.port")"
  elif ((offset > 0)) && [[ $text == *127.0.0.1:* ]]; then
    text=$(awk -v offset="$offset" '
      { while (match($0, /127\.0\.0\.1:[0-9]+/)) {
          printf "%s127.0.0.1:%d", substr($0, 1, RSTART - 1), substr($0, RSTART + 10, RLENGTH - 10) + offset
          $0 = substr($0, RSTART + RLENGTH) }
        print }' <<<"$text")
  fi
  [[ $config != *"services.$1.volumes."* ]] || while IFS= read -r volume; do
    host=${volume%%:*}
    [[ $host == ./* ]] && host=$PWD/${host#./} || host=$dir/volumes/$host
    [[ $text != "${volume#*:}"* ]] || text=$host${text#"${volume#*:}"}
  done < <(list "services.$1.volumes")
  [[ $text != /app/* ]] || text=$app/${text#/app/}
  printf '%s' "$text"
}

make_volumes() {
  local volume
  while IFS= read -r volume; do
    mkdir -p "$(here "$1" "${volume#*:}")"
  done < <(list "services.$1.volumes")
}

# The environment of a silo: of the file, or for one more, of the last one in the file with later ports.
environment() {
  local silo=$1 of=$1 more=0 line name text
  if [[ -z $(value "services.$silo.image") ]]; then
    of=${first_silos[-1]}
    more=$((${silo#silo-} - ${of#silo-}))
  fi
  while IFS= read -r line; do
    name=${line%%=*}
    text=$(here "$of" "${line#*=}")
    case $name in
      WEIR_SiloPort | WEIR_GatewayPort) text=$((text + offset + more)) ;;
      WEIR_HttpUrl) text=${text%:*}:$((${text##*:} + more)) ;;
    esac
    printf '%s=%s\n' "$name" "$text"
  done < <(sed -n "s/^services\.$of\.environment\.//p" <<<"$config")
}

setting() {
  environment "$1" | sed -n "s/^$2=//p"
}

# --- processes ----------------------------------------------------------------------------------------------------------

# A process is known by its number and the time of its start: numbers are given out again.
started_at() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

pid_of() {
  local pid since
  [[ -e $dir/$1.pid ]] || return 1
  read -r pid since <"$dir/$1.pid" || return 1
  [[ $(started_at "$pid") == "$since" ]] && printf '%s' "$pid"
}

start_silo() {
  local silo=$1 line pid variables=()
  ! pid_of "$silo" >/dev/null || fail "$silo runs already"
  check_ports "$silo"
  while IFS= read -r line; do
    variables+=("$line")
  done < <(environment "$silo")
  local words=()
  while IFS= read -r line; do
    words+=("$line")
  done < <(list "services.silo-1.entrypoint")
  # By export: the arguments of a process can be read by everybody, and there is a password among these.
  make_volumes silo-1
  (cd "$app" && export "${variables[@]}" && exec setsid "${words[@]}" </dev/null >>"$dir/$silo.log" 2>&1) &
  pid=$!
  printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$dir/$silo.pid"
}

# Another process may answer in a silo's place, and the silo would count as ready.
check_ports() {
  local url port
  url=$(setting "$1" WEIR_HttpUrl)
  for port in "$(setting "$1" WEIR_SiloPort)" "$(setting "$1" WEIR_GatewayPort)" "${url##*:}"; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
      fail "127.0.0.1:$port, of $1, can not be listened on: another process does; use another --port-offset"
  done
}

# The answer of a silo's page; fails if there is none or it is not 200. Bash itself is the client: nothing else is needed.
page() {
  local port answer
  port=$(setting "$1" WEIR_HttpUrl)
  port=${port##*:}
  answer=$(
    exec 2>/dev/null
    exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
    timeout 5 cat <&3
  ) || return 1
  [[ $answer == 'HTTP/1.'?' 200'* ]] || return 1
  sed '1,/^\r*$/d' <<<"$answer"
}

wait_ready() {
  local deadline=$((SECONDS + ready_seconds)) silo
  for silo in "$@"; do
    until page "$silo" /ready >/dev/null; do
      pid_of "$silo" >/dev/null || fail "$silo has ended: $(tail -n 5 "$dir/$silo.log")"
      ((SECONDS < deadline)) || fail "$silo is not ready after $ready_seconds s: $(tail -n 5 "$dir/$silo.log")"
      sleep 0.2
    done
  done
}

# Waits until a process has ended. Arguments: its number, seconds.
wait_end() {
  local deadline=$((SECONDS + $2))
  while kill -0 "$1" 2>/dev/null && ((SECONDS < deadline)); do
    sleep 0.1
  done
  ! kill -0 "$1" 2>/dev/null
}

silos() {
  local file
  for file in "$dir"/silo-*.pid; do
    [[ ! -e $file ]] || basename "$file" .pid
  done | sort -t - -k 2 -n
}

# --- PostgreSQL ---------------------------------------------------------------------------------------------------------

postgres_programs() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 | xargs -r dirname
}

# The server does not run as root.
as_postgres() {
  if [[ $(id -u) == 0 ]]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

start_postgres() {
  local bin data=$dir/postgres/data
  bin=$(postgres_programs)
  if [[ -z $bin ]]; then
    ./build.sh postgres >&2
    bin=$(postgres_programs)
    [[ -n $bin ]] || fail 'PostgreSQL is not installed: apt-get install postgresql'
  fi
  as_postgres test -x "$dir" || fail "PostgreSQL runs as the user postgres, who can not reach $dir: use another --dir"
  mkdir -p "$dir/postgres"
  [[ $(id -u) != 0 ]] || chown postgres "$dir/postgres"
  if [[ ! -e $data/PG_VERSION ]]; then
    (umask 077 && value services.postgres.environment.POSTGRES_PASSWORD >"$dir/postgres/password")
    [[ $(id -u) != 0 ]] || chown postgres "$dir/postgres/password"
    as_postgres "$bin/initdb" -D "$data" -U "$(value services.postgres.environment.POSTGRES_USER)" -E UTF8 --locale=C \
      --auth=scram-sha-256 --pwfile="$dir/postgres/password" >"$dir/postgres.log" 2>&1 || fail "$(tail "$dir/postgres.log")"
  fi
  free_port >"$dir/postgres.port"
  run_postgres "$bin"
  create_database "$bin" "$(<"$dir/postgres.port")"
}

# The server, on the port that it has been given.
run_postgres() {
  local words=() line
  while IFS= read -r line; do
    words+=("$line")
  done < <(list services.postgres.command)
  words+=(-p "$(<"$dir/postgres.port")" -c listen_addresses=127.0.0.1)
  as_postgres "$1/pg_ctl" -D "$dir/postgres/data" -w -t 60 -l "$dir/postgres/server.log" \
    -o "${words[*]:1} -c unix_socket_directories='$dir/postgres'" \
    start >>"$dir/postgres.log" 2>&1 || fail "PostgreSQL does not start: $(tail "$dir/postgres.log")"
}

# What the image of PostgreSQL does when it starts for the first time.
create_database() {
  local name
  name=$(value services.postgres.environment.POSTGRES_DB)
  PGPASSWORD=$(value services.postgres.environment.POSTGRES_PASSWORD) \
    "$1/createdb" -h 127.0.0.1 -p "$2" -U "$(value services.postgres.environment.POSTGRES_USER)" \
    -w "$name" 2>"$dir/createdb.log" || grep -q 'already exists' "$dir/createdb.log" || fail "$(<"$dir/createdb.log")"
}

stop_postgres() {
  local bin pid
  bin=$(postgres_programs)
  [[ -n $bin && -e $dir/postgres/data/postmaster.pid ]] || return 0
  read -r pid <"$dir/postgres/data/postmaster.pid"
  as_postgres "$bin/pg_ctl" -D "$dir/postgres/data" -m fast -t 20 stop >/dev/null 2>&1 ||
    as_postgres "$bin/pg_ctl" -D "$dir/postgres/data" -m immediate stop >/dev/null 2>&1 || true
  # It is said to have stopped a moment before its process ends.
  wait_end "$pid" 5 || true
}

# A port that nobody listens on.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 8000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s' "$port"
}

# --- commands -----------------------------------------------------------------------------------------------------------

# The same steps as in the Dockerfile, into a folder of this machine.
publish() {
  local line
  while IFS= read -r line; do
    line=${line//\/app/$app}
    say "$line"
    # shellcheck disable=SC2086
    $line --nologo --verbosity quiet </dev/null >&2
  done < <(sed -n 's/^RUN \(dotnet publish .*\)/\1/p' Dockerfile)
}

command_up() {
  local silo first=("${first_silos[@]:0:count}")
  [[ -z $(silos) ]] || fail "a cluster is there already, in $dir: see ./cluster.sh status, or take it down"
  [[ ! -e $dir || -e $dir/settings || -z $(ls -A "$dir") ]] || fail "$dir holds something else than a cluster"
  mkdir -p "$dir"
  [[ -O $dir ]] || fail "$dir belongs to somebody else"
  chmod 711 "$dir"
  printf 'offset=%s\napp=%q\n' "$offset" "$app" >"$dir/settings"
  trap 'code=$?; trap - EXIT; ((code == 0)) || { say "taking everything down again"; command_down; }; exit "$code"' EXIT
  trap 'exit 130' INT TERM
  ((build == 0)) || publish
  [[ -e $app/Weir.Silo.dll ]] || fail "there is no Weir.Silo.dll in $app: leave out --no-build"
  say "starting PostgreSQL"
  start_postgres
  say "starting ${first[*]}"
  for silo in "${first[@]}"; do
    start_silo "$silo"
  done
  wait_ready "${first[@]}"
  trap - EXIT INT TERM
  say "ready after $SECONDS s"
  command_status
}

command_status() {
  local silo pid health
  [[ -n $(silos) ]] || fail "no cluster runs in $dir"
  printf '%-8s %-8s %-22s %-22s %-24s %s\n' silo pid silo-port gateway http health
  for silo in $(silos); do
    pid=$(pid_of "$silo") || pid=-
    health=down
    ! page "$silo" /health >/dev/null || health=healthy
    ! page "$silo" /ready >/dev/null || health=ready
    printf '%-8s %-8s %-22s %-22s %-24s %s\n' "$silo" "$pid" "127.0.0.1:$(setting "$silo" WEIR_SiloPort)" \
      "127.0.0.1:$(setting "$silo" WEIR_GatewayPort)" "$(setting "$silo" WEIR_HttpUrl)" "$health"
  done
  health=down
  ! as_postgres "$(postgres_programs)/pg_ctl" -D "$dir/postgres/data" status >/dev/null 2>&1 || health=runs
  printf 'postgres %s\n' "127.0.0.1:$(<"$dir/postgres.port"), data in $dir/postgres, $health"
  printf 'members, as silos see them:\n'
  for silo in $(silos); do
    if page "$silo" /members; then
      break
    fi
  done | sed 's/^/  /'
}

command_gateways() {
  local silo
  for silo in $(silos); do
    printf '127.0.0.1:%s\n' "$(setting "$silo" WEIR_GatewayPort)"
  done | paste -sd ,
}

command_kill() {
  local pid
  [[ $1 != database ]] || { kill_database && return; }
  pid=$(pid_of "silo-$1") || fail "silo-$1 does not run"
  kill -KILL "$pid"
  wait_end "$pid" 10 || fail "silo-$1 does not end"
  say "silo-$1 is killed"
}

kill_database() {
  local pid
  [[ -e $dir/postgres/data/postmaster.pid ]] || fail 'the database does not run'
  read -r pid <"$dir/postgres/data/postmaster.pid"
  as_postgres "$(postgres_programs)/pg_ctl" -D "$dir/postgres/data" -m immediate -t 20 stop >/dev/null 2>&1 ||
    fail 'the database does not end'
  wait_end "$pid" 5 || true
  say 'the database is killed'
}

command_stop() {
  local pid
  pid=$(pid_of "silo-$1") || fail "silo-$1 does not run"
  kill -TERM "$pid"
  wait_end "$pid" 30 || fail "silo-$1 does not end"
  say "silo-$1 has stopped"
}

command_start() {
  if [[ $1 == database ]]; then
    [[ -e $dir/postgres.port ]] || fail "no cluster runs in $dir"
    run_postgres "$(postgres_programs)"
    say 'the database runs'
    return
  fi
  start_silo "silo-$1"
  wait_ready "silo-$1"
  say "silo-$1 is ready"
}

command_add() {
  local last
  last=$(silos | tail -n 1)
  [[ -n $last ]] || fail "no cluster runs in $dir"
  command_start $((${last#silo-} + 1))
}

command_run() {
  local service=$1 word words=()
  shift
  [[ -n $(value "services.$service.image") ]] || fail "there is no service '$service' in $compose"
  while IFS= read -r word; do
    words+=("$(here "$service" "$word")")
  done < <(list "services.$service.entrypoint"; (($# > 0)) || list "services.$service.command")
  # A path below the folder of the image; the working directory of the caller stays.
  [[ ${words[0]} != dotnet || ${words[1]} == /* ]] || words[1]=$app/${words[1]}
  exec "${words[@]}" "$@"
}

command_config() {
  printf '%s\n' "$config"
}

command_down() {
  local silo pid
  for silo in $(silos); do
    ! pid=$(pid_of "$silo") || kill -TERM "$pid" 2>/dev/null || true
  done
  for silo in $(silos); do
    if pid=$(pid_of "$silo"); then
      wait_end "$pid" 30 || { kill -KILL "$pid" 2>/dev/null; wait_end "$pid" 10; } || true
    fi
    rm -f "$dir/$silo.pid"
  done
  stop_postgres
  if [[ ! -e $dir/settings ]]; then
    say "there is no cluster in $dir"
  elif ((keep)); then
    say "stopped; the data stays in $dir"
  else
    rm -rf "$dir"
    say 'stopped; the data is removed'
  fi
}

main() {
  local command=${1:-} rest=()
  (($# == 0)) || shift
  dir=${TMPDIR:-/tmp}/weir-cluster-$(id -u) offset=0 app=$PWD/artifacts/app build=1 keep=0 count=3
  local new_offset='' new_app=''
  while (($# > 0)); do
    case $1 in
      --dir) dir=$(realpath -m "${2:?--dir needs a folder}") && shift ;;
      --port-offset) new_offset=${2:?--port-offset needs a number} && shift ;;
      --app) new_app=$(realpath "${2:?--app needs a folder}") && build=0 && shift ;;
      --no-build) build=0 ;;
      --silos) count=${2:?--silos needs a number} && shift ;;
      --keep) keep=1 ;;
      *) rest+=("$1") && [[ $command != run ]] || { rest+=("${@:2}"); break; } ;;
    esac
    shift
  done
  # What up was told holds for all that follows.
  # shellcheck disable=SC1091
  [[ ! -e $dir/settings ]] || source "$dir/settings"
  offset=${new_offset:-$offset} app=${new_app:-$app}
  config=$(read_compose)
  services=$(sed -n 's/^services\.\([^.]*\)\.image=.*/\1/p' <<<"$config")
  [[ $count =~ ^[1-3]$ ]] || fail '--silos is 1, 2 or 3; more of them are added'
  case $command in
    help | --help | -h) usage && exit 0 ;;
    up | status | gateways | add | config | down) ((${#rest[@]} == 0)) || fail "'${rest[0]}' is not understood" ;;
    kill | stop | start)
      [[ ${rest[0]:-} =~ ^[1-9][0-9]*$ || $command-${rest[0]:-} =~ ^(kill|start)-database$ ]] ||
        fail "$command needs the number of a silo"
      ;;
    run) ((${#rest[@]} > 0)) || fail 'run needs a service' ;;
    '') usage >&2 && exit 2 ;;
    *) usage >&2 && say "there is no command '$command'" && exit 2 ;;
  esac
  "command_$command" ${rest[@]+"${rest[@]}"}
}

main "$@"
