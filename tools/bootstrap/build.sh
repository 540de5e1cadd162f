# shellcheck shell=sh
# Configuring and building: the tutor for ./learn, everything for ./learn verify.

start_afresh() { # PRESET WHY
  say "$2 build/$1 is made afresh."
  rm -rf "build/$1" || die "build/$1 cannot be removed: it is not yours, or it is in use."
}

# A build folder belongs to the folder that it was configured in: CMake refuses any other.
drop_unusable_cache() { # PRESET
  cache=build/$1/CMakeCache.txt
  [ -e "$cache" ] || return 0
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache" 2>/dev/null)
  if [ -z "$home" ]; then
    start_afresh "$1" "The build folder is damaged."
  elif [ "$(cd -P -- "$home" 2>/dev/null && pwd -P)" != "$here" ]; then
    start_afresh "$1" "The course was moved or copied since it was set up."
  elif ! grep -q '^CMAKE_GENERATOR:INTERNAL=Ninja$' "$cache"; then
    start_afresh "$1" "The build folder was set up for another generator than Ninja."
  elif ! has_compiler_of_cxx "$1"; then
    start_afresh "$1" "CXX asks for another compiler than it was set up for."
  fi
}

# What ninja says when its own files are broken, or when a library it linked was replaced by another version. Code that
# does not compile is not among it.
build_folder_is_unusable() {
  log_says -e '^ninja: error: build\.ninja' -e "^ninja: error: loading 'build\.ninja'" \
    -e 'missing and no known rule to make it' -e '^ninja: error: .*lexing error' \
    -e '^Error: .*CMakeCache\.txt' -e 'Offending entry' -e 'CMake Error: Error: generator' \
    -e 'CMake Error: The source .* does not match' -e 'is not able to compile a simple test program' \
    -e 'could not load cache' -e 'CMAKE_MAKE_PROGRAM is not set'
}

build_once() { # PRESET TITLE TARGET...
  preset=$1
  title_of_build=$2
  shift 2
  if ! [ -e "build/$preset/build.ninja" ]; then
    failed=Configuring
    require_compiler
    choose_compiler
    step 'Configuring ...' env ${compiler:+"CXX=$compiler"} cmake --preset "$preset" || return 1
  fi
  [ "$preset" = lessons ] || find_what_all_lessons_need "$preset"
  failed=Building
  # By this file Ninja notices new ones. Ended just then it takes it away, and CMake only touches it.
  sign=build/$preset/CMakeFiles/cmake.verify_globs
  [ -e "$sign" ] || ! [ -e "build/$preset/CMakeFiles/VerifyGlobs.cmake" ] || touch "$sign" 2>/dev/null || true
  step "$title_of_build" cmake --build "build/$preset" --target "$@"
}

# set_up PRESET TITLE TARGET...: configures if needed and builds, or ends.
set_up() {
  drop_unusable_cache "$1"
  was_configured=no
  [ -e "build/$1/CMakeCache.txt" ] && was_configured=yes
  : >"$log" 2>/dev/null
  build_once "$@" && return 0
  if [ "$was_configured" = yes ] && build_folder_is_unusable; then
    start_afresh "$1" "The build folder can no longer be used."
    find_packages
    : >"$log" 2>/dev/null
    build_once "$@" && return 0
  fi
  explain_and_die "$failed"
}

# lock NAME: one ./learn at a time builds there; the tutor takes the same lock. Without flock(1), as on macOS, only the
# tutor does.
lock() {
  has flock || return 0
  exec 9>"build/$1.lock"
  flock -n 9 && return 0
  say "Another ./learn is building; waiting for it."
  flock 9
}
unlock() { exec 9>&-; }

require_writable_folder() {
  for folder in build build/lessons build/course; do
    if [ -L "$folder" ] && ! [ -e "$folder" ]; then
      die "$here/$folder is a link to $(readlink "$folder"), which is not there: make that folder, or remove the link."
    elif [ -e "$folder" ] && ! [ -d "$folder" ]; then
      die "$here/$folder is a file where a folder should be: move it away, then run ./learn again."
    fi
  done
  for file in "$here" build build/lessons build/course build/*.lock build/*.log; do
    [ ! -e "$file" ] || [ -w "$file" ] ||
      die "$file cannot be written: it is read-only, or not yours. Copy the course to a folder of yours."
  done
  if said=$({ mkdir -p build && LC_ALL=C dd if=/dev/zero of=build/.writable bs=1024 count=1; } 2>&1); then
    rm -f build/.writable
  elif says_full "$said"; then
    rm -f build/.writable
    die "Nothing can be written to $here/build: the disk is full. Free some space, then run ./learn again."
  else
    die "Nothing can be written to $here/build: ${said##*: }"
  fi
}

make_ready() {
  require_writable_folder
  log=build/lessons.log
  : >"$log" 2>/dev/null
  lock lessons
  is_ready && unlock && return 0 # another ./learn was quicker
  # A newer course may need more than the one that was built.
  { [ -e "$stamp" ] && [ -z "$(find tools/bootstrap/*.sh -newer "$stamp")" ]; } || find_packages
  rm -f "$stamp"
  started=build/.started
  printf '%s\n' "$mark" >"$started"
  # What is dated in the future would be newer than all that is made of it, and be built each time.
  # shellcheck disable=SC2086 # a list
  find $sources -newer "$started" -exec touch -c {} + 2>/dev/null
  touch "$started"
  title='Building the tutor, a minute or more the first time ...'
  [ ! -x "$tutor" ] || title='Building the tutor ...'
  set_up lessons "$title" \
    tutor common common_main support support_catch
  mv -f "$started" "$stamp"
  unlock
}

# Above ctest's summary what a failed test said is lost among a thousand others. So it is said once more at the end, out
# of ctest's own log, and the sum again below it.
repeat_failures() { # LOG
  awk '
    / Testing: / { all++; name = $0; sub(/.* Testing: /, "", name); said = ""; lines = 0 }
    /^Output:$/ { inside = 1; getline; next }
    /^<end of output>$/ { inside = 0 }
    inside && ++lines <= 60 { said = said "  " $0 "\n" }
    /^Test Failed\.$/ {
      if (lines > 60) said = said "  ... and " lines - 60 " lines more\n"
      if (++failed <= 10) printf "\n%s\n%s", name, said
    }
    END { printf "\n%d%% tests passed, %d tests failed out of %d\n", (all - failed) * 100 / all, failed, all }
  ' "$1"
}

# What ./learn verify does.
verify() {
  require_writable_folder
  log=build/course.log
  : >"$log" 2>/dev/null
  lock course
  needs=git
  [ -e build/course/build.ninja ] || find_packages
  has git || (find_packages) || say "Going on without git: the tests of ./learn update are skipped."
  needs=''
  cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
  set -- lessons/[0-9]* solutions/[0-9]* tests/answers/*/*
  say "Checking the whole course: every solution, every right and wrong answer, the book. The first time this takes about $((2 + $# * 3 / cores / 60 + 1)) minutes here, later less."
  set_up course 'Building ...' all
  if [ -d build/course/proven ] && [ -z "${LEAKLINGS_ANEW:-}" ]; then
    say "What has passed on the same bytes is not run again; LEAKLINGS_ANEW=1 ./learn verify runs everything."
  fi
  ctest --preset course -j $((2 * cores + 4)) --progress && return # tests mostly wait
  status=$?
  said=build/course/Testing/Temporary/LastTest.log
  if [ -s build/course/Testing/Temporary/LastTestsFailed.log ] && [ -s $said ]; then
    printf '\nWhat the tests that failed said; all of it is in %s:\n' $said
    repeat_failures $said
  fi
  return $status
}
