#!/bin/sh
# compile.sh FOLDER COMMAND...: compiles a lesson's file with the lesson's precompiled header, which has everything that the
# solution includes. An answer that has a class of its own in place of one of those would define it twice. So what does not
# compile is compiled again with the precompiled header in FOLDER, which has libraries only, and this second result counts.
folder=$1
shift
said=$("$@" 2>&1)
status=$?
if [ $status -eq 0 ] || [ $status -gt 128 ]; then # compiled, or ended by a signal
  [ -z "$said" ] || printf '%s\n' "$said" >&2
  exit $status
fi
for argument; do
  shift
  case $argument in */*.headers.dir/cmake_pch.hxx*) argument=$folder/${argument##*/} ;; esac
  set -- "$@" "$argument"
done
exec "$@"
