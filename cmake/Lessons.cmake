# Finds the lessons by their tests, tests/NN_name.cpp, and builds the files of each against them.
#
# A subject is one version of a lesson's files: the learner's own ("lessons"), the solution, or an answer out
# of tests/answers. Targets, for the lesson's own files (others have a prefix, such as solution.01_name):
#   01_name         everything below
#   01_name.code    the files, compiled once
#   01_name.server  the server, run by hand, or by tests that include "support/server_process.hpp"
#   01_name.tests   tests/01_name.cpp against those files, and tests/01_name/*.cpp, if there are any, which see them
#   01_name.stamp   where it is the learner's own that is built: what the files are as the build begins

# leaklings_find_lessons(<out>): their stems. What lies in lessons/ and has no tests is ignored: a copy, or what is left
# of a lesson that is now called otherwise.
function(leaklings_find_lessons out)
  file(GLOB lessons CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/tests/[0-9][0-9]_*.cpp)
  list(TRANSFORM lessons REPLACE "[.]cpp$" "")
  file(GLOB folders RELATIVE ${CMAKE_SOURCE_DIR}/lessons ${CMAKE_SOURCE_DIR}/lessons/[0-9][0-9]_*)
  list(REMOVE_ITEM folders ${lessons})
  foreach(folder IN LISTS folders)
    message(STATUS "lessons/${folder} is ignored: there is no tests/${folder}.cpp")
  endforeach()
  set(${out} ${lessons} PARENT_SCOPE)
endfunction()

# leaklings_code_in(<folder> <out>): what is to be compiled there. A folder, or a link to nowhere, would keep CMake from
# going on with the other lessons.
function(leaklings_code_in folder out)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(files "")
  foreach(source IN LISTS sources)
    file(REAL_PATH ${source} target)
    if(EXISTS ${target} AND NOT IS_DIRECTORY ${target})
      list(APPEND files ${source})
    endif()
  endforeach()
  set(${out} "${files}" PARENT_SCOPE)
endfunction()

# leaklings_scan(<source> <out>): the tests in a file as a list of "kind|name", kind being pitfall or guard. Read
# from the source, so that ctest knows a lesson's tests while its code does not compile. Hidden ones are left out.
function(leaklings_scan source out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  if(text MATCHES "\nTEST_CASE\\([ \n]*(\"[^\";]*;[^\"]*\")")
    message(FATAL_ERROR "${source}: ctest would not find the test ${CMAKE_MATCH_1}: leave out the semicolon")
  endif()
  string(REPLACE ";" "," text "${text}")
  string(REPLACE "[" "<" text "${text}")
  string(REPLACE "]" ">" text "${text}")
  string(REGEX MATCHALL "\nTEST_CASE\\([ \n]*\"[^\"]*\"[ \n]*(,[ \n]*\"[^\"]*\"[ \n]*)?\\)" cases "${text}")
  set(tests "")
  foreach(case IN LISTS cases)
    if(NOT case MATCHES "<\\.")
      string(REGEX MATCH "\"([^\"]*)\"" ignored "${case}")
      set(name "${CMAKE_MATCH_1}")
      set(kind guard)
      if(case MATCHES "<pitfall>")
        set(kind pitfall)
      endif()
      list(APPEND tests "${kind}|${name}")
    endif()
  endforeach()
  if(NOT tests)
    message(FATAL_ERROR "${source} has no TEST_CASE")
  endif()
  set(${out} "${tests}" PARENT_SCOPE)
endfunction()

# leaklings_scan_tests(<stem> <out>): the lesson's tests, also written to <build>/tests/<stem>.list for the course
# check and the tutor.
function(leaklings_scan_tests stem out)
  leaklings_scan(${CMAKE_SOURCE_DIR}/tests/${stem}.cpp tests)
  list(JOIN tests "\n" lines)
  file(WRITE ${CMAKE_BINARY_DIR}/tests/${stem}.list "${lines}\n")
  set(${out} "${tests}" PARENT_SCOPE)
endfunction()

# leaklings_earlier(<out>): where a lesson's includes of earlier lessons come from.
function(leaklings_earlier out)
  if(EARLIER STREQUAL "mine")
    set(${out} ${CMAKE_SOURCE_DIR}/lessons PARENT_SCOPE)
  else()
    set(${out} ${CMAKE_SOURCE_DIR}/solutions PARENT_SCOPE)
  endif()
endfunction()

# leaklings_between(<stem> <out>): what stands between a lesson's tests and its own files, tests/<stem>/*.cpp. It is
# small and compiled for each subject; the tests are not.
function(leaklings_between stem out)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${stem}/*.cpp)
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()

# leaklings_test_source(<stem> <out> [<wrong answer>]): what a tests executable is made of. Tests that include nothing
# of the lesson's own, or have tests/<stem> do so, are the same for every subject and are compiled once for all. Others
# are compiled for each, and for a wrong answer that is to be judged only those are that reject it: that takes a third
# of the time.
function(leaklings_test_source stem out)
  set(source ${CMAKE_SOURCE_DIR}/tests/${stem}.cpp)
  file(STRINGS ${source} of_the_lesson REGEX "^#include \"[^/]*\"|^#include \"[0-9][0-9]_")
  leaklings_between(${stem} between)
  if(between OR NOT of_the_lesson)
    if(NOT TARGET ${stem}.cases)
      add_library(${stem}.cases OBJECT EXCLUDE_FROM_ALL ${source})
      leaklings_earlier(earlier)
      target_include_directories(${stem}.cases PRIVATE ${earlier})
      target_link_libraries(${stem}.cases PRIVATE support_catch)
      leaklings_compile_as_ours(${stem}.cases PCH)
    endif()
    set(source $<TARGET_OBJECTS:${stem}.cases> ${between})
  elseif(ARGN AND LEAKLINGS_COURSE_CHECK)
    set(cut ${CMAKE_BINARY_DIR}/tests/${stem}/${ARGV2}.cpp)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/answers/${stem}/${ARGV2}/*)
    add_custom_command(OUTPUT ${cut}
      COMMAND check --root ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR} cut ${stem} ${ARGV2}
      DEPENDS check ${source} ${files} VERBATIM)
    # Helpers of the tests that are gone are not called; and to g++ a file of another name than it says looks like a header.
    set_source_files_properties(${cut} PROPERTIES COMPILE_OPTIONS
      "-Wno-unused-function;$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>")
    set(source ${cut})
  endif()
  set(${out} "${source}" PARENT_SCOPE)
endfunction()

# leaklings_needs_postgres(<stem> <out>): whether the lesson's tests start a PostgreSQL.
function(leaklings_needs_postgres stem out)
  file(STRINGS ${CMAKE_SOURCE_DIR}/tests/${stem}.cpp of_postgres REGEX "^#include \"postgres/")
  if(of_postgres)
    set(${out} TRUE PARENT_SCOPE)
  else()
    set(${out} FALSE PARENT_SCOPE)
  endif()
endfunction()

# leaklings_stamp(<stem> <sources>): from here on, what is built of the lesson belongs to the bytes on the disk. Ninja
# goes by times of change, and so takes an older copy of a file for what it compiled already, and a save during
# compilation for older than the object. Each source's object depends on a stamp, which tools/stamp writes anew as a
# build begins if any file that it can see has changed in any way; and a program is removed again if the files have
# changed since the build began.
function(leaklings_stamp stem sources)
  set(folder ${CMAKE_BINARY_DIR}/stamps/${stem})
  set(places lessons/${stem} tests/${stem}.cpp)
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/tests/${stem})
    list(APPEND places tests/${stem})
  endif()
  if(EARLIER STREQUAL "mine")
    file(GLOB lessons CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/lessons/[0-9][0-9]_*)
    foreach(lesson IN LISTS lessons)
      if(lesson STRLESS lessons/${stem})
        list(APPEND places ${lesson})
      endif()
    endforeach()
  endif()
  set(stamps ${folder}/begun)
  set(lines "")
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${source})
    string(REPLACE "/" "." name ${path})
    list(APPEND stamps ${folder}/${name})
    list(APPEND lines "${name}|${path}")
    set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${folder}/${name})
  endforeach()
  list(JOIN places "\n" places)
  list(JOIN lines "\n" lines)
  file(CONFIGURE OUTPUT ${folder}/places CONTENT "${places}\n" @ONLY)
  file(CONFIGURE OUTPUT ${folder}/sources CONTENT "${lines}\n" @ONLY)
  add_custom_target(${stem}.stamp
    COMMAND stamp begin ${CMAKE_SOURCE_DIR} ${folder} BYPRODUCTS ${stamps}
    COMMENT "Looking at lessons/${stem}" VERBATIM)
  set_property(TARGET ${stem}.tests APPEND PROPERTY LINK_DEPENDS ${folder}/begun)
  add_custom_command(TARGET ${stem}.tests POST_BUILD
    COMMAND stamp end ${CMAKE_SOURCE_DIR} ${folder} $<TARGET_FILE:${stem}.tests> VERBATIM)

  string(SUBSTRING ${stem} 0 2 number)
  add_test(NAME "${number}: built as it is now" COMMAND stamp check ${CMAKE_SOURCE_DIR} ${folder})
  set_tests_properties("${number}: built as it is now" PROPERTIES FIXTURES_SETUP ${stem}.tests TIMEOUT 60)
endfunction()

# leaklings_add_subject(<name> <stem> <folder> [SERVER] [WRONG <answer>]): the targets above, for the files in <folder>.
# The server is made if it is asked for, or if the tests start it.
function(leaklings_add_subject name stem folder)
  cmake_parse_arguments(PARSE_ARGV 3 is "SERVER" "WRONG" "")
  leaklings_code_in(${folder} sources)
  leaklings_earlier(earlier)
  add_library(${name}.code OBJECT EXCLUDE_FROM_ALL ${sources})
  target_include_directories(${name}.code PUBLIC ${folder} ${earlier})
  target_link_libraries(${name}.code PUBLIC common)
  leaklings_needs_postgres(${stem} needs_postgres)
  if(needs_postgres)
    target_link_libraries(${name}.code PUBLIC common_postgres)
  endif()
  leaklings_compile_as_ours(${name}.code PCH)

  leaklings_test_source(${stem} source ${is_WRONG})
  add_executable(${name}.tests ${source})
  target_link_libraries(${name}.tests PRIVATE ${name}.code support_catch)
  leaklings_compile_as_ours(${name}.tests PCH)
  add_custom_target(${name} DEPENDS ${name}.tests)
  file(STRINGS ${CMAKE_SOURCE_DIR}/tests/${stem}.cpp starts_server REGEX "^#include \"support/server_process.hpp\"")
  if(is_SERVER OR starts_server)
    add_executable(${name}.server)
    target_link_libraries(${name}.server PRIVATE ${name}.code common_main)
    if(needs_postgres)
      target_link_libraries(${name}.server PRIVATE common_postgres_main)
    endif()
    leaklings_compile_as_ours(${name}.server)
    add_dependencies(${name} ${name}.server)
  endif()
  if(starts_server)
    target_link_libraries(${name}.server PRIVATE support_server)
    add_dependencies(${name}.tests ${name}.server)
  endif()
endfunction()

# leaklings_lay_over(<stem> <answer> <out>): the lesson's folder as this answer has it: its own files laid over
# the solution's. An empty file says that the answer does without the solution's file of that name.
function(leaklings_lay_over stem answer out)
  set(folder ${CMAKE_BINARY_DIR}/answers/${stem}/${answer})
  set(names "")
  foreach(from solutions/${stem} tests/answers/${stem}/${answer})
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${from}/*)
    foreach(file IN LISTS files)
      get_filename_component(base ${file} NAME)
      list(REMOVE_ITEM names ${base})
      file(SIZE ${file} size)
      if(size EQUAL 0)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
      else()
        list(APPEND names ${base})
        set(source_of_${base} ${file})
      endif()
    endforeach()
  endforeach()
  # What is as it should be stays untouched, so that configuring anew compiles nothing anew.
  file(GLOB present RELATIVE ${folder} ${folder}/*)
  list(REMOVE_ITEM present ${names})
  foreach(base IN LISTS present)
    file(REMOVE ${folder}/${base})
  endforeach()
  foreach(base IN LISTS names)
    configure_file(${source_of_${base}} ${folder}/${base} COPYONLY)
  endforeach()
  set(${out} ${folder} PARENT_SCOPE)
endfunction()

# leaklings_add_ctests(<executable> <prefix> <labels> <tests>): each test as one of ctest's, in a process of its own.
# A red one writes its timeline as a page into <build>/timelines.
function(leaklings_add_ctests executable prefix labels tests)
  string(REGEX REPLACE "\\.tests$" "" subject ${executable})
  foreach(test IN LISTS tests)
    string(REGEX MATCH "^([a-z]+)\\|(.*)$" ignored "${test}")
    set(name "${prefix}${CMAKE_MATCH_2}")
    set(kind ${CMAKE_MATCH_1})
    string(REPLACE "," "\\," filter "${CMAKE_MATCH_2}")
    add_test(NAME "${name}" COMMAND ${executable} "${filter}")
    set_tests_properties("${name}" PROPERTIES LABELS "${labels}" TIMEOUT 120 FIXTURES_REQUIRED ${executable}
      ENVIRONMENT "LEAKLINGS_PAGES=${CMAKE_BINARY_DIR}/timelines/${subject}")
    if(kind STREQUAL "pitfall")
      set_property(TEST "${name}" APPEND PROPERTY LABELS pitfall)
    endif()
  endforeach()
endfunction()

# leaklings_refuse(<stem> <why>): the lesson's targets, of which each is an error that says why.
function(leaklings_refuse stem why)
  foreach(part "" .tests .server)
    add_custom_target(${stem}${part}
      COMMAND ${CMAKE_COMMAND} -E echo "${why}" COMMAND ${CMAKE_COMMAND} -E false VERBATIM)
  endforeach()
endfunction()

# leaklings_miss(<stem>): a lesson whose files are gone.
function(leaklings_miss stem)
  string(SUBSTRING ${stem} 0 2 number)
  set(why "lessons/${stem} has no .cpp file that could be compiled: ./learn reset ${number} brings its files back.")
  leaklings_refuse(${stem} "${why}")
  if(runs_tests)
    add_test(NAME "${number}: its files are there" COMMAND ${CMAKE_COMMAND} -E echo "${why}")
    set_tests_properties("${number}: its files are there" PROPERTIES LABELS "${number};${stem}" WILL_FAIL TRUE)
  endif()
endfunction()

# leaklings_skip(<stem> <tests> <why>): a lesson that cannot be built on this machine. To ask for it is an error that
# says why; ctest says that its tests are skipped, and why.
function(leaklings_skip stem tests why)
  string(SUBSTRING ${stem} 0 2 number)
  leaklings_refuse(${stem} "${why}")
  if(LEAKLINGS_COURSE_CHECK)
    set(tests "guard|all of it")
  endif()
  foreach(test IN LISTS tests)
    string(REGEX REPLACE "^[a-z]+[|]" "" name "${test}")
    add_test(NAME "${number}: ${name}" COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${why}")
    set_tests_properties("${number}: ${name}" PROPERTIES
      LABELS "${number};${stem}" SKIP_REGULAR_EXPRESSION "^skipped")
  endforeach()
endfunction()

function(leaklings_add_lessons)
  # Where the course is judged its tests are run by the check; where servers are measured, by nobody.
  set(runs_tests ON)
  if(LEAKLINGS_COURSE_CHECK OR LEAKLINGS_BENCH)
    set(runs_tests OFF)
  endif()
  leaklings_find_lessons(lessons)
  foreach(stem IN LISTS lessons)
    string(SUBSTRING ${stem} 0 2 number)
    leaklings_scan_tests(${stem} tests)
    leaklings_needs_postgres(${stem} needs_postgres)
    if(needs_postgres AND NOT LEAKLINGS_POSTGRES)
      leaklings_skip(${stem} "${tests}" "${LEAKLINGS_POSTGRES_MISSING}")
      list(REMOVE_ITEM lessons ${stem})
      continue()
    endif()
    if("lessons" IN_LIST LEAKLINGS_SUBJECTS AND NOT stem IN_LIST LEAKLINGS_EDITED)
      leaklings_code_in(${CMAKE_SOURCE_DIR}/lessons/${stem} code)
      if(NOT code)
        leaklings_miss(${stem})
      else()
        leaklings_add_subject(${stem} ${stem} ${CMAKE_SOURCE_DIR}/lessons/${stem} SERVER)
        if(runs_tests)
          leaklings_between(${stem} between)
          list(APPEND code ${CMAKE_SOURCE_DIR}/tests/${stem}.cpp ${between})
          leaklings_stamp(${stem} "${code}")
          leaklings_add_ctests(${stem}.tests "${number}: " "${number};${stem}" "${tests}")
        endif()
      endif()
    endif()
    if("solutions" IN_LIST LEAKLINGS_SUBJECTS)
      leaklings_add_subject(solution.${stem} ${stem} ${CMAKE_SOURCE_DIR}/solutions/${stem} SERVER)
      if(runs_tests)
        leaklings_add_ctests(solution.${stem}.tests "${number}: " "${number};${stem}" "${tests}")
      endif()
    endif()
    foreach(kind right wrong)
      if(kind IN_LIST LEAKLINGS_SUBJECTS)
        file(GLOB answers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests/answers/${stem}
          ${CMAKE_SOURCE_DIR}/tests/answers/${stem}/${kind}_*)
        foreach(answer IN LISTS answers)
          leaklings_lay_over(${stem} ${answer} folder)
          set(wrong "")
          if(kind STREQUAL "wrong")
            set(wrong WRONG ${answer})
          endif()
          leaklings_add_subject(${answer}.${stem} ${stem} ${folder} ${wrong})
          if(runs_tests)
            leaklings_add_ctests(${answer}.${stem}.tests "${number}: ${answer}: " "${number};${stem}" "${tests}")
          endif()
        endforeach()
      endif()
    endforeach()
    if(LEAKLINGS_COURSE_CHECK)
      leaklings_add_course_tests(${stem})
    endif()
  endforeach()
  if(LEAKLINGS_COURSE_CHECK)
    leaklings_finish_course("${lessons}")
  endif()
endfunction()
