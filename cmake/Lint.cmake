# Lint: how the C++ is laid out, the scripts, and what clang-tidy finds. In the preset `course` these are tests of ctest, labelled
# lint; each is skipped, with a word, where its tool is not installed.
#
# Also a script:  cmake -DROOT=<course> -DDO=format -P Lint.cmake   names the files that clang-format would lay out otherwise
#                 cmake -DROOT=<course> -DDO=shell  -P Lint.cmake   shellcheck over ./learn and what it is made of
#                 cmake -DROOT=<course> -DDO=tidy   -P Lint.cmake   clang-tidy over a small part; -DALL=ON: over everything
#
# clang-format and clang-tidy are asked in one major version only: others lay out, and find, something else.
set(LEAKLINGS_LINT_VERSION 14)

# leaklings_find_clang_tool(<out> <name>): empty when there is none of that version.
function(leaklings_find_clang_tool out name)
  find_program(path NAMES ${name}-${LEAKLINGS_LINT_VERSION} ${name} NO_CACHE)
  set(${out} "" PARENT_SCOPE)
  if(path)
    execute_process(COMMAND ${path} --version OUTPUT_VARIABLE version ERROR_QUIET)
    if(version MATCHES "version ${LEAKLINGS_LINT_VERSION}\\.")
      set(${out} ${path} PARENT_SCOPE)
    endif()
  endif()
endfunction()

# leaklings_run_lint(<how to mend it> COMMAND <words>...): in the course's folder.
function(leaklings_run_lint remedy)
  execute_process(${ARGN} WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${remedy}")
  endif()
endfunction()

function(leaklings_lint_format)
  leaklings_find_clang_tool(clang_format clang-format)
  if(NOT clang_format)
    message("skipped: clang-format ${LEAKLINGS_LINT_VERSION} is not here")
    return()
  endif()
  set(files "")
  foreach(folder common lessons solutions tests tools cmake)
    file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${folder}/*.cpp ${ROOT}/${folder}/*.hpp)
    list(APPEND files ${found})
  endforeach()
  # What a learner writes is the learner's.
  include(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/Starters.cmake)
  leaklings_edited_starters(${ROOT} edited)
  foreach(stem IN LISTS edited)
    list(FILTER files EXCLUDE REGEX "^lessons/${stem}/")
  endforeach()
  leaklings_run_lint("clang-format -i FILE lays it out" COMMAND ${clang_format} --dry-run --Werror ${files})
endfunction()

function(leaklings_lint_shell)
  find_program(shellcheck shellcheck NO_CACHE)
  if(NOT shellcheck)
    message("skipped: shellcheck is not here")
    return()
  endif()
  # What learn loads is checked as a part of it; a file that it does not load would not be checked at all.
  file(READ ${ROOT}/learn learn)
  file(GLOB parts RELATIVE ${ROOT} ${ROOT}/tools/bootstrap/*.sh)
  foreach(part IN LISTS parts)
    string(FIND "${learn}" ". ${part}\n" at)
    if(at EQUAL -1)
      message(FATAL_ERROR "learn does not load ${part}")
    endif()
  endforeach()
  leaklings_run_lint("see https://www.shellcheck.net/wiki" COMMAND ${shellcheck} -x -a learn)
  leaklings_run_lint("see https://www.shellcheck.net/wiki" COMMAND ${shellcheck} .ci/run)
endfunction()

# It reads the commands of the preset `lint`, which compiles each file by itself and is only configured.
function(leaklings_lint_tidy)
  leaklings_find_clang_tool(clang_tidy clang-tidy)
  find_program(run_clang_tidy NAMES run-clang-tidy-${LEAKLINGS_LINT_VERSION} run-clang-tidy NO_CACHE)
  if(NOT clang_tidy OR NOT run_clang_tidy)
    message("skipped: clang-tidy ${LEAKLINGS_LINT_VERSION} is not here")
    return()
  endif()
  if(CXX)
    set(ENV{CXX} ${CXX})
  endif()
  leaklings_run_lint("the preset lint cannot be configured" COMMAND ${CMAKE_COMMAND} --preset lint OUTPUT_QUIET)
  # The small part takes a minute: what the tools share, and what the last server is made of.
  set(files "/tools/(course|process)/(?!.*_test[.])" "/solutions/17_opening_day/shop.cpp")
  if(ALL)
    set(files "/(common|solutions|tools|tests/support)/")
  endif()
  leaklings_run_lint(".clang-tidy has the checks; // NOLINT(check) and why, if it is meant"
    COMMAND ${run_clang_tidy} -quiet -clang-tidy-binary ${clang_tidy} -p build/lint ${files})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  get_filename_component(ROOT "${ROOT}" ABSOLUTE)
  if(NOT DO MATCHES "^(format|shell|tidy)$")
    message(FATAL_ERROR "say -DDO=format, -DDO=shell or -DDO=tidy")
  endif()
  cmake_language(CALL leaklings_lint_${DO})
  return()
endif()

# leaklings_add_lint(<name> <DO>)
function(leaklings_add_lint name do)
  add_test(NAME "lint: ${name}" COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DDO=${do}
    -DCXX=${CMAKE_CXX_COMPILER} -P ${CMAKE_SOURCE_DIR}/cmake/Lint.cmake)
  set_tests_properties("lint: ${name}" PROPERTIES
    LABELS lint TIMEOUT 1200 SKIP_REGULAR_EXPRESSION "skipped: ")
endfunction()

leaklings_add_lint("the C++ is laid out by clang-format" format)
leaklings_add_lint("shellcheck has nothing to say of the scripts" shell)
leaklings_add_lint("clang-tidy has nothing to say of a part of the code" tidy)
