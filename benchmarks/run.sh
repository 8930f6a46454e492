#!/usr/bin/env bash
# Runs the instruments, one after the other, and writes benchmarks/RESULTS.md. Less than 30 minutes on two idle cores.
#   benchmarks/run.sh                     all
#   benchmarks/run.sh service-append      only these runs; the page keeps what the others measured before
# Exit code 1 if any run failed, which the page says too. What the runs say is in artifacts/benchmarks.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly results=$PWD/artifacts/benchmarks
readonly all=(
  service-log service-append service-latency service-query service-growth service-memory service-hot
  peers-1k peers-100k peers-1m peers-zipf nexmark
  checkpoints-cost checkpoints-100k checkpoints-1m exchange micro
)
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
# As the image of the silo has it.
export DOTNET_GCgen0size=0x4000000 DOTNET_GCDynamicAdaptationMode=0
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en LC_ALL=C

# Starts the program of a run. Arguments: its name.
start() {
  case $1 in
    service-*) program Service 4 --only "${1#service-}" --json ;;
    peers-1k) program Peers 5 --keys 1000 --json ;;
    peers-100k) program Peers 5 --keys 100000 --json ;;
    peers-1m) program Peers 8 --keys 1000000 --json ;;
    peers-zipf) program Peers 8 --keys 1000000 --zipf --json ;;
    nexmark) program Nexmark 14 --events 2000000 --latency-seconds 5 --json ;;
    checkpoints-cost) program Checkpoints 5 --only capture cost --rounds 3 --json ;;
    checkpoints-100k) program Checkpoints 3 --only state restore --keys 100000 --rounds 3 --json ;;
    checkpoints-1m) program Checkpoints 4 --only state restore --rounds 3 --json ;;
    exchange) program Exchange 3 --rounds 2 --json ;;
    micro) program Micro 8 --short --artifacts "$results/micro" ;;
    *) echo "no run '$1': ${all[*]}" >&2; return 2 ;;
  esac
}

# Arguments: the project, its limit in minutes, its own arguments.
program() {
  local project=$1 minutes=$2
  shift 2
  timeout --kill-after=10s "${minutes}m" dotnet "benchmarks/$project/bin/Release/net10.0/Weir.$project.dll" "$@"
}

# What was measured. The page of an earlier run is no change of it.
commit() {
  local dirty=
  git diff --quiet HEAD -- . ':!benchmarks/RESULTS.md' || dirty=-dirty
  echo "$(git describe --always)$dirty"
}

# The project that a run is of.
project() {
  case $1 in
    service-*) echo Service ;;
    peers-*) echo Peers ;;
    nexmark) echo Nexmark ;;
    checkpoints-*) echo Checkpoints ;;
    exchange) echo Exchange ;;
    micro) echo Micro ;;
  esac
}

# Builds what runs need. Arguments: their names.
build() {
  local each failed=0
  for each in Report $(for each in "$@"; do project "$each"; done | sort -u); do
    dotnet build "benchmarks/$each" --configuration Release --verbosity quiet >&2 || failed=1
  done
  return "$failed"
}

main() {
  local name status began load failed=0
  if (($# == 0)); then
    rm -rf "$results"
    set -- "${all[@]}"
  fi
  mkdir -p "$results"
  build "$@" || failed=1
  for name in "$@"; do
    echo "== $name" >&2
    began=$SECONDS
    status=0
    load=$(uptime | sed 's/.*load average: *\([0-9.]*\).*/\1/')
    start "$name" </dev/null >"$results/$name.json" 2>"$results/$name.log" || status=$?
    echo "$status $((SECONDS - began)) $load" >"$results/$name.status"
    if ((status != 0)); then
      echo "$name failed with exit code $status: $(tail -n 1 "$results/$name.log")" >&2
      failed=1
    fi
  done
  dotnet benchmarks/Report/bin/Release/net10.0/Weir.Report.dll \
    "$results" benchmarks/RESULTS.md "$(commit)" || failed=1
  return "$failed"
}

main "$@"; exit
