// What a learner is told of a test that is red, crashes or hangs; which is to be read first, and
// how often the same is said.
#include <filesystem>
#include <string>
#include <vector>

#include "course/test_result.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"

namespace fs = std::filesystem;

using tools::TestResult;
using tools::Verdict;

namespace {

tools::Failure failure(int line, const std::string& expansion) {
    tools::Failure failure;
    failure.file = "tests/12_pass_the_baton.cpp";
    failure.line = line;
    failure.expression = "CHECK( told == 201 )";
    failure.expansion = expansion;
    failure.messages = {"Bob was told no."};
    return failure;
}

}  // namespace

TEST_CASE("What several assertions say alike is said once, with their number and the first place") {
    TestResult result;
    result.verdict = Verdict::failed;
    result.failures = {failure(12, "503 == 201"), failure(12, "503 == 201"),
                       failure(12, "500 == 201"), failure(40, "503 == 201")};
    CHECK(tools::describe(result) ==
          "Bob was told no.\n"
          "    CHECK( told == 201 )\n"
          "    came to: 503 == 201\n"
          "    at: tests/12_pass_the_baton.cpp:12 (3 times)\n"
          "\n"
          "Bob was told no.\n"
          "    CHECK( told == 201 )\n"
          "    came to: 500 == 201\n"
          "    at: tests/12_pass_the_baton.cpp:12\n");
    result.failures.resize(1);
    CHECK_FALSE(has(tools::describe(result), "times"));
}

TEST_CASE("The red test to be read first is one that did not crash, if there is any") {
    const auto named = [](const std::string& name, Verdict verdict) {
        TestResult result;
        result.test.name = name;
        result.verdict = verdict;
        return result;
    };
    std::vector<TestResult> results = {named("green", Verdict::passed)};
    CHECK(tutor::red_to_read(results, 0) == nullptr);
    results.push_back(named("crashed", Verdict::crashed));
    results.push_back(named("crashed too", Verdict::crashed));
    CHECK(tutor::red_to_read(results, 0)->test.name == "crashed");
    for (const Verdict verdict : {Verdict::hung, Verdict::threw, Verdict::failed}) {
        results.push_back(named("has words", verdict));
        CHECK(tutor::red_to_read(results, 0)->test.name == "has words");
        results.pop_back();
    }
}

TEST_CASE("A red test's timeline is a page too, until the test is green") {
    const MiniCourse course;
    const fs::path page =
        "build/lessons/timelines/00_warm_up/every_items_page_shows_that_item.html";
    const tools::Outcome red = course.learn({"test", "00"});
    INFO(red.output);
    CHECK(has(red.output, "The timeline as a page: " + page.string() + "\n"));
    CHECK(fs::exists(course.root() / page));
    CHECK_FALSE(has(red.output, "It printed:"));
    course.write(course.solution());
    CHECK_FALSE(has(course.learn({"test", "00"}).output, "as a page"));
    CHECK_FALSE(fs::exists(course.root() / page));
}

TEST_CASE("What the learner's code prints is shown under the red test") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with(R"(std::cout << "asked for " << request.path << std::endl;
        fmt::print("here is {}\n", request.path);)"),
        "#include <optional>", "#include <iostream>\n#include <optional>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    asked for /items/2\n"));
    CHECK(has(outcome.output, "    here is /items/2\n"));
}

TEST_CASE("A flood of what the learner's code prints is cut") {
    const MiniCourse course;
    course.write(course.starter_with(
        R"(for (int i = 0; i < 100'000; ++i) fmt::print("here is {}\n", request.path);)"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output.substr(0, 3000));
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    here is /items/2\n"));
    CHECK(has(outcome.output, "lines more"));
    CHECK(outcome.output.size() < 10'000);
}

TEST_CASE("Of several red tests the first is shown, and how to see all") {
    const MiniCourse course;
    course.write(
        tools::replaced(course.starter(), "find_item(connection, 1)", "find_item(connection, 3)"));
    const std::string second = "Alice asked for item 2, the kettle, and was shown another item.";
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK_FALSE(has(outcome.output, second));
    CHECK(has(outcome.output, "./learn test 00 --all shows all 2 red tests in full"));
    const tools::Outcome all = course.learn({"test", "00", "--all"});
    CHECK(has(all.output, second));
    CHECK_FALSE(has(all.output, "--all"));
}

TEST_CASE("An endless loop keeps no other test from being run, when all are asked for") {
    const MiniCourse course;
    // The first test begins with item 1, the second with another.
    course.write(course.starter_with(
        "static volatile bool other = false; if (request.path != \"/items/1\") other = true;"
        "for (volatile int i = 0; !other; i = i + 1) continue;"));
    const tools::Outcome outcome =
        course.learn({"test", "00", "--all"}, {{"LEAKLINGS_PATIENCE", "1"}});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (hung)"));
    CHECK(has(outcome.output, "RED Every item's page shows that item\n"));
    CHECK_FALSE(has(outcome.output, "not run"));
}

TEST_CASE("What moves a terminal's cursor is not handed on to it") {
    const MiniCourse course;
    course.write(course.starter_with(
        R"(fmt::print("{}[2Jhere{}]0;mine{} is {}[31m{}\n", '\x1b', '\x1b', '\a', '\x1b', wanted);)"));
    std::string code = tools::read_file(course.root() / MiniCourse::file);
    code = tools::replaced(code, "'\\x1b', wanted", "'\\x1b', request.path");
    course.write(code);
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    here is /items/2\n"));
    CHECK_FALSE(has(outcome.output, "\033"));
    CHECK_FALSE(has(outcome.output, "\a"));
}

TEST_CASE("A lesson that asks for too much memory is told what it may take") {
    const MiniCourse course;
    course.write(course.starter_with("const std::string much(20'000'000'000UL, 'x');"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status != 0);
    CHECK(has(outcome.output, "It asked for more memory than the 2 GB that a test may take"));
}

TEST_CASE("A crash is told in words, with a way to find its line") {
    const MiniCourse course;
    course.write(course.starter_with("volatile int* nowhere = nullptr; *nowhere = 1;"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (crashed)"));
    CHECK(has(outcome.output, "It touched memory that is not there."));
    CHECK(has(outcome.output, "GET /items/1"));
    CHECK(has(outcome.output,
              "gdb -batch -ex run -ex bt --args build/lessons/bin/00_warm_up.tests "));
    CHECK(has(outcome.output, "0 of 2 green."));
}

TEST_CASE("An exception out of a thread is told with its own words") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with(
            "std::thread([] { throw std::runtime_error(\"nobody catches me\"); }).join();"),
        "#include <optional>", "#include <optional>\n#include <stdexcept>\n#include <thread>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "nobody catches me"));
    CHECK(has(outcome.output, "The program aborted."));
}

TEST_CASE("An endless loop in a handler is ended, and the request in it is named") {
    const MiniCourse course;
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    const tools::Outcome outcome = course.learn({"test", "00"}, {{"LEAKLINGS_PATIENCE", "1"}});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (hung)"));
    CHECK(has(outcome.output, "HANG:"));
    CHECK(has(outcome.output, "alice GET /items/1"));
    CHECK(has(outcome.output, "1 not run, because one hung"));
}
