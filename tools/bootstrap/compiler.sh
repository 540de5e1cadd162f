# shellcheck shell=sh
# Which compiler a new build folder is configured with: what CXX says, else a clang that works, else CMake's choice.

require_compiler() {
  [ -z "${CXX:-}" ] || has "${CXX%% *}" ||
    die "CXX asks for the compiler ${CXX%% *}, which is not here: unset CXX, or set it to one that is."
}

# compiles COMPILER: whether it is a clang that the course can be built with. One that is too old cannot, nor can one
# that finds no standard library, as when the newest gcc on the machine has come without that of C++.
compiles() {
  has "$1" || return 1
  cat >build/.probe.cpp <<'END'
#if !defined(__clang__) || __clang_major__ < 14
#error "an older clang, or another compiler"
#endif
#include <concepts>
#include <coroutine>
#include <string>
#include <thread>
template <std::integral Number>
std::string text(Number number) { return std::to_string(number); }
int main() {
  std::thread thread([] { text(1); });
  thread.join();
  return std::coroutine_handle<>() ? 1 : 0;
}
END
  compiled=1
  "$1" -std=c++20 -pthread -o build/.probe build/.probe.cpp >/dev/null 2>&1 && compiled=0
  rm -f build/.probe build/.probe.cpp
  return $compiled
}

# Sets $compiler; empty leaves the choice to CMake. A clang compiles a lesson in half of g++'s time.
choose_compiler() {
  compiler=${CXX:-}
  [ -z "$compiler" ] || return 0
  for clang in clang++ clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14; do
    if compiles "$clang"; then
      compiler=$clang
      say "The compiler is $clang.$(has g++ && echo ' CXX=g++ ./learn takes g++ instead; clang is quicker.')"
      return 0
    fi
  done
}
