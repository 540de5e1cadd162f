# shellcheck shell=sh
# Packages on macOS, with Homebrew. Written, and not yet tried there.

brew_formulas='sqlite sqlitecpp fmt cpp-httplib nlohmann-json cli11 pugixml catch2 cmark-gfm'

brew_formulas_for() { # NEED...
  for need in "$@"; do
    case $need in
      PostgreSQL) echo libpq postgresql@17 ;;
    esac
  done
}

missing_for_brew() {
  has cmake || echo cmake
  has_ninja || echo ninja
  has_pkg_config || echo pkgconf
  prefix=${HOMEBREW_PREFIX:-$(brew --prefix)}
  # shellcheck disable=SC2046,SC2086 # lists
  for formula in $brew_formulas $(brew_formulas_for $needs); do
    [ -e "$prefix/opt/$formula" ] || echo "$formula"
  done
}

install_with_brew() {
  xcode-select -p >/dev/null 2>&1 ||
    die "The compiler is not there yet: run xcode-select --install, then ./learn again."
  missing=$(missing_for_brew | words)
  [ -n "$missing" ] || return 0
  go_ahead "brew install $missing"
  # shellcheck disable=SC2086 # a list
  HOMEBREW_NO_AUTO_UPDATE=1 HOMEBREW_NO_INSTALL_UPGRADE=1 HOMEBREW_NO_INSTALLED_DEPENDENTS_CHECK=1 \
    step 'Installing, some minutes ...' brew install $missing || explain_and_die 'brew install'
}
