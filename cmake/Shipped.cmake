# What a verdict rests on besides the lesson's own files, as the course ships it: tests/shipped.sha256 has a line for
# each of those files, as sha256sum writes them. ./learn grade goes by it.
#
# A script:  cmake -DROOT=<course> -DDO=record -P Shipped.cmake   records them anew
#            cmake -DROOT=<course> -DDO=list   -P Shipped.cmake   prints the files that were changed, added or removed
#            cmake -DROOT=<course> -DDO=check  -P Shipped.cmake   fails if there are any, and says what to do

# leaklings_hash_shipped(<root> <out>): the lines that the manifest should have.
function(leaklings_hash_shipped root out)
  file(GLOB_RECURSE files RELATIVE ${root}
    ${root}/tests/support/* ${root}/tests/[0-9][0-9]_*/* ${root}/common/* ${root}/solutions/* ${root}/cmake/*)
  file(GLOB more RELATIVE ${root}
    ${root}/tests/[0-9][0-9]_*.cpp ${root}/tests/[0-9][0-9]_*/*
    ${root}/tests/CMakeLists.txt ${root}/CMakeLists.txt ${root}/CMakePresets.json)
  list(APPEND files ${more})
  list(SORT files)
  set(lines "")
  foreach(file IN LISTS files)
    if(NOT file MATCHES "(^|/)\\.|~$")
      file(SHA256 ${root}/${file} hash)
      list(APPEND lines "${hash}  ${file}")
    endif()
  endforeach()
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# leaklings_changed_since_shipped(<root> <out>): the files.
function(leaklings_changed_since_shipped root out)
  set(${out} tests/shipped.sha256 PARENT_SCOPE)
  if(NOT EXISTS ${root}/tests/shipped.sha256)
    return()
  endif()
  file(STRINGS ${root}/tests/shipped.sha256 recorded)
  leaklings_hash_shipped(${root} present)
  set(same ${present})
  list(REMOVE_ITEM present ${recorded})
  list(REMOVE_ITEM recorded ${same})
  set(files "")
  foreach(line IN LISTS present recorded)
    string(REGEX REPLACE "^[0-9a-f]+  " "" file "${line}")
    list(APPEND files ${file})
  endforeach()
  list(REMOVE_DUPLICATES files)
  list(SORT files)
  set(${out} "${files}" PARENT_SCOPE)
endfunction()

get_filename_component(ROOT "${ROOT}" ABSOLUTE)
if(DO STREQUAL "record")
  leaklings_hash_shipped(${ROOT} lines)
  list(JOIN lines "\n" text)
  file(CONFIGURE OUTPUT ${ROOT}/tests/shipped.sha256 CONTENT "${text}\n" @ONLY)
elseif(DO STREQUAL "list" OR DO STREQUAL "check")
  leaklings_changed_since_shipped(${ROOT} files)
  foreach(file IN LISTS files)
    message("${file}")
  endforeach()
  if(files AND DO STREQUAL "check")
    message(FATAL_ERROR "Not as tests/shipped.sha256 has them. If the changes are meant, record them: "
      "./learn dev verify --refresh, or cmake --build --preset course --target refresh")
  endif()
else()
  message(FATAL_ERROR "say -DDO=record, -DDO=list or -DDO=check")
endif()
