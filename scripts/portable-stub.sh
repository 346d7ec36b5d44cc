#!/bin/sh
# grinder @VERSION@: this script, followed by the compressed Deno runtime and program. Nothing needs to be installed.
# The first start unpacks them into a private cache directory; every later one starts from there.
set -f
IFS=' 	
'
key=@KEY@
self=$0
me=$(id -u)
cache=
reason=
created=
new=

fail() {
  printf 'grinder: %s\n' "$*" >&2
  exit 78
}

# A directory is trusted when it is real (not a link), ours, and nobody else can write to it. Sets reason if not.
trusted() {
  directory=$1
  if [ -L "$directory" ]; then reason="$directory is a symbolic link, a real directory is expected"; return 1; fi
  if [ ! -d "$directory" ]; then reason="$directory is not a directory"; return 1; fi
  set -- $(LC_ALL=C ls -ldn -- "$directory")
  if [ "${3:-}" != "$me" ]; then reason="$directory belongs to user ${3:-unknown}, expected $me"; return 1; fi
  case $1 in
    ?????w* | ????????w*) reason="others can write to $directory, expected mode 0700"; return 1 ;;
  esac
}

# /tmp and its like: everybody's, but sticky and root's, so that nobody can rename what is ours.
shared() {
  directory=$1
  [ -d "$directory" ] && [ ! -L "$directory" ] || return 1
  set -- $(LC_ALL=C ls -ldn -- "$directory")
  [ "${3:-}" = 0 ] || return 1
  case $1 in ?????????[tT]*) return 0 ;; esac
  return 1
}

# Makes the directory when it isn't there, remembering it for the clean-up.
make() {
  [ -d "$1" ] || [ -L "$1" ] && return 0
  if mkdir -m 700 -- "$1" 2>/dev/null; then created="$1
$created"; return 0; fi
  [ -d "$1" ] && return 0
  reason="$1 can't be created"
  return 1
}

unpacked() {
  [ -x "$1/deno" ] && [ -f "$1/grinder.js" ] && [ -f "$1/launch.js" ]
}

clean() {
  [ -z "$new" ] || rm -rf -- "$new"
  IFS='
'
  for directory in $created; do rmdir -- "$directory" 2>/dev/null; done
  IFS=' 	
'
  new=
  created=
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

# part NAME OFFSET LENGTH SHA256: unpacks one part of this file and proves it.
part() {
  tail -c "+$2" -- "$self" 2>/dev/null | head -c "$3" | gzip -dc >"$new/$1" 2>/dev/null
  sum=$(sha256 <"$new/$1" 2>/dev/null)
  [ "${sum%% *}" = "$4" ] || { reason="$1 could not be written to ${new%/*} (is the disk full?)"; return 1; }
}

unpack() {
  sum=$(tail -c +@PAYLOAD@ -- "$self" 2>/dev/null | sha256)
  [ "${sum%% *}" = @SHA@ ] ||
    fail "$self is damaged or incomplete: its contents don't have the sha256 they were built with. Copy it again."
  [ ! -t 2 ] || printf 'grinder: first start, unpacking to %s ...\n' "$1" >&2
  old=$(umask)
  umask 077
  # Left by a start that was killed while unpacking.
  find "$1" -maxdepth 1 -name '.new-*' -mmin +60 -exec rm -rf {} + 2>/dev/null
  new=$(mktemp -d "$1/.new-XXXXXX" 2>/dev/null) || { new=; reason="$1 can't be written to"; umask "$old"; return 1; }
  fill "$1"
  filled=$?
  umask "$old"
  [ "$filled" = 0 ] || return 1
  rm -rf -- "$new"
  new=
}

# Each file is moved by itself, which is atomic, and the runtime last: where it is, the others are.
fill() {
  part deno @DENO@ &&
    part grinder.js @BUNDLE@ &&
    part launch.js @LAUNCH@ || return 1
  chmod 700 "$new/deno"
  "$new/deno" --version >/dev/null 2>&1 ||
    { reason="programs can't be started from $1 (is it mounted noexec?)"; return 1; }
  make "$1/$key" && trusted "$1/$key" || return 1
  for name in launch.js grinder.js deno; do
    mv -f -- "$new/$name" "$1/$key/$name" || { reason="$1/$key can't be written to"; return 1; }
  done
}

# use ROOT: true when the program is, or now was, unpacked below this directory; ROOT's parent has been looked at.
use() {
  make "$1" && trusted "$1" || return 1
  if [ -d "$1/$key" ] || [ -L "$1/$key" ]; then trusted "$1/$key" || return 1; fi
  unpacked "$1/$key" || unpack "$1" || return 1
  cache=$1/$key
}

# A link or a directory that others can write to is refused at once; one that merely can't be used is passed over.
attempt() {
  use "$1" && return 0
  tried="${tried:+$tried; }$reason"
  clean
  case $reason in
    *"symbolic link"* | *"others can write"* | *"belongs to user"*) refuse ;;
  esac
  return 1
}

refuse() {
  fail "can't unpack itself: $tried. Set GRINDER_CACHE_DIR to a directory of your own (mode 0700) with 200 MB free from which programs can be started."
}

choose() {
  tried=
  if [ -n "${GRINDER_CACHE_DIR:-}" ]; then
    attempt "${GRINDER_CACHE_DIR%/}" || refuse
    return
  fi
  if [ -n "${CACHE_DIRECTORY:-}" ]; then
    attempt "${CACHE_DIRECTORY%%:*}" || refuse
    return
  fi
  for base in "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}"; do
    case $base in /*) ;; *) continue ;; esac
    if make "$base" && trusted "$base"; then
      attempt "$base/grinder" && return
    else
      tried="${tried:+$tried; }$reason"
      clean
      case $reason in *"symbolic link"* | *"others can write"*) refuse ;; esac
    fi
  done
  base=${TMPDIR:-/tmp}
  if shared "$base" || trusted "$base"; then
    attempt "$base/grinder-cache-$me" && return
  else
    tried="${tried:+$tried; }$base is neither ours alone nor a sticky directory of root's"
  fi
  refuse
}

stopping() {
  case " $* " in *" stop "*) return 0 ;; esac
  return 1
}

# The directory of a shell may have been removed under it: a stop needs none, everything else would begin anew in another.
# Only the program pwd tells; dash's own repeats what it was told.
if ! [ . -ef "${PWD:-}" ] && ! env pwd -P >/dev/null 2>&1; then
  stopping "$@" || fail "the current directory is gone: change to another one"
  cd /
fi

# The runtime dies of bytes that are no UTF-8, as a terminal of another encoding types them. A stop goes on without them.
is_text() {
  iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1
  [ $? != 1 ]
}
if ! printf '%s\n' "$@" | is_text; then
  stopping "$@" || {
    printf 'grinder: an argument holds bytes that are no UTF-8: type it in UTF-8\n' >&2
    exit 64
  }
  count=$#
  while [ "$count" -gt 0 ]; do
    word=$1
    printf '%s' "$word" | is_text || word=$(printf '%s' "$word" | LC_ALL=C tr '\200-\377' '?')
    shift
    set -- "$@" "$word"
    count=$((count - 1))
  done
fi
if ! env | is_text; then
  for name in $(env | LC_ALL=C sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    eval "word=\${$name:-}"
    printf '%s' "$word" | is_text && continue
    case $name in
      PATH) continue ;;
      PWD) stopping "$@" || fail 'the name of the current directory holds bytes that are no UTF-8'; cd / ;;
      HOME | TMPDIR | XDG_* | GRINDER_* | RECONCILE_* | ALLOW_* | ARMED | MAX_* | *_DIRECTORY | NOTIFY_SOCKET)
        stopping "$@" || fail "the variable $name holds bytes that are no UTF-8"
        unset "$name"
        ;;
      *) unset "$name" ;;
    esac
  done
fi

trap clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
choose
trap - EXIT HUP INT TERM

# Nothing from outside configures the runtime.
unset NODE_OPTIONS GRINDER_SMOKE_DIR
case $(export -p) in
  *DENO_*) for name in $(env | sed -n 's/^\(DENO_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done ;;
esac
case $self in /*) GRINDER_EXECUTABLE=$self ;; *) GRINDER_EXECUTABLE=$PWD/$self ;; esac
DENO_DIR=$cache/deno-dir DENO_NO_PACKAGE_JSON=1 DENO_NO_UPDATE_CHECK=1
# The runtime reads .npmrc in its home and ends with its own words when it can't: a file of root's there would keep
# even a stop from starting. The program is told of the real home by another name.
GRINDER_HOME=${HOME-} HOME=$cache
export GRINDER_EXECUTABLE GRINDER_HOME HOME DENO_DIR DENO_NO_PACKAGE_JSON DENO_NO_UPDATE_CHECK
# Ignored until the program has its own handler: the default is to end the process, and in newer Denos a debugger.
trap '' USR1
# A limit on the size of files (ulimit -f) is then a write that fails, and not the end of the daemon at its next line.
trap '' XFSZ

# The first step says by itself what is wrong with a configuration (78); anything else is the runtime's own end.
not_launched() {
  [ "$1" != 78 ] || exit 78
  fail "the runtime ended with status $1 before the program began. Limits here: address space (ulimit -v) $(ulimit -v) KiB, open files (ulimit -n) $(ulimit -n). It reserves address space it doesn't use: leave ulimit -v unlimited and limit the memory of a control group instead (MemoryMax=). It needs 256 open files."
}

# First step: may read, and nothing else. It has to look at every place the configuration names, which nobody knows
# before it has read it, so reading isn't narrowed; it has no network, and writes and starts nothing.
flags=$("$cache/deno" run --quiet --no-prompt --no-config --no-lock --no-remote --no-npm --allow-read --allow-sys=uid \
  --ignore-env --allow-env=@LAUNCH_ENV@ \
  "$cache/launch.js" "$@" </dev/null) || not_launched $?
IFS='
'
case $flags in
  GRINDER_SMOKE_DIR=*)
    GRINDER_SMOKE_DIR=${flags%%"$IFS"*}
    GRINDER_SMOKE_DIR=${GRINDER_SMOKE_DIR#*=}
    export GRINDER_SMOKE_DIR
    flags=${flags#*"$IFS"}
    ;;
esac
# Second step: the program, in this process, so that its id, its signals and its streams are the caller's.
exec "$cache/deno" run $flags "$cache/grinder.js" "$@"
exit 78
