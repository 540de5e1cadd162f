# shellcheck shell=sh
# One step at a time, its noise kept in a log and away from the screen; when it fails, one sentence says why.
# Part of ./learn, which has set $here; the caller of step() has set $log.

# Everything said here goes to standard error: standard output is the verb's own.
say() { printf '%s\n' "$*" >&2; }
die() {
  say "$*"
  exit 2
}

interrupted() {
  trap - INT TERM HUP
  if rewrites; then printf '\r\033[K' >&2; fi
  say "Stopped. Nothing is lost: the next ./learn goes on from here."
  exit "$1"
}
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

# Whether a line on the screen can be written again.
rewrites() { [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; }
columns() {
  size=$(stty size 2>/dev/null <&2) && [ "${size#* }" -gt 0 ] 2>/dev/null && echo "${size#* }" && return
  echo 80
}

# Reads the noise of a step and shows one line of it at a time. Without a terminal it shows only ninja's progress, now
# and then.
show_progress() { # TITLE
  quarter=0
  room=$(($(columns) - ${#1} - 3))
  [ "$room" -ge 10 ] || room=10
  if rewrites; then printf '\r\033[K%s' "$1" >&2; fi
  while IFS= read -r line || [ -n "$line" ]; do
    if rewrites; then
      printf '\r\033[K%s  %.*s' "$1" "$room" "$line" >&2
      continue
    fi
    case $line in
      \[[0-9]*/[0-9]*\]*)
        counts=${line%%]*}
        counts=${counts#[}
        [ "${counts#*/}" -ge 8 ] || continue
        now=$((4 * ${counts%/*} / ${counts#*/}))
        if [ "$now" -gt "$quarter" ]; then
          quarter=$now
          say "  ${counts%/*} of ${counts#*/}"
        fi
        ;;
    esac
  done
  if rewrites; then printf '\r\033[K' >&2; fi
}

# step TITLE COMMAND...: runs it, with all that it prints in $log and one line of it on the screen.
step() {
  title=$1
  shift
  rewrites || say "$title"
  {
    status=0
    "$@" </dev/null 2>&1 || status=$?
    { echo "$status" >"$log.status"; } 2>/dev/null
  } | tee -a "$log" 2>/dev/null | show_progress "$title"
  result=1
  { read -r result <"$log.status"; } 2>/dev/null
  rm -f "$log.status"
  return "${result:-1}" # empty on a full disk
}

log_says() { grep -q "$@" "$log" 2>/dev/null; }

says_full() {
  case $1 in *'No space left on device'* | *'uota exceeded'*) ;; *) return 1 ;; esac
}
disk_is_full() {
  said=$(LC_ALL=C dd if=/dev/zero of=build/.space bs=1024 count=512 2>&1)
  rm -f build/.space
  says_full "$said" || log_says -e 'No space left on device' -e 'Disk quota exceeded'
}

# Ends with one sentence about the step that failed, or with its noise when no sentence fits.
explain_and_die() { # STEP
  if disk_is_full; then
    die "$1 failed, because the disk is full: free some space, then run ./learn again."
  elif log_says -e 'is not able to compile a simple test program' -e 'is not a full path to an existing compiler'; then
    die "$1 failed, because the compiler ${compiler:-c++} cannot build even an empty program; $log has what it said."
  elif log_says -e 'still dirty after 100 tries'; then
    die "$1 failed, because a file of the course is dated in the future. Date them all now: find . -newer $log -exec touch {} +"
  elif log_says -e 'Read-only file system'; then
    die "$1 failed, because $here is read-only: copy the course to a folder of yours."
  elif log_says -i -e 'could not find git'; then
    die "$1 failed: git is needed to fetch a library that this system has no package of. Install git, then run ./learn again."
  elif log_says -i -e 'Could not resolve host' -e 'Failed to connect' -e 'Temporary failure resolving'; then
    die "$1 failed, because the network could not be reached; $log has the details."
  elif log_says -e 'Killed signal terminated program' -e 'virtual memory exhausted'; then
    die "$1 failed for lack of memory: close something, or try CMAKE_BUILD_PARALLEL_LEVEL=1 ./learn"
  elif log_says -e 'Could not get lock'; then
    die "$1 failed, because another program is installing packages: wait for it, then run ./learn again."
  elif log_says -e 'dpkg --configure -a'; then
    die "$1 failed, because an earlier installation was broken off: run dpkg --configure -a as root, then ./learn again."
  fi
  tail -n 40 "$log" >&2
  die "$1 failed. Above is the end of what it said; $log has all of it."
}
