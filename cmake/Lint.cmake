# Lint: how the C++ is laid out, the scripts, the editors' files, and what clang-tidy finds. In the preset `course` these
# are tests of ctest, labelled lint; each is skipped, with a word, where its tool is not installed.
#
# Also a script:  cmake -DROOT=<course> -DDO=format -P Lint.cmake   names the files that clang-format would lay out otherwise
#                 cmake -DROOT=<course> -DDO=shell  -P Lint.cmake   shellcheck over ./learn and what it is made of
#                 cmake -DROOT=<course> -DDO=editors -P Lint.cmake  what the editors' files name is there
#                 cmake -DROOT=<course> -DDO=tidy   -P Lint.cmake   clang-tidy over a small part; -DALL=ON: over everything.
#                                                                   Ctrl-C ends it, and the next run goes on from there
#
# clang-format and clang-tidy are asked in one major version only: others lay out, and find, something else.
cmake_policy(VERSION 3.25)
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

# leaklings_run_lint(<how to fix it> COMMAND <words>...): in the course's folder.
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
  leaklings_run_lint("see https://www.shellcheck.net/wiki" COMMAND ${shellcheck} .ci/run cmake/compile.sh)
endfunction()

# leaklings_lint_sources(<out>): what the preset `lint` compiles, each file by itself. It is only configured: clang-tidy reads
# its commands. Says which other files there are, but for those that are not meant to be seen.
function(leaklings_lint_sources out)
  if(CXX)
    set(ENV{CXX} ${CXX})
  endif()
  leaklings_run_lint("the preset lint cannot be configured" COMMAND ${CMAKE_COMMAND} --preset lint OUTPUT_QUIET)
  file(STRINGS ${ROOT}/build/lint/compile_commands.json files REGEX "^  \"file\": ")
  string(REPLACE "  \"file\": \"${ROOT}/" "" files "${files}")
  string(REPLACE "\"" "" files "${files}")
  list(REMOVE_DUPLICATES files)
  list(SORT files)
  set(${out} ${files} PARENT_SCOPE)

  set(unseen "")
  foreach(folder common solutions tools tests)
    file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${folder}/*.cpp)
    list(APPEND unseen ${found})
  endforeach()
  list(REMOVE_ITEM unseen ${files})
  # Answers are wrong or go by the solution, some files must not compile, and the miniature is a course of its own.
  list(FILTER unseen EXCLUDE REGEX "^(tests/answers|tests/compile_errors|tools/verify/testing/miniature)/")
  list(JOIN unseen ", " unseen)
  if(unseen)
    message("Nothing compiles these here, so clang-tidy does not see them: ${unseen}")
  endif()
endfunction()

# Ninja has clang-tidy read files as if it compiled them: several at once, and none again that has passed and has not
# changed since, nor what it includes. clang-tidy works in the compiler's folder, build/lint.
function(leaklings_lint_tidy)
  leaklings_find_clang_tool(clang_tidy clang-tidy)
  find_program(ninja NAMES ninja ninja-build NO_CACHE)
  if(NOT clang_tidy OR NOT ninja)
    message("skipped: clang-tidy ${LEAKLINGS_LINT_VERSION} is not here")
    return()
  endif()
  leaklings_lint_sources(files)
  set(folder build/lint/tidy)
  set(rules "# Written by cmake/Lint.cmake.
builddir = ${folder}
rule tidy
  command = ${clang_tidy} -quiet -p build/lint --extra-arg=-Wp,-MMD,../../$out.d $in >$out 2>&1 || (cat $out; false)
  description = $in
  depfile = $out.d
  deps = gcc
")
  foreach(file IN LISTS files)
    string(APPEND rules "build ${folder}/${file}.log: tidy ${file} | .clang-tidy\n")
  endforeach()
  file(CONFIGURE OUTPUT ${ROOT}/${folder}/build.ninja CONTENT "${rules}" @ONLY)

  # The small part takes half a minute: how the tools start programs, and what the last server is made of.
  if(NOT ALL)
    list(FILTER files INCLUDE REGEX "^(tools/process/.*|solutions/17_opening_day/shop\\.cpp$)")
    list(FILTER files EXCLUDE REGEX "_test\\.cpp$")
  endif()
  list(TRANSFORM files REPLACE "(.+)" "${folder}/\\1.log" OUTPUT_VARIABLE logs)
  cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)
  execute_process(COMMAND ${ninja} -f ${folder}/build.ninja -k 0 -j ${processors} ${logs}
    WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE result)

  # A finding in a header is one, however many files include it.
  set(findings "")
  foreach(log IN LISTS logs)
    file(STRINGS ${ROOT}/${log} lines REGEX ": (error|warning): .*[a-z]\\]$")
    string(REPLACE "\\;" "," lines "${lines}") # one that has a semicolon is one
    list(APPEND findings ${lines})
  endforeach()
  list(REMOVE_DUPLICATES findings)
  list(LENGTH findings count)
  list(LENGTH files seen)
  message("clang-tidy has seen ${seen} files. Findings: ${count}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR ".clang-tidy has the checks; // NOLINT(check) and why, if it is meant")
  endif()
endfunction()

# leaklings_expect_each(<file> <text> <pattern> <what> <names>): what the pattern's group matches in the text is one of the
# names, and something matches.
function(leaklings_expect_each file text pattern what names)
  string(REGEX MATCHALL "${pattern}" found "${text}")
  if(NOT found)
    message(FATAL_ERROR "${file} names no ${what}")
  endif()
  foreach(match IN LISTS found)
    string(REGEX REPLACE "${pattern}" "\\1" name "${match}")
    if(NOT name IN_LIST names)
      message(FATAL_ERROR "${file} names the ${what} ${name}, which is not there")
    endif()
  endforeach()
endfunction()

# What VS Code, a dev container and GitHub Classroom read: JSON where it is, and the verbs, presets, tasks and files in it.
function(leaklings_lint_editors)
  foreach(name .vscode/tasks .vscode/launch .vscode/settings .vscode/extensions .devcontainer/devcontainer CMakePresets)
    file(READ ${ROOT}/${name}.json ${name})
    string(JSON length ERROR_VARIABLE error LENGTH "${${name}}")
    if(error)
      message(FATAL_ERROR "${name}.json: ${error}")
    endif()
  endforeach()

  file(STRINGS ${ROOT}/tools/bootstrap/help.txt verbs REGEX "^  \\./learn [a-z]+")
  list(TRANSFORM verbs REPLACE "^  \\./learn ([a-z]+).*" "\\1")
  file(READ ${ROOT}/.github/classroom/grade.yml grade)
  foreach(text .vscode/tasks .devcontainer/devcontainer grade)
    leaklings_expect_each(${text} "${${text}}" "\\./learn ([a-z]+)" "verb" "${verbs}")
  endforeach()

  string(REGEX MATCHALL "\"name\": \"[a-z]+\"" presets "${CMakePresets}")
  list(TRANSFORM presets REPLACE ".*\"([a-z]+)\"" "\\1")
  leaklings_expect_each(tasks "${.vscode/tasks}" "--preset ([a-z]+)" "preset" "${presets}")
  leaklings_expect_each(launch "${.vscode/launch}" "/build/([a-z]+)/bin/" "preset" "${presets}")
  # The targets that cmake/Lessons.cmake makes for each lesson.
  set(targets server tests)
  leaklings_expect_each(tasks "${.vscode/tasks}" "}\\.([a-z]+)" "target" "${targets}")
  leaklings_expect_each(launch "${.vscode/launch}" "}\\.([a-z]+)\"" "target" "${targets}")

  string(REGEX MATCHALL "\"label\": \"[^\"]*\"" labels "${.vscode/tasks}")
  list(TRANSFORM labels REPLACE "\"label\": \"(.*)\"" "\\1")
  leaklings_expect_each(launch "${.vscode/launch}" "\"preLaunchTask\": \"([^\"]*)\"" "task" "${labels}")

  set(devcontainer "${.devcontainer/devcontainer}")
  string(JSON count LENGTH "${devcontainer}" customizations codespaces openFiles)
  math(EXPR last "${count} - 1")
  foreach(at RANGE ${last})
    string(JSON file GET "${devcontainer}" customizations codespaces openFiles ${at})
    if(NOT EXISTS ${ROOT}/${file})
      message(FATAL_ERROR "devcontainer.json opens ${file}, which is not there")
    endif()
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  get_filename_component(ROOT "${ROOT}" ABSOLUTE)
  if(NOT DO MATCHES "^(format|shell|editors|tidy)$")
    message(FATAL_ERROR "say -DDO=format, -DDO=shell, -DDO=editors or -DDO=tidy")
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
leaklings_add_lint("what the editors' files name is there" editors)
leaklings_add_lint("clang-tidy has nothing to say of a part of the code" tidy)
