# shellcheck shell=sh
# What single lessons need: tests/NN_name/needs has a name a line, such as PostgreSQL. Nobody else is asked for it. As
# CMake configures it writes what is not there, as <build folder>/missing/NN_name.

# Whether the learner has come as far as this lesson: the progress knows the one before. The tutor knows better, and takes
# a while to say so.
may_be_current() { # STEM
  before=''
  for tests in tests/[0-9][0-9]_*.cpp; do
    case $tests in */"$1".cpp) break ;; esac
    before=${tests##*/}
  done
  [ -z "$before" ] || grep -q "${before%.cpp}" .learn/progress.db .learn/progress.db-wal 2>/dev/null
}

# Whether it is the lesson to be opened when the words name none.
is_current() { # STEM
  may_be_current "$1" && [ "$(current_lesson)" = "$1" ]
}
current_lesson() {
  "$tutor" list --json 2>/dev/null | sed -n '/"stem"/h;/"state": "current"/{g;s/.*: "\(.*\)".*/\1/p;}'
}

# is_called STEM WORD: whether the tutor would take the word for that lesson: its number, its name, the beginning of a
# word in it, or a path to something of the lesson's.
is_called() {
  word=${2%/}
  word=${word%.cpp}
  word=${word%.md}
  case $word in
    */*) case /$word/ in */"$1"/*) ;; *) return 1 ;; esac ;;
    *[!0-9]*) case _$1 in *_"$word"*) ;; *) return 1 ;; esac ;;
    *) case ${1%%_*} in "$word" | "0$word") ;; *) return 1 ;; esac ;;
  esac
}

# install_for PRESET STEM...: what these lessons need, if it can be installed. Without it they are skipped.
install_for() {
  preset=$1
  shift
  for stem in "$@"; do
    needs=$(words <"build/$preset/missing/$stem")
    (find_packages) || say "Going on without $needs: lesson ${stem%%_*} is skipped."
  done
  needs=''
  # Looks again, for it may also have been installed by hand.
  [ $# -eq 0 ] || step 'Configuring ...' cmake --preset "$preset" || explain_and_die Configuring
}

# find_what_all_lessons_need PRESET
find_what_all_lessons_need() {
  [ -d "build/$1/missing" ] || return 0
  stems=$(ls "build/$1/missing")
  # shellcheck disable=SC2086 # a list
  install_for "$1" $stems
}

# find_what_the_lesson_needs WORDS...: of the lesson that ./learn with these words builds.
find_what_the_lesson_needs() {
  verb=${1:-}
  lesson=${2:-}
  case $verb in
    '') [ -t 0 ] && [ -t 1 ] || return 0 ;; # only says what to do next
    test) case $lesson in -*) lesson=${3:-} ;; esac ;;
  esac
  log=build/lessons.log
  for missing in build/lessons/missing/*; do
    stem=${missing##*/}
    if [ -n "$lesson" ]; then is_called "$stem" "$lesson"; else is_current "$stem"; fi || continue
    lock lessons
    install_for lessons "$stem"
    unlock
  done
}
