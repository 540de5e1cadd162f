#include "tutor/testing/guarded_compiler.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

namespace {

int open_pipe(const fs::path& folder, const char* name) {
    fs::create_directories(folder);
    const fs::path pipe = folder / name;
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const int descriptor = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(descriptor >= 0);
    return descriptor;
}

}  // namespace

StopPoint::StopPoint(const fs::path& folder)
    : folder_(folder), comes_(open_pipe(folder, "comes")), go_(open_pipe(folder, "go")) {}

StopPoint::~StopPoint() {
    let_go_on();
    ::close(comes_);
    ::close(go_);
}

bool StopPoint::await() const {
    pollfd wanted = {comes_, POLLIN, 0};
    return ::poll(&wanted, 1, std::chrono::milliseconds(gate_patience).count()) == 1;
}

void StopPoint::let_go_on() const {
    CHECK(::write(go_, "\n", 1) == 1);
}

std::string StopPoint::in_shell() const {
    const std::string comes = (folder_ / "comes").string();
    return "if mv '" + comes + "' '" + comes + ".here' 2>/dev/null; then echo >'" + comes +
           ".here'; read -r line <'" + (folder_ / "go").string() + "'; fi";
}

GuardedCompiler::GuardedCompiler(const MiniCourse& course)
    : rules_(course.root() / "build/lessons/CMakeFiles/rules.ninja") {
    // Built once, so that the rules are as CMake has them for this course.
    REQUIRE(course.learn({"test", "00"}).exit_status >= 0);
    rules_before_ = tools::read_file(rules_);
    const fs::path script = folder_.path() / "compile.sh";
    put_program(script, "#!/bin/sh\n" + before.in_shell() + "\n\"$@\"\nstatus=$?\n" +
                            after.in_shell() + "\nexit $status\n");
    std::string rules;
    bool ours = false;
    for (const std::string_view line : tools::lines_of(rules_before_)) {
        // The learner's own, and not the starter's or the solution's.
        if (line.starts_with("rule ")) ours = has(std::string(line), "__00_warm_up.2ecode");
        const bool compiles = ours && line.starts_with("  command = ");
        rules += compiles
                     ? tools::replaced(line, "command = ", "command = " + script.string() + " ")
                     : std::string(line);
        rules += "\n";
    }
    REQUIRE(rules != rules_before_);
    replace_rules(rules);
}

void GuardedCompiler::replace_rules(const std::string& text) const {
    const auto written = fs::last_write_time(rules_);
    tools::write_file(rules_, text);
    fs::last_write_time(rules_, written);
}
