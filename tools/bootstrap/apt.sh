# shellcheck shell=sh
# Packages on Debian, and on what comes of it.

apt_libraries='libsqlite3-dev libsqlitecpp-dev libfmt-dev libcpp-httplib-dev nlohmann-json3-dev libcli11-dev libpugixml-dev catch2 libcmark-gfm-dev libcmark-gfm-extensions-dev libjs-highlight.js'

apt_packages_for() { # NEED...
  for need in "$@"; do
    case $need in
      git) has git || echo git ;;
      PostgreSQL) echo libpq-dev postgresql ;;
    esac
  done
}

# The tools may have come another way; the libraries are asked of dpkg.
missing_for_apt() {
  has_compiler || echo clang # 8 MB more to fetch than g++, which takes half as long again to build the tutor
  has cmake || echo cmake
  has_ninja || echo ninja-build
  has_pkg_config || echo pkg-config
  has curl || echo curl
  # shellcheck disable=SC2046,SC2086 # lists
  set -- $apt_libraries $(apt_packages_for $needs)
  installed=$(dpkg-query -W -f '${db:Status-Status}=${Package}\n' "$@" 2>/dev/null)
  for package in "$@"; do
    case "
$installed
" in
      *"
installed=$package
"*) ;;
      *) echo "$package" ;;
    esac
  done
}

apt_get() {
  # shellcheck disable=SC2086 # a prefix of several words, or none
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}

install_with_apt() {
  missing=$(missing_for_apt | words)
  [ -n "$missing" ] || return 0
  case $missing in *clang*) has ld.lld || missing="$missing lld" ;; esac # links in a fraction of the time
  options='-y --no-install-recommends --no-upgrade --no-remove'
  sudo=''
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    if ! has sudo && has git && [ -z "$(missing_anywhere)" ]; then
      say "There is no sudo here to install $missing: libraries are fetched from their own repositories instead."
      return 0
    fi
    sudo='sudo '
    as_root='sudo'
    [ -t 0 ] || as_root='sudo -n' # nobody there to type a password
  fi
  go_ahead "${sudo}apt-get update && ${sudo}apt-get install $options $missing"
  if [ -n "$sudo" ]; then
    has sudo || die "There is no sudo here: run that command as root, without its sudo, then ./learn again."
    $as_root true ||
      die "sudo did not let you install anything: ask its administrator to run that command."
  fi
  step 'Looking for the packages ...' apt_get -q update ||
    say "apt-get update failed; going on with the lists of packages that are here."
  available=''
  not_there=''
  for package in $missing; do
    if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
      available="$available $package"
    elif [ "$package" != lld ]; then
      not_there="$not_there $package"
    fi
  done
  if [ -n "$not_there" ]; then
    say "This system has no package of$not_there: libraries are fetched from their own repositories, with git."
    has git || available="$available git ca-certificates"
  fi
  # shellcheck disable=SC2086 # lists
  [ -z "$available" ] || step 'Installing, a minute or two ...' apt_get -q install $options $available ||
    explain_and_die 'apt-get install'
}
