#include "tutor/testing/script_course.hpp"

#include <cstdlib>

#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

namespace {

constexpr const char* empty_build = R"(cmake_minimum_required(VERSION 3.25)
project(course LANGUAGES NONE)
enable_testing()
add_custom_target(tutor COMMAND ${CMAKE_COMMAND} -E copy
  ${CMAKE_SOURCE_DIR}/tools/tutor.sh ${CMAKE_BINARY_DIR}/bin/tutor)
add_custom_target(support_catch)
add_custom_target(common)
add_custom_target(common_main)
add_custom_target(support)
include(${CMAKE_SOURCE_DIR}/cmake/more.cmake)
)";

constexpr const char* all_libraries = R"(installed=libsqlite3-dev
installed=libsqlitecpp-dev
installed=libfmt-dev
installed=libcpp-httplib-dev
installed=nlohmann-json3-dev
installed=libcli11-dev
installed=libpugixml-dev
installed=catch2
installed=libcmark-gfm-dev
installed=libcmark-gfm-extensions-dev
installed=libjs-highlight.js
)";

}  // namespace

ScriptCourse::ScriptCourse()
    : root_(folder_.path() / "the course"), fakes_(folder_.path() / "fakes") {
    const fs::path source = LEAKLINGS_SOURCE;
    put_program(root_ / "learn", tools::read_file(source / "learn"));
    for (const auto& part : fs::directory_iterator(source / "tools" / "bootstrap")) {
        const fs::path name = part.path().filename();
        put(root_ / "tools" / "bootstrap" / name, tools::read_file(part.path()));
    }
    put(root_ / "CMakePresets.json", tools::read_file(source / "CMakePresets.json"));
    put(root_ / "CMakeLists.txt", empty_build);
    for (const char* file : {"cmake/more.cmake", "common/CMakeLists.txt", "tests/CMakeLists.txt",
                             "tests/support/gate.hpp", "solutions/00_a/shop.cpp"}) {
        put(root_ / file, "\n");
    }
    tutor_does("for word in \"$@\"; do echo \"<$word>\"; done");

    put(fakes_ / "all", all_libraries);
    put(fakes_ / "installed", all_libraries);
    fake("uname", "echo Linux");
    fake("id", "echo 0");
    fake("curl", "");
    fake("pkg-config", "");
    fake("dpkg-query", "cat \"$FAKES/installed\"");
    fake("apt-cache", "");
    have_no_clang();
    fake("apt-get",
         "echo \"${DEBIAN_FRONTEND:-} $*\" >>\"$FAKES/told\"\n"
         "case \"$*\" in *install*) cp \"$FAKES/all\" \"$FAKES/installed\" ;; esac");
}

tools::Command ScriptCourse::command(std::vector<std::string> words) const {
    tools::Command command;
    command.words = std::move(words);
    command.words.insert(command.words.begin(), (root_ / "learn").string());
    command.folder = "/";
    command.limit = std::chrono::minutes(2);
    command.environment = {{"PATH", fakes_.string() + ":" + std::getenv("PATH")},
                           {"FAKES", fakes_.string()}};
    return command;
}

tools::Outcome ScriptCourse::learn(std::vector<std::string> words) const {
    return tools::run(command(std::move(words)));
}

void ScriptCourse::add_to_build(const std::string& text) const {
    put(root_ / "cmake" / "more.cmake", text);
}

void ScriptCourse::tutor_does(const std::string& line) const {
    put_program(root_ / "tools" / "tutor.sh", "#!/bin/sh\n" + line + "\n");
}

void ScriptCourse::fake(const std::string& program, const std::string& script) const {
    put_program(fakes_ / program, "#!/bin/sh\n" + script + "\n");
}

void ScriptCourse::have_no_clang() const {
    fake("clang++", "exit 1");
    for (int version = 14; version <= 21; ++version)
        fake("clang++-" + std::to_string(version), "exit 1");
}

void ScriptCourse::miss_packages() const {
    put(fakes_ / "installed", "installed=catch2\n");
}

std::string ScriptCourse::told_to_apt() const {
    const fs::path told = fakes_ / "told";
    return fs::exists(told) ? tools::read_file(told) : std::string();
}

void ScriptCourse::move_away() {
    const fs::path elsewhere = folder_.path() / "moved";
    fs::rename(root_, elsewhere);
    root_ = elsewhere;
}
