#!/bin/sh
# Starts grinder headless in the background with the environment as it is now, replacing a running instance of the same
# configuration, and returns 0 once it is ready, or the exit code of what went wrong. A process can't see an `export`
# made after its start: this script is how an export takes effect.
#
#   ./run_live.sh [--config FILE] [further flags of `grinder run`]
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
grinder=${GRINDER_BIN:-$here/dist/grinder}
limit_s=${GRINDER_READY_SECONDS:-60}

if [ ! -x "$grinder" ]; then
  echo "run_live.sh: there is no executable $grinder: run 'npm run build' first, or name it with GRINDER_BIN" >&2
  exit 78
fi

config=
want_config=0
for word in "$@"; do
  if [ "$want_config" = 1 ]; then config=$word; want_config=0; continue; fi
  case $word in
    --config) want_config=1 ;;
    --config=*) config=${word#--config=} ;;
  esac
done
if [ -n "$config" ]; then set_config="--config=$config"; else set_config=; fi

case " $* " in *" --help "* | *" -h "* | *" --version "*) exec "$grinder" run "$@" ;; esac

# A bad configuration, a flag that isn't one or a full /tmp must not cost the running instance.
"$grinder" run --headless --check "$@" >/dev/null || exit $?
said=$(mktemp "${TMPDIR:-/tmp}/grinder-start-XXXXXX") || {
  echo "run_live.sh: no file can be made in ${TMPDIR:-/tmp}; nothing was changed: free it, or name another with TMPDIR" >&2
  exit 78
}
trap 'rm -f "$said"' EXIT

# Wait for the old one to go: it finishes the write on the wire, if any.
"$grinder" shutdown ${set_config:+"$set_config"} >/dev/null 2>&1
stopped=$?
case $stopped in
  0 | 69) ;;
  *) echo "run_live.sh: the running instance could not be shut down (exit $stopped); 'grinder stop' stops it for good" >&2; exit "$stopped" ;;
esac
waited=0
while [ "$stopped" = 0 ] && "$grinder" status ${set_config:+"$set_config"} >/dev/null 2>&1; do
  waited=$((waited + 1))
  if [ "$waited" -gt "$limit_s" ]; then echo "run_live.sh: the running instance does not end" >&2; exit 75; fi
  sleep 1
done

nohup "$grinder" run --headless "$@" </dev/null >"$said" 2>&1 &
pid=$!

waited=0
while [ "$waited" -lt $((limit_s * 5)) ]; do
  if ! kill -0 "$pid" 2>/dev/null; then
    wait "$pid"
    code=$?
    cat "$said" >&2
    [ "$code" = 0 ] && code=1
    exit "$code"
  fi
  if "$grinder" status --ready ${set_config:+"$set_config"} >/dev/null 2>&1; then
    cat "$said"
    exit 0
  fi
  waited=$((waited + 1))
  sleep 0.2
done
echo "run_live.sh: started (process $pid) but not ready within $limit_s s; see its log" >&2
exit 75
