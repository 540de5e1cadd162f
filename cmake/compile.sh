#!/bin/sh
# compile.sh FOLDER COMMAND...: compiles a file of a lesson with the lesson's precompiled header. That one has what the
# solution includes; another answer may have a class of its own for what it does not include, and that would be there twice.
# So what does not compile is compiled again with the precompiled header in FOLDER, which has libraries alone, and that
# is what counts.
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
