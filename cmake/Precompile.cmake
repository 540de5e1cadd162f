# Headers that are read once. One precompiled header is for everything of ours. With clang there is more: on top of that one
# each lesson has a small one of its own, with what its solution includes and nobody edits (earlier/…, common/, the standard
# library), and the code of the functions in these headers is compiled once instead of in each file that includes them.
# For lesson 12's shop.cpp that is a quarter of the time. What a file needs it includes itself: try
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON.

# Clang can put one precompiled header on top of another, and compile the code of one: an option of the compiler itself,
# which its driver does not know before clang 15. For Ninja a precompiled header is a file like any other.
set(LEAKLINGS_COMPILE_HEADERS OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_GENERATOR MATCHES "Ninja" AND CMAKE_BUILD_TYPE STREQUAL "Debug"
    AND NOT (APPLE OR LEAKLINGS_SANITIZE OR LEAKLINGS_FUZZ OR CMAKE_DISABLE_PRECOMPILE_HEADERS))
  set(LEAKLINGS_COMPILE_HEADERS ON)
endif()

# leaklings_add_headers(<target> <header>...): a target whose precompiled header others use, and with clang the library
# <target>_code, which has the code of the functions in it.
function(leaklings_add_headers target)
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
  target_link_libraries(${target} PRIVATE leaklings_compile Catch2::Catch2WithMain)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  if(LEAKLINGS_COMPILE_HEADERS)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fmodules-codegen")
    separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_DEBUG}")
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir)
    set(precompiled ${folder}/cmake_pch.hxx.pch)
    set(object ${folder}/code.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER} ${flags} -c ${precompiled} -o ${object}
      DEPENDS ${precompiled} COMMENT "Compiling the code of ${target}" VERBATIM)
    add_library(${target}_code STATIC EXCLUDE_FROM_ALL ${object})
    set_target_properties(${target}_code PROPERTIES LINKER_LANGUAGE CXX)
    target_link_options(${target}_code INTERFACE -Wl,--gc-sections) # most programs need little of it, and have no Catch2
  endif()
endfunction()

leaklings_add_headers(leaklings_headers
  <httplib.h> <SQLiteCpp/SQLiteCpp.h> <fmt/format.h> [["support/catch.hpp"]]
  <chrono> <condition_variable> <coroutine> <exception> <functional> <future> <map> <memory> <mutex>
  <optional> <stdexcept> <string> <string_view> <thread> <utility> <vector>)

set(LEAKLINGS_HEADERS_FOLDER ${CMAKE_BINARY_DIR}/CMakeFiles/leaklings_headers.dir)

# What is started instead of the compiler where a lesson's precompiled header is used.
set(LEAKLINGS_COMPILE sh ${CMAKE_SOURCE_DIR}/cmake/compile.sh ${LEAKLINGS_HEADERS_FOLDER} ${CMAKE_CXX_COMPILER_LAUNCHER})

# leaklings_use_headers(<target> <headers>): the target is compiled with a precompiled header from above.
function(leaklings_use_headers target headers)
  target_precompile_headers(${target} REUSE_FROM ${headers})
  if(LEAKLINGS_COMPILE_HEADERS)
    target_link_libraries(${target} PUBLIC ${headers}_code)
    if(NOT headers STREQUAL "leaklings_headers")
      set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${LEAKLINGS_COMPILE}")
    endif()
  endif()
endfunction()

# leaklings_headers_of(<stem> <earlier> <out>): the precompiled header for the files of a lesson. With one's own lessons
# behind earlier/ it is the one for everything: what somebody edits belongs into none.
function(leaklings_headers_of stem earlier out)
  set(${out} leaklings_headers PARENT_SCOPE)
  if(NOT LEAKLINGS_COMPILE_HEADERS OR LEAKLINGS_EARLIER STREQUAL "mine" OR NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/solutions/${stem})
    return()
  endif()
  set(headers ${stem}.headers)
  if(NOT TARGET ${headers})
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/solutions/${stem}/*.?pp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
    set(included "")
    foreach(file IN LISTS files)
      file(STRINGS ${file} lines REGEX "^#include (<.*>|\".*/.*\")")
      list(APPEND included ${lines})
    endforeach()
    list(TRANSFORM included REPLACE "^#include ([<\"][^>\"]*[>\"]).*" "\\1")
    list(REMOVE_DUPLICATES included)
    leaklings_add_headers(${headers} ${included})
    target_include_directories(${headers} PRIVATE ${earlier})
    target_link_libraries(${headers} PRIVATE common)
    set(below ${LEAKLINGS_HEADERS_FOLDER}/cmake_pch.hxx.pch)
    target_compile_options(${headers} PRIVATE "SHELL:-Xclang -include-pch -Xclang ${below}")
    set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${headers}.dir/cmake_pch.hxx.cxx PROPERTIES OBJECT_DEPENDS ${below})
    target_link_libraries(${headers}_code PUBLIC leaklings_headers_code)
  endif()
  set(${out} ${headers} PARENT_SCOPE)
endfunction()
