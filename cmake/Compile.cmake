# How everything of ours is compiled: warnings, sanitizers, a fast linker; what is precompiled is in Precompile.cmake.
include(CheckLinkerFlag)

add_library(leaklings_compile INTERFACE)
target_compile_options(leaklings_compile INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(LEAKLINGS_VERIFY OR LEAKLINGS_SANITIZE)
  target_compile_options(leaklings_compile INTERFACE -Werror)
endif()

if(LEAKLINGS_SANITIZE)
  add_compile_options(-fsanitize=${LEAKLINGS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEAKLINGS_SANITIZE})
endif()

# Not mold: Debian 12's, 1.10, runs without an end over some objects, and links some programs so that they cannot be
# loaded ("cannot apply additional memory protection after relocation").
foreach(linker lld gold)
  check_linker_flag(CXX -fuse-ld=${linker} LEAKLINGS_HAS_${linker})
  if(LEAKLINGS_HAS_${linker})
    add_link_options(-fuse-ld=${linker})
    break()
  endif()
endforeach()

# The libraries that lessons and tests see.
target_link_libraries(leaklings_compile INTERFACE
  httplib::httplib SQLiteCpp SQLite::SQLite3 fmt::fmt Threads::Threads)

include(${CMAKE_CURRENT_LIST_DIR}/Precompile.cmake)

# leaklings_compile_as_ours(<target> [PCH])
function(leaklings_compile_as_ours target)
  target_link_libraries(${target} PUBLIC leaklings_compile)
  if("PCH" IN_LIST ARGN)
    leaklings_use_headers(${target} leaklings_headers)
  endif()
endfunction()

# leaklings_compile_as_shared(<target>): what all lessons' programs stand on is compiled once and run by all tests, so it
# may be optimized: 07's tests then take less than half the processor's time. Without the precompiled header, which is not.
function(leaklings_compile_as_shared target)
  if(LEAKLINGS_OPTIMIZE_SHARED)
    leaklings_compile_as_ours(${target})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O1>)
  else()
    leaklings_compile_as_ours(${target} PCH)
  endif()
endfunction()

# leaklings_unite(<target> <units>): its sources are compiled as that many, which read their headers once. So a name
# in an anonymous namespace must be the only one of that name in its target.
function(leaklings_unite target units)
  if(LEAKLINGS_UNITY)
    get_target_property(sources ${target} SOURCES)
    list(LENGTH sources count)
    math(EXPR batch "(${count} + ${units} - 1) / ${units}")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
  endif()
endfunction()
