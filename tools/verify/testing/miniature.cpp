#include "verify/testing/miniature.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "text/text.hpp"

namespace fs = std::filesystem;

Miniature::Miniature() {
    const fs::path source = COURSE_ROOT;
    fs::copy(source / "tools" / "verify" / "testing" / "miniature", folder_,
             fs::copy_options::recursive);
    fs::copy(source / "tests" / (lesson + ".cpp"), folder_ / "tests");
    fs::create_directories(folder_ / "build" / "bin");
    fs::create_directories(folder_ / "build" / "tests");
    fs::copy(fs::path(COURSE_BUILD) / "tests" / (lesson + ".list"), folder_ / "build" / "tests");

    infect(lesson, "always the teapot");
    infect("solution." + lesson, "");
    infect("right_other." + lesson, "");
    for (const char* wrong : {"wrong_first.", "wrong_second.", "wrong_third.", "wrong_fourth."}) {
        infect(wrong + lesson, "always the teapot");
    }
    starters("record");
    const tools::Outcome refreshed = verify({"refresh"});
    if (!refreshed.ok())
        throw std::runtime_error("the miniature is no course:\n" + refreshed.output);
}

tools::Outcome Miniature::verify(
    const std::vector<std::string>& arguments,
    const std::vector<std::pair<std::string, std::string>>& environment) const {
    tools::Command command;
    command.words = {VERIFY_PROGRAM, "--root", folder_.string(), "--build",
                     (folder_ / "build").string()};
    command.words.insert(command.words.end(), arguments.begin(), arguments.end());
    command.environment = environment;
    return tools::run(command);
}

std::string Miniature::starters(const std::string& what) const {
    const tools::Outcome outcome =
        tools::run({{CMAKE_PROGRAM, "-DROOT=" + folder_.string(), "-DDO=" + what, "-P",
                     std::string(COURSE_ROOT) + "/cmake/Starters.cmake"}});
    if (!outcome.ok()) throw std::runtime_error(outcome.output);
    return outcome.output;
}

std::string Miniature::read(const std::string& file) const {
    return tools::read_file(folder_ / file);
}

void Miniature::write(const std::string& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    tools::write_file(folder_ / file, text);
}

void Miniature::remove(const std::string& path) const {
    fs::remove_all(folder_ / path);
}

void Miniature::change(const std::string& file, const std::string& before,
                       const std::string& after) const {
    const std::string text = read(file);
    if (text.find(before) == std::string::npos) {
        throw std::runtime_error(fmt::format("{} does not contain: {}\n{}", file, before, text));
    }
    write(file, tools::replaced(text, before, after));
}

void Miniature::infect(const std::string& subject, const std::string& disease) const {
    write_program(subject + ".tests",
                  fmt::format("DISEASE='{}' exec '{}' \"$@\"", disease, SHOP_TESTS));
    write_program(subject + ".server",
                  fmt::format("DISEASE='{}' exec '{}' \"$@\"", disease, SHOP_SERVER));
}

void Miniature::infect_after(const std::string& subject, int runs) const {
    const std::string counter = (folder_ / "runs").string();
    // Two tests may run at once, so a run is counted by a folder that only one of them can make.
    write_program(subject + ".tests",
                  fmt::format("mkdir -p '{0}'\n"
                              "n=1\n"
                              "while ! mkdir '{0}'/$n 2>/dev/null; do n=$((n + 1)); done\n"
                              "[ $n -le {1} ] || DISEASE='always the teapot'\n"
                              "export DISEASE\n"
                              "exec '{2}' \"$@\"",
                              counter, runs, SHOP_TESTS));
}

void Miniature::write_program(const std::string& name, const std::string& script) const {
    const fs::path file = folder_ / "build" / "bin" / name;
    tools::write_file(file, "#!/bin/sh\n" + script + "\n");
    fs::permissions(file, fs::perms::owner_all);
}
