#!/usr/bin/env bash
# Restores, checks, builds and tests everything. The last line is the result: "N passed, N failed".
#   ./build.sh                     every step below, in this order
#   ./build.sh build test          only these steps
# Needs the .NET 10 SDK. docker-compose and PostgreSQL, for their steps, are installed where that is possible.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly solution=Orleans.sln
readonly results=artifacts/test-results
readonly test_minutes=40

# No load can hurt them: they only compute, on virtual time if any, or wait for a disk and a server of their own with much
# more time than these need.
readonly patient_suites='Architecture|Connectors|Engine|Fuzz|Protocol'

# No process of a build stays behind, nothing is reported to anybody, and all output is in English.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_CLI_UI_LANGUAGE=en

fail() {
  echo "error: $*" >&2
  exit 1
}

step_scripts() {
  local script
  while IFS= read -r script; do
    bash -n "$script"
  done < <(find . \( -name bin -o -name obj -o -name artifacts -o -name .git \) -prune -o \
    -type f \( -name '*.sh' -o -path './.ci/*' \) -print)
}

step_restore() {
  dotnet restore "$solution"
}

# The rules of style are warnings of the compiler, see .editorconfig: the build checks them.
step_format() {
  dotnet format whitespace "$solution" --no-restore --verify-no-changes
}

# One compiler for all projects takes half the time of one for each. It goes when the step ends, however it does.
step_build() (
  trap 'dotnet build-server shutdown --vbcscompiler >/dev/null' EXIT
  UseSharedCompilation=true dotnet build "$solution" --no-restore --configuration Release -warnaserror
)

step_compose() {
  if ! command -v docker-compose >/dev/null && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    install_compose || echo "docker-compose could not be installed" >&2
  fi
  if command -v docker-compose >/dev/null; then
    docker-compose --file docker-compose.yml config --quiet
  elif [[ ${CI:-} == true ]]; then
    fail "docker-compose is missing, and CI must validate docker-compose.yml"
  else
    echo "WARNING: docker-compose is missing, docker-compose.yml was NOT validated" >&2
  fi
}

install_compose() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends docker-compose </dev/null >/dev/null
}

# The sinks of databases are tested against a server of their own, which the tests start and stop.
step_postgres() {
  if ! has_postgres && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    install_postgres || echo "PostgreSQL could not be installed" >&2
  fi
  if has_postgres; then
    return
  elif [[ ${CI:-} == true ]]; then
    fail "PostgreSQL is missing, and CI must run its tests"
  else
    echo "WARNING: PostgreSQL is missing, its tests are SKIPPED" >&2
  fi
}

has_postgres() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

# Without a cluster of the system's own, which would be started at once.
install_postgres() {
  export DEBIAN_FRONTEND=noninteractive
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] ||
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold postgresql </dev/null >/dev/null
}

# The others run silos and processes, and wait for them half of the time. The patient ones run beside them, and take only
# what is left of the cores.
step_test() {
  local lowest=(nice -n 19) patient status=0 beside=0
  ! chrt --idle 0 true 2>/dev/null || lowest=(chrt --idle 0)
  rm -rf "$results"
  mkdir -p "$results"
  trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
  # However long these get no turn, they do not hang.
  VSTEST_CONNECTION_TIMEOUT=$((test_minutes * 60)) \
    run_suites patient "${test_minutes}m" "${lowest[@]}" >"$results/patient.log" 2>&1 &
  patient=$!
  # These processes live for seconds: what the compiler would learn of them costs a fifth of their time, and is no use.
  run_suites other 5m env DOTNET_TieredPGO=0 &
  wait $! || status=$?
  wait "$patient" || beside=$?
  trap - EXIT
  cat "$results/patient.log"
  [[ $status != 124 && $beside != 124 ]] || echo "error: the tests did not end within $test_minutes minutes" >&2
  report $((status | beside))
}

# Becomes a run of suites, one after the other: those with clusters and processes need the cores for themselves.
# Arguments: patient or other, how long a test may take, what runs a command in its own way.
run_suites() {
  local suites select=()
  [[ $1 == patient ]] || select=(--invert-match)
  mapfile -t suites < <(grep --files-with-matches Microsoft.NET.Test.Sdk tests/*/*.csproj |
    grep --extended-regexp ${select[@]+"${select[@]}"} "/($patient_suites)\.Tests/" |
    sed 's|tests/\(.*\)/.*|tests/\1/bin/Release/net10.0/Weir.\1.dll|')
  exec timeout --kill-after=10s "${test_minutes}m" "${@:3}" dotnet test "${suites[@]}" \
    --results-directory "$results" --logger "trx;LogFileName=$1.trx" \
    --blame-hang-timeout "$2" --blame-hang-dump-type none </dev/null
}

# Sums the counters of all result files. Arguments: the exit status of the test run.
report() {
  local total passed failed
  total=$(counter total)
  passed=$(counter passed)
  failed=$(($(counter failed) + $(counter error) + $(counter timeout) + $(counter aborted)))
  ((total == passed + failed)) || echo "$((total - passed - failed)) skipped" >&2
  if (($1 != 0 && failed == 0)); then
    echo "error: the test run broke off with status $1, counted as one failure" >&2
    failed=1
  fi
  echo "$passed passed, $failed failed"
  ((failed == 0 && passed > 0))
}

counter() {
  find "$results" -name '*.trx' -exec cat {} + |
    { grep -o '<Counters [^>]*' || true; } |
    sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" |
    awk '{ sum += $1 } END { print sum + 0 }'
}

main() {
  local step
  (($# > 0)) || set -- scripts restore format build compose postgres test
  for step in "$@"; do
    [[ $(type -t "step_$step") == function ]] || fail "no step '$step': scripts restore format build compose postgres test"
    echo "== $step"
    "step_$step"
  done
}

main "$@"
