// The hostile scheduler, and what verify makes of it. Where there is one.
#include <string>

#include "process/command.hpp"
#include "support/catch.hpp"
#include "verify/testing/miniature.hpp"

namespace {

void expect_said(const tools::Outcome& outcome, const std::string& text) {
    INFO("It printed:\n" << outcome.output);
    EXPECT(outcome.output.find(text) != std::string::npos, "it did not say: " << text);
}

}  // namespace

TEST_CASE("Under the hostile scheduler what is not as told is named with its seed") {
    const Miniature course;
    CHECK(course.verify({"hostile", lesson, "--seeds", "2"}).ok());
    course.infect("solution." + lesson, "always the teapot");
    course.infect(lesson, "");
    const tools::Outcome outcome = course.verify({"hostile", "--from", "7", "--seeds", "1"});
    CHECK(outcome.exit_status == 1);
    expect_said(outcome, lesson + " with seed 7: not so");
    expect_said(outcome, "\"" + pitfall + "\", the solution");
    expect_said(outcome, "\"" + pitfall + "\", the starter");
    expect_said(outcome, "Again: ./learn dev hostile 00 --from 7 --seeds 1");
}

TEST_CASE("The hostile scheduler gets into a program") {
    const tools::Outcome outcome = tools::run(
        {.words = {"cat", "/proc/self/maps"}, .environment = {{"LD_PRELOAD", LEAKLINGS_HOSTILE}}});
    CHECK(outcome.ok());
    expect_said(outcome, LEAKLINGS_HOSTILE);
    EXPECT(outcome.output.find("cannot be preloaded") == std::string::npos, outcome.output);
}
