// A verdict belongs to the bytes on the disk: not to their times, and however they were saved
// while they were compiled and tested. And a grade is what the course's own tests have found.
#include <chrono>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/guarded_compiler.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

constexpr int exits_green = 0;
constexpr int exits_red = 1;
constexpr int does_not_compile = 3;

std::string broken(const MiniCourse& course) {
    return "#error it does not compile\n" + course.starter();
}

// Puts the text there as a backup that is restored: with a time long before any build.
void restore(const fs::path& file, const std::string& text) {
    const fs::path backup = file.string() + "~";
    tools::write_file(backup, text);
    fs::last_write_time(backup, fs::file_time_type::clock::now() - std::chrono::hours(24 * 400));
    fs::rename(backup, file);
}

std::future<tools::Outcome> in_background(const MiniCourse& course,
                                          std::vector<std::string> words) {
    return std::async(std::launch::async,
                      [&course, words = std::move(words)] { return course.learn(words); });
}

}  // namespace

TEST_CASE("A file with an older time is compiled all the same") {
    const MiniCourse course;
    const fs::path file = course.root() / MiniCourse::file;
    course.write(course.solution());
    REQUIRE(course.learn({"test", "00"}).exit_status == exits_green);
    restore(file, broken(course));
    CHECK(course.learn({"test", "00"}).exit_status == does_not_compile);
    restore(file, course.solution());
    CHECK(course.learn({"test", "00"}).exit_status == exits_green);
    restore(file, course.starter());
    CHECK(course.learn({"test", "00"}).exit_status == exits_red);
}

TEST_CASE("A clock that was set back keeps nothing from being compiled") {
    const MiniCourse course;
    const fs::path build = course.root() / "build/lessons";
    course.write(course.solution());
    REQUIRE(course.learn({"test", "00"}).exit_status == exits_green);
    for (const char* made : {"CMakeFiles/00_warm_up.code.dir", "stamps/00_warm_up"}) {
        for (const auto& entry : fs::recursive_directory_iterator(build / made)) {
            fs::last_write_time(entry.path(),
                                fs::file_time_type::clock::now() + std::chrono::hours(1));
        }
    }
    course.write(broken(course));
    CHECK(course.learn({"test", "00"}).exit_status == does_not_compile);
    // Else it would be compiled each time for an hour.
    for (const auto& entry : fs::directory_iterator(build / "stamps/00_warm_up")) {
        const fs::path name = entry.path().filename();
        if (name != "places" && name != "sources") fs::remove(entry.path());
    }
}

TEST_CASE("Without ./learn, too, what is tested is what is on the disk") {
    const MiniCourse course;
    const fs::path file = course.root() / MiniCourse::file;
    const auto run = [&](std::vector<std::string> words) {
        tools::Command command;
        command.words = std::move(words);
        command.folder = course.root();
        return tools::run(command);
    };
    const auto build = [&] {
        return run({"cmake", "--build", "--preset", "lessons", "--target", "00_warm_up.tests"});
    };
    const auto test = [&] { return run({"ctest", "--preset", "lessons", "-L", "00"}); };
    course.write(course.solution());
    REQUIRE(build().ok());
    const tools::Outcome good = test();
    INFO(good.output);
    CHECK(good.ok());

    restore(file, broken(course));
    const tools::Outcome not_built = test();
    INFO(not_built.output);
    CHECK_FALSE(not_built.ok());
    CHECK(has(not_built.output, "Not built as it is now: lessons/00_warm_up/shop.cpp."));
    CHECK_FALSE(build().ok());
    CHECK_FALSE(test().ok());
    restore(file, course.solution());
    CHECK_FALSE(test().ok());
    CHECK(build().ok());
    CHECK(test().ok());
}

TEST_CASE("What is saved while it is compiled is compiled again") {
    const MiniCourse course;
    const GuardedCompiler compiler(course);
    course.write(course.solution() + "// to be compiled\n");
    auto outcome = in_background(course, {"test", "00"});
    REQUIRE(compiler.before.await());
    course.write(course.starter());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    course.write(broken(course));
    compiler.after.let_go_on();
    const tools::Outcome end = outcome.get();
    INFO(end.output);
    CHECK(end.exit_status == does_not_compile);
    CHECK(course.learn({"grade", "00"}).exit_status == exits_red);
}

TEST_CASE("What did not compile and is right when the compiler ends is green") {
    const MiniCourse course;
    const GuardedCompiler compiler(course);
    course.write(broken(course));
    auto outcome = in_background(course, {"grade", "00"});
    REQUIRE(compiler.before.await());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    course.write(course.solution());
    compiler.after.let_go_on();
    CHECK(outcome.get().exit_status == exits_green);
}

TEST_CASE("What is saved and taken back while it is compiled is compiled again") {
    const MiniCourse course;
    const fs::path file = course.root() / MiniCourse::file;
    const GuardedCompiler compiler(course);
    course.write(course.starter() + "// to be compiled\n");
    const auto written = fs::last_write_time(file);
    auto outcome = in_background(course, {"test", "00"});
    REQUIRE(compiler.before.await());
    course.write(course.solution());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    course.write(course.starter() + "// to be compiled\n");
    fs::last_write_time(file, written);
    compiler.after.let_go_on();
    const tools::Outcome end = outcome.get();
    INFO(end.output);
    CHECK(end.exit_status == exits_red);
}

TEST_CASE("What is saved while it is compiled is not linked without ./learn either") {
    const MiniCourse course;
    const fs::path file = course.root() / MiniCourse::file;
    const GuardedCompiler compiler(course);
    course.write(course.solution() + "// to be compiled\n");
    const auto written = fs::last_write_time(file);
    auto outcome = std::async(std::launch::async, [&] {
        tools::Command command;
        command.words = {"cmake", "--build", "--preset", "lessons", "--target", "00_warm_up.tests"};
        command.folder = course.root();
        return tools::run(command);
    });
    REQUIRE(compiler.before.await());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    course.write(broken(course));
    fs::last_write_time(file, written);
    compiler.after.let_go_on();
    const tools::Outcome end = outcome.get();
    INFO(end.output);
    CHECK_FALSE(end.ok());
    CHECK(has(end.output, "Saved while it was being compiled: lessons/00_warm_up/shop.cpp. Build"));
    CHECK_FALSE(fs::exists(course.root() / "build/lessons/bin/00_warm_up.tests"));
}

TEST_CASE("What is saved while its tests run is built and tested again") {
    const MiniCourse course;
    const tools::TemporaryFolder folder;
    const StopPoint gate(folder.path() / "gate");
    const std::string waits = "static const int waited = std::system(R\"(" + gate.in_shell() +
                              ")\");\n        static_cast<void>(waited);\n        ";
    course.write(tools::replaced(
        tools::replaced(course.solution(), "const Id wanted", waits + "const Id wanted"),
        "#include <optional>", "#include <cstdlib>\n#include <optional>"));
    auto outcome = in_background(course, {"test", "00"});
    REQUIRE(gate.await());
    course.write(course.starter());
    gate.let_go_on();
    const tools::Outcome end = outcome.get();
    INFO(end.output);
    CHECK(end.exit_status == exits_red);
    CHECK(has(end.output, "Saved meanwhile, so once more:"));
    CHECK_FALSE(has(end.output, "Well done"));
}

TEST_CASE("The watch's verdict is of what is saved as the compiler ends") {
    const MiniCourse course;
    const GuardedCompiler compiler(course);
    course.write(course.solution() + "// to be compiled\n");
    tools::Command command = course.command({});
    command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LC_ALL", "C.UTF-8"}};
    command.limit = gate_patience;
    Terminal terminal(command);
    REQUIRE(terminal.shows("Building 00_warm_up.tests"));
    REQUIRE(compiler.before.await());
    compiler.before.let_go_on();
    REQUIRE(compiler.after.await());
    restore(course.root() / MiniCourse::file, broken(course));
    compiler.after.let_go_on();
    CHECK(terminal.shows("NOT BUILT  00, Warm-up"));
    CHECK_FALSE(has(terminal.seen(), "GREEN"));
}

TEST_CASE("A header that was gone and is back is seen again") {
    const MiniCourse course;
    const fs::path header = course.root() / "lessons/01_second_day/scoped.hpp";
    const fs::path manifest = course.root() / "tests/starters.sha256";
    const fs::path between = course.root() / "tests/01_second_day";
    const auto end = [](const fs::path* file) { fs::remove_all(*file); };
    const std::unique_ptr<const fs::path, decltype(end)> without_header(&header, end);
    const std::unique_ptr<const fs::path, decltype(end)> without_manifest(&manifest, end);
    const std::unique_ptr<const fs::path, decltype(end)> without_between(&between, end);
    put(between / "subject.cpp", R"(
#if __has_include("scoped.hpp")
#include "scoped.hpp"
#else
constexpr int found = 0;
#endif
int what_is_found();
int what_is_found() { return found; }
)");
    const fs::path tests = course.root() / "tests/01_second_day.cpp";
    tools::write_file(tests, tools::read_file(tests) +
                                 "\nint what_is_found();\n"
                                 "\nTEST_CASE(\"The header is found\") { "
                                 "CHECK(what_is_found() == 1); }\n");
    put(header, "constexpr int found = 1;\n");
    tools::Command record;
    record.words = {"cmake", "-DROOT=.", "-DDO=record", "-P", "cmake/Starters.cmake"};
    record.folder = course.root();
    REQUIRE(tools::run(record).ok());
    CHECK(has(course.learn({"test", "01"}).output, "ok  The header is found"));
    fs::remove(header);
    CHECK(has(course.learn({"test", "01"}).output, "RED The header is found"));
    REQUIRE(course.learn({"reset", "01"}).exit_status == 0);
    CHECK(has(course.learn({"test", "01"}).output, "ok  The header is found"));
    restore(header, "constexpr int found = 2;\n");
    CHECK(has(course.learn({"test", "01"}).output, "RED The header is found"));
}

TEST_CASE("A new file that tests stand on is seen, also after a build that was ended as one came") {
    const MiniCourse course;
    const fs::path added = course.root() / "tests/support/added.cpp";
    fs::remove(added);
    REQUIRE(course.learn({"test", "00"}).exit_status == exits_red);
    // As Ninja does when it is ended while CMake says that there are new files.
    const fs::path sign = course.root() / "build/lessons/CMakeFiles/cmake.verify_globs";
    REQUIRE(fs::remove(sign));
    put(added, "namespace shop { int added() { return 1; } }\n");
    course.write(course.starter_with("int added(); if (added() != 1) return;"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == exits_red);
    CHECK(fs::exists(sign));
    fs::remove(added);
}

TEST_CASE("What the lessons share is compiled anew when an older copy comes back") {
    const MiniCourse course;
    const fs::path queries = course.root() / "common/shop/queries.cpp";
    const std::string before = tools::read_file(queries);
    const std::string edited =
        tools::replaced(before, "FROM items WHERE id = ?", "FROM items WHERE id = ? + 1");
    REQUIRE(edited != before);
    course.write(course.solution());
    REQUIRE(course.learn({"grade", "00"}).exit_status == exits_green);
    restore(queries, edited);
    const tools::Outcome outcome = course.learn({"grade", "00"});
    restore(queries, before);
    INFO(outcome.output);
    CHECK(has(outcome.output, "red, 0 of 2 green"));
    CHECK(has(outcome.output, "not as shipped: common/shop/queries.cpp"));
    CHECK(course.learn({"grade", "00"}).exit_status == exits_green);
}
