# shellcheck shell=sh
# What the machine must have before anything can be built, and who installs it: apt, Homebrew, or the learner.

has() { command -v "$1" >/dev/null 2>&1; }
has_compiler() { { [ -n "${CXX:-}" ] && has "${CXX%% *}"; } || has c++ || has g++ || has clang++; }
has_ninja() { has ninja || has ninja-build || has samu; }
has_pkg_config() { has pkg-config || has pkgconf; }

words() { tr '\n' ' ' | sed 's/ $//'; }

# What no library fetched by CMake can stand in for, by its common name.
missing_anywhere() {
  has_compiler || echo 'a C++20 compiler (g++ 12 or clang 14, or later)'
  has cmake || echo 'CMake (3.25 or later)'
  has_ninja || echo Ninja
  has_pkg_config || echo pkg-config
  has curl || echo curl
  if has_pkg_config && ! "$(command -v pkg-config || command -v pkgconf)" --exists sqlite3; then
    echo "SQLite's headers"
  fi
}

command_elsewhere() {
  if has dnf; then
    echo 'dnf install gcc-c++ cmake ninja-build pkgconf-pkg-config curl git sqlite-devel'
  elif has zypper; then
    echo 'zypper install gcc-c++ cmake ninja pkg-config curl git sqlite3-devel'
  elif has pacman; then
    echo 'pacman -S --needed gcc cmake ninja pkgconf curl git sqlite'
  elif has apk; then
    echo 'apk add g++ cmake samurai pkgconf curl git sqlite-dev'
  fi
}

require_recent_cmake() {
  version=$(cmake --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p')
  major=${version% *}
  minor=${version#* }
  [ "${major:-0}" -gt 3 ] || { [ "${major:-0}" -eq 3 ] && [ "${minor:-0}" -ge 25 ]; } ||
    die "CMake ${major:-?}.${minor:-?} is too old: the course needs 3.25 or later. Debian 12 and Ubuntu 24.04 have it; for other systems see https://cmake.org/download."
}

# go_ahead COMMAND: says that something is missing and how it is installed; asks when there is somebody to ask.
go_ahead() {
  say "The course needs packages that are not here yet. They are installed with: $1"
  [ -t 0 ] || return 0
  printf 'Install it now? [Y/n] ' >&2
  answer=n
  read -r answer || say ''
  case $answer in
    '' | [Yy]*) ;;
    *)
      say "Nothing was installed. To do it by hand:"
      say "  $1"
      exit 2
      ;;
  esac
}

# Makes sure that everything is there, or ends. $needs: what a lesson needs besides, by the names that it declares.
find_packages() {
  require_compiler
  if has apt-get && has dpkg-query; then
    install_with_apt
  elif [ "$(uname -s)" = Darwin ]; then
    has brew ||
      die "On macOS the course's libraries come with Homebrew: install it from https://brew.sh, then run ./learn again."
    install_with_brew
  fi
  missing=$(missing_anywhere | sed 's/$/,/' | words)
  if [ -n "$missing" ]; then
    command=$(command_elsewhere)
    [ -z "$command" ] || command=" Here that should be: $command"
    die "The course still needs ${missing%,}.$command"
  fi
  require_recent_cmake
}
needs=''
