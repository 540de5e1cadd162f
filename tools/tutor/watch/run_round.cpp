#include "tutor/watch/run_round.hpp"

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tutor/known_mistakes.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

void name_next_test(Round& round) {
    const std::size_t next = round.results.size();
    if (next == round.tests.size()) return;
    round.doing =
        fmt::format("test {} of {}, {}", next + 1, round.tests.size(), round.tests[next].name);
}

void end_round(WatchState& state, std::string trouble) {
    Round& round = state.round;
    round.ended = Round::Clock::now();
    round.trouble = std::move(trouble);
    state.stale = true;
    if (!round.results.empty()) {
        state.context.progress.set_red(state.lesson->stem, names_of_red(round.results));
        remember_failures(state.context, *state.lesson, round.results);
    }
    if (round.all_green()) state.context.progress.mark_done(state.lesson->stem);
}

void test_lesson(WatchState& state, Job& job, const tools::Lesson& lesson) {
    const std::vector<tools::Test> tests = tests_of(state.context, lesson);
    job.post([&state, tests] {
        state.round.tests = tests;
        name_next_test(state.round);
    });
    run_tests(
        state.context, lesson, tests, [&job] { return job.cancelled(); },
        [&state, &job](tools::TestResult result) {
            job.post([&state, result = std::move(result)] {
                state.round.results.push_back(result);
                name_next_test(state.round);
                state.stale = true;
            });
        },
        AfterHang::stop,
        [&state, &job](const tools::TestResult& result) {
            if (is_green(result)) return;
            job.post([&state, result] {
                state.round.early.push_back(result);
                state.stale = true;
            });
        });
}

// In the job's thread: of the state it touches only the context's root
// and lessons, which stay as they are.
void build_and_test(WatchState& state, Job& job, const tools::Lesson& lesson) try {
    build_and_use(state.context, lesson, hooks_of(state, job), [&](const Build& build) {
        job.post([&state, build] {
            state.round.build = build;
            state.round.results.clear();
            state.round.early.clear();
        });
        if (build.ok()) test_lesson(state, job, lesson);
    });
    if (!job.cancelled()) job.post([&state] { end_round(state, {}); });
} catch (const std::exception& error) {
    job.post([&state, why = std::string(error.what())] { end_round(state, why); });
}

}  // namespace

void open_lesson(WatchState& state, const tools::Lesson& lesson) {
    state.lesson = &lesson;
    state.changes.emplace(state.context.root / "lessons" / lesson.stem);
    state.said = Round();
    switch_to(state, ViewName::lesson);
    start_round(state, Round::Clock::now(), false);
}

void start_round(WatchState& state, Round::Clock::time_point began, bool after_save) {
    state.job.reset();
    if (state.round.says_something() && state.round.lesson == state.lesson)
        state.said = std::move(state.round);
    state.round = Round();
    state.round.lesson = state.lesson;
    state.round.began = began;
    state.round.after_save = after_save;
    state.round.doing = "building";
    state.stale = true;
    if (!state.terminal) write_out(fmt::format("\n{}: building ...\n", name_of(*state.lesson)));
    state.job.emplace(state.wakeup, [&state, lesson = state.lesson](Job& job) {
        build_and_test(state, job, *lesson);
    });
}

BuildHooks hooks_of(WatchState& state, Job& job) {
    return {[&state, &job](std::string_view word) {
                job.post([&state, word = std::string(word)] { state.round.doing = word; });
            },
            [&job] { return job.cancelled(); }};
}

}  // namespace tutor
