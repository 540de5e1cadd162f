// One round of the watch: a lesson is built and its tests are run,
// and this is what is known so far.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "course/test_result.hpp"
#include "tutor/build.hpp"
#include "tutor/context.hpp"
#include "tutor/standing.hpp"

namespace tutor {

struct Round {
    using Clock = std::chrono::steady_clock;

    const tools::Lesson* lesson = nullptr;
    Clock::time_point began;  // when the file was saved, or when it was asked for
    bool after_save = false;
    std::optional<Clock::time_point> ended;

    std::string doing;                       // while it runs
    std::optional<Build> build;              // when it is over
    std::vector<tools::Test> tests;          // when it went well
    std::vector<tools::TestResult> results;  // in the order of the tests
    std::vector<tools::TestResult> early;    // while it runs: of tests after one that still does
    std::string trouble;                     // instead: why nothing could be built or run

    bool is_over() const { return ended.has_value(); }
    // The one to read first, of the first stage that is not green; null when there is none, or none
    // yet.
    const tools::TestResult* first_red() const;
    Standing standing() const;
    std::size_t green() const;
    std::size_t red() const { return results.size() - green(); }
    bool all_green() const;
    // Whether there is anything to be said about the learner's code yet.
    bool says_something() const { return is_over() || first_red() != nullptr; }
};

// The verdict in a line.
std::string title_of(const Screen& screen, const Round& round, Round::Clock::time_point now);

// Everything else, in the order in which it matters, on the context's screen.
void show_round(Context& context, const Round& round);

// All that the red tests have to say, the one to read first before the others.
void show_every_red(Context& context, const Round& round);

// Instead, before there is anything to say.
void show_welcome(Context& context, const tools::Lesson& lesson);

}  // namespace tutor
