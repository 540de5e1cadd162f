# The system's packages when they are there, else the pinned commit of each library's own repository.
# To build against the pinned ones on purpose: -DFETCHCONTENT_TRY_FIND_PACKAGE_MODE=NEVER
include(FetchContent)
set(FETCHCONTENT_QUIET ON)
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # the options set below hold in older projects too

find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)

# SQLite. Apple's own refuses sqlite3_auto_extension, on which the ledger of the tests stands.
if(APPLE)
  list(PREPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/sqlite /usr/local/opt/sqlite)
endif()
find_package(SQLite3 REQUIRED)

# cpp-httplib. Debian's is a shared library whose class layout depends on the options it was built with,
# so its own flags must be used; pkg-config has them.
if(PkgConfig_FOUND AND NOT FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL "NEVER")
  pkg_check_modules(httplib QUIET IMPORTED_TARGET GLOBAL cpp-httplib)
endif()
if(httplib_FOUND)
  add_library(httplib::httplib ALIAS PkgConfig::httplib)
  # From 0.18 on its header calls OpenSSL inline, which pkg-config does not say.
  find_package(OpenSSL QUIET)
  if(OPENSSL_FOUND)
    target_link_libraries(PkgConfig::httplib INTERFACE OpenSSL::Crypto)
  endif()
else()
  set(HTTPLIB_USE_OPENSSL_IF_AVAILABLE OFF)
  set(HTTPLIB_USE_ZLIB_IF_AVAILABLE OFF)
  set(HTTPLIB_USE_BROTLI_IF_AVAILABLE OFF)
  set(HTTPLIB_USE_ZSTD_IF_AVAILABLE OFF)
  set(HTTPLIB_INSTALL OFF)
  FetchContent_Declare(httplib
  SYSTEM
    GIT_REPOSITORY https://github.com/yhirose/cpp-httplib.git
    GIT_TAG b8fe69e4e892ec394ca8de27ab2fe219008690b6 # v0.53.1
  )
  FetchContent_MakeAvailable(httplib)
endif()

set(SQLITECPP_INTERNAL_SQLITE OFF)
set(SQLITECPP_RUN_CPPLINT OFF)
set(SQLITECPP_RUN_CPPCHECK OFF)
set(SQLITECPP_INSTALL OFF)
set(FMT_INSTALL OFF)
set(JSON_Install OFF)
set(CLI11_INSTALL OFF)
FetchContent_Declare(SQLiteCpp
  SYSTEM
  GIT_REPOSITORY https://github.com/SRombauts/SQLiteCpp.git
  GIT_TAG 08aa70a45ea52abcd8ee6b5d1ab1542140b3c7f5 # 3.3.2
  GIT_SUBMODULES "" # its tests' own
  FIND_PACKAGE_ARGS
)
FetchContent_Declare(fmt
  SYSTEM
  GIT_REPOSITORY https://github.com/fmtlib/fmt.git
  GIT_TAG f5e54359df4c26b6230fc61d38aa294581393084 # 10.1.1
  FIND_PACKAGE_ARGS
)
FetchContent_Declare(nlohmann_json
  SYSTEM
  GIT_REPOSITORY https://github.com/nlohmann/json.git
  GIT_TAG 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03 # v3.11.3
  FIND_PACKAGE_ARGS
)
FetchContent_Declare(CLI11
  SYSTEM
  GIT_REPOSITORY https://github.com/CLIUtils/CLI11.git
  GIT_TAG 6c7b07a878ad834957b98d0f9ce1dbe0cb204fc9 # v2.4.2
  FIND_PACKAGE_ARGS
)
FetchContent_Declare(pugixml
  SYSTEM
  GIT_REPOSITORY https://github.com/zeux/pugixml.git
  GIT_TAG db78afc2b7d8f043b4bc6b185635d949ea2ed2a8 # v1.14
  FIND_PACKAGE_ARGS
)
FetchContent_Declare(Catch2
  SYSTEM
  GIT_REPOSITORY https://github.com/catchorg/Catch2.git
  GIT_TAG fa43b77429ba76c462b1898d6cd2f2d7a9416b14 # v3.7.1
  FIND_PACKAGE_ARGS
)
FetchContent_MakeAvailable(SQLiteCpp fmt nlohmann_json CLI11 pugixml Catch2)

# cmark-gfm, for the book as pages. Its own package says where it is to pkg-config alone.
if(PkgConfig_FOUND AND NOT FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL "NEVER")
  pkg_check_modules(cmark_gfm QUIET IMPORTED_TARGET GLOBAL libcmark-gfm)
  find_path(LEAKLINGS_CMARK_GFM_EXTENSIONS cmark-gfm-core-extensions.h HINTS ${cmark_gfm_INCLUDE_DIRS})
endif()
add_library(leaklings_cmark_gfm INTERFACE)
add_library(cmark-gfm::cmark-gfm ALIAS leaklings_cmark_gfm)
if(cmark_gfm_FOUND AND LEAKLINGS_CMARK_GFM_EXTENSIONS)
  target_link_libraries(leaklings_cmark_gfm INTERFACE PkgConfig::cmark_gfm)
else()
  set(CMARK_TESTS OFF)
  set(CMARK_SHARED OFF)
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5) # it asks for less, which CMake 4 refuses
  FetchContent_Declare(cmark-gfm
    SYSTEM
    GIT_REPOSITORY https://github.com/github/cmark-gfm.git
    GIT_TAG 587a12bb54d95ac37241377e6ddc93ea0e45439b # 0.29.0.gfm.13
  )
  FetchContent_MakeAvailable(cmark-gfm)
  target_include_directories(leaklings_cmark_gfm SYSTEM INTERFACE
    ${cmark-gfm_SOURCE_DIR}/src ${cmark-gfm_SOURCE_DIR}/extensions
    ${cmark-gfm_BINARY_DIR}/src ${cmark-gfm_BINARY_DIR}/extensions)
  target_compile_definitions(leaklings_cmark_gfm INTERFACE CMARK_GFM_STATIC_DEFINE CMARK_GFM_EXTENSIONS_STATIC_DEFINE)
  target_link_libraries(leaklings_cmark_gfm INTERFACE libcmark-gfm-extensions_static libcmark-gfm_static)
endif()

# highlight.js, which colours the code on those pages: libjs-highlight.js on Debian. Without it code is plain.
find_file(LEAKLINGS_HIGHLIGHTER highlight.min.js PATHS /usr/share/javascript/highlight.js NO_DEFAULT_PATH)
if(NOT LEAKLINGS_HIGHLIGHTER)
  set(LEAKLINGS_HIGHLIGHTER "")
endif()

# PostgreSQL, for the bonus lesson alone: libpq, and the server's programs, none of which Debian puts into the PATH.
# Nothing is fetched in its stead: without it that lesson's tests say that they are skipped.
if(APPLE)
  list(APPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/libpq /usr/local/opt/libpq)
endif()
if(PkgConfig_FOUND)
  pkg_check_modules(libpq QUIET IMPORTED_TARGET GLOBAL libpq)
endif()
file(GLOB postgres_folders /usr/lib/postgresql/*/bin /usr/pgsql-*/bin
  /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin)
list(SORT postgres_folders COMPARE NATURAL ORDER DESCENDING)
find_program(LEAKLINGS_INITDB initdb HINTS ${postgres_folders})
set(LEAKLINGS_POSTGRES OFF)
if(libpq_FOUND AND LEAKLINGS_INITDB)
  set(LEAKLINGS_POSTGRES ON)
endif()
# For a lesson that declares that it needs it (see leaklings_needs): whether it is here, and what to do if it is not.
set(LEAKLINGS_HAS_PostgreSQL ${LEAKLINGS_POSTGRES})
set(LEAKLINGS_MISSING_PostgreSQL
  "PostgreSQL, which is not here: sudo apt install libpq-dev postgresql (macOS: brew install libpq postgresql)")
