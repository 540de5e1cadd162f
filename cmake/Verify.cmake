# What verify is asked, as tests of ctest: in the preset `course` only.
include(${CMAKE_CURRENT_LIST_DIR}/Starters.cmake)

set(LEAKLINGS_TIMES 20 CACHE STRING
  "How often verify runs each starter and each solution; other right answers, and lessons that need a PostgreSQL, a quarter as often")

# The seeds with which the hostile scheduler has found something, such as 08_locked:17. They are tried again by verify.
set(LEAKLINGS_HOSTILE_SEEDS "")

# Lessons whose starters somebody has edited. They may not compile, so they are not even built.
leaklings_edited_starters(${CMAKE_SOURCE_DIR} LEAKLINGS_EDITED)
file(GLOB_RECURSE starter_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/lessons/*)
file(GLOB manifest CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/starters.sha256)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${starter_files} ${manifest})

# leaklings_add_verify_test(<name> <labels> <arguments of verify>...)
function(leaklings_add_verify_test name labels)
  math(EXPR limit "300 + 60 * ${LEAKLINGS_TIMES}")
  leaklings_add_test("${name}" verify --root ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR} ${ARGN})
  set_tests_properties("${name}" PROPERTIES LABELS "${labels}" TIMEOUT ${limit} SKIP_RETURN_CODE 77)
  if("--times" IN_LIST ARGN)
    # Those that take longest begin first, or the others would be waiting for them in the end.
    set_tests_properties("${name}" PROPERTIES COST 1000)
  endif()
endfunction()

# leaklings_tests_named_by(<answer> <out>): "A", or "A" and 2 more, out of the lines "Rejected by: " of its .diff, or
# "// Rejected by: " of its folder's files.
function(leaklings_tests_named_by answer out)
  set(files ${answer}.diff)
  if(NOT EXISTS ${answer}.diff)
    file(GLOB files CONFIGURE_DEPENDS ${answer}/*)
  endif()
  set(names "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(STRINGS ${file} lines REGEX "^(// )?Rejected by:")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^(// )?Rejected by: *" "" name "${line}")
      list(APPEND names "${name}")
    endforeach()
  endforeach()
  list(LENGTH names count)
  if(count EQUAL 0)
    set(text "a test that it names")
  else()
    list(POP_FRONT names first)
    math(EXPR others "${count} - 1")
    set(text "\"${first}\"")
    if(others GREATER 0)
      string(APPEND text " and ${others} more")
    endif()
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# leaklings_verify_lesson(<stem>): what must be true of one lesson.
function(leaklings_verify_lesson stem)
  string(SUBSTRING ${stem} 0 2 number)
  set(labels ${number} ${stem})
  math(EXPR fewer "(${LEAKLINGS_TIMES} + 3) / 4")
  set(times --times ${LEAKLINGS_TIMES})
  leaklings_needs(${stem} needs)
  if(needs) # each test starts other programs, and a run costs many times what another lesson's does
    set(times --times ${fewer})
  endif()
  leaklings_add_verify_test("${number}: the solution passes every test" "${labels}" solution ${stem} ${times})
  set(starter starter ${stem} ${times})
  set(chapter chapter ${stem})
  if(stem IN_LIST LEAKLINGS_EDITED)
    set(starter edited ${stem})
    set(chapter edited ${stem})
  endif()
  leaklings_add_verify_test("${number}: the starter is red for the reasons its chapter gives" "${labels}" ${starter})
  leaklings_add_verify_test("${number}: the chapter is in step with the files and with real runs" "${labels}" ${chapter})
  leaklings_add_verify_test("${number}: has at least four wrong answers and another right one" "${labels}" answers ${stem})
  leaklings_find_answers(${stem} right right)
  foreach(answer IN LISTS right)
    leaklings_add_verify_test("${number}: ${answer} passes every test" "${labels}" right ${stem} ${answer} --times ${fewer})
  endforeach()
  leaklings_find_answers(${stem} wrong wrong)
  foreach(answer IN LISTS wrong)
    leaklings_tests_named_by(${CMAKE_SOURCE_DIR}/tests/answers/${stem}/${answer} names)
    leaklings_add_verify_test("${number}: ${answer} is rejected by ${names}" "${labels}" wrong ${stem} ${answer})
  endforeach()
endfunction()

# leaklings_verify_course(): what must be true of the course as a whole, and the target `refresh`, which
# records the starters and the tests anew and then, with all that is built for it, rewrites the book's stale blocks.
function(leaklings_verify_course lessons)
  add_test(NAME "the course's bytes are known" COMMAND proven look ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties("the course's bytes are known" PROPERTIES LABELS course FIXTURES_SETUP bytes)
  leaklings_add_verify_test("the book's links resolve" course links)
  leaklings_add_verify_test("the book's other pages are in step with the files" course pages)
  leaklings_add_verify_test("no test sleeps" course sleeps)
  add_test(NAME "tests/shipped.sha256 has the tests and what they stand on as they are"
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DDO=check -P ${CMAKE_SOURCE_DIR}/cmake/Shipped.cmake)
  set_tests_properties("tests/shipped.sha256 has the tests and what they stand on as they are" PROPERTIES LABELS course)
  add_test(NAME "starters that begin as an earlier solution say so, and do"
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DDO=earlier -P ${CMAKE_SOURCE_DIR}/cmake/Starters.cmake)
  set_tests_properties("starters that begin as an earlier solution say so, and do" PROPERTIES LABELS course)
  set(name "mdBook builds the book")
  find_program(LEAKLINGS_MDBOOK mdbook)
  if(LEAKLINGS_MDBOOK)
    add_test(NAME "${name}"
      COMMAND ${LEAKLINGS_MDBOOK} build ${CMAKE_SOURCE_DIR}/book --dest-dir ${CMAKE_BINARY_DIR}/mdbook)
    set_tests_properties("${name}" PROPERTIES LABELS course FAIL_REGULAR_EXPRESSION "WARN|ERROR")
  else()
    leaklings_add_skipped_test("${name}" course "mdbook is not here")
  endif()
  # A sample of what ./learn dev mutate does, in lessons that are quick to build and to test.
  foreach(stem IN ITEMS 02_leak 08_locked 09_charged_twice)
    if(stem IN_LIST lessons)
      set(name "${stem}: three random faults in the solution are noticed")
      leaklings_add_verify_test("${name}" "mutate" mutate ${stem} --faults 3 --seed 1 -j 2)
      set_tests_properties("${name}" PROPERTIES ENVIRONMENT LEAKLINGS_PATIENCE=10)
    endif()
  endforeach()
  # A sample of what ./learn dev hostile does, and the seeds with which something was not as told.
  set(runs "02_leak:1" "06_too_late:1" "10_exhaustion:1" "15_event_loop_closed:1" ${LEAKLINGS_HOSTILE_SEEDS})
  foreach(run IN LISTS runs)
    string(REPLACE ":" ";" run ${run})
    list(GET run 0 stem)
    list(GET run 1 seed)
    set(asked hostile ${stem} --from ${seed} --seeds 1)
    if(stem IN_LIST LEAKLINGS_EDITED)
      set(asked edited ${stem})
    endif()
    if(stem IN_LIST lessons)
      leaklings_add_verify_test("${stem}: threads that are held up with seed ${seed} change no verdict" hostile ${asked})
    endif()
  endforeach()

  set(needed verify)
  foreach(stem IN LISTS lessons)
    if(TARGET ${stem})
      list(APPEND needed ${stem})
    endif()
  endforeach()
  add_custom_target(refresh_book
    COMMAND verify --root ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR} refresh
    DEPENDS ${needed} USES_TERMINAL VERBATIM)
  # A build of its own, because with the starters recorded CMake sees other targets than before.
  add_custom_target(refresh
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DDO=record
      -P ${CMAKE_SOURCE_DIR}/cmake/Starters.cmake
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DDO=record
      -P ${CMAKE_SOURCE_DIR}/cmake/Shipped.cmake
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target refresh_book
    USES_TERMINAL VERBATIM)
endfunction()
