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

void end_round(Watched& watched, std::string trouble) {
    Round& round = watched.round;
    round.ended = Round::Clock::now();
    round.trouble = std::move(trouble);
    watched.changed();
    if (!round.results.empty()) {
        watched.context.progress.set_red(watched.lesson->stem, names_of_red(round.results));
        remember_failures(watched.context, *watched.lesson, round.results);
    }
    if (round.all_green()) watched.context.progress.mark_done(watched.lesson->stem);
}

void test_lesson(Watched& watched, Job& job, const tools::Lesson& lesson) {
    const std::vector<tools::Test> tests = tests_of(watched.context, lesson);
    job.post([&watched, tests] {
        watched.round.tests = tests;
        name_next_test(watched.round);
    });
    run_tests(
        watched.context, lesson, tests, [&job] { return job.cancelled(); },
        [&watched, &job](tools::TestResult result) {
            job.post([&watched, result = std::move(result)] {
                watched.round.results.push_back(result);
                name_next_test(watched.round);
                watched.changed();
            });
        },
        AfterHang::stop,
        [&watched, &job](const tools::TestResult& result) {
            if (is_green(result)) return;
            job.post([&watched, result] {
                watched.round.early.push_back(result);
                watched.changed();
            });
        });
}

// In the job's thread: of what is watched it touches only the context's root
// and lessons, which stay as they are.
void build_and_test(Watched& watched, Job& job, const tools::Lesson& lesson) try {
    build_and_use(watched.context, lesson, hooks_of(watched, job), [&](const Build& build) {
        job.post([&watched, build] {
            watched.round.build = build;
            watched.round.results.clear();
            watched.round.early.clear();
        });
        if (build.ok()) test_lesson(watched, job, lesson);
    });
    if (!job.cancelled()) job.post([&watched] { end_round(watched, {}); });
} catch (const std::exception& error) {
    job.post([&watched, why = std::string(error.what())] { end_round(watched, why); });
}

}  // namespace

void watch_lesson(Watched& watched, const tools::Lesson& lesson) {
    watched.lesson = &lesson;
    watched.changes.emplace(watched.context.root / "lessons" / lesson.stem);
    watched.said = Round();
    start_round(watched, Round::Clock::now(), false);
}

void start_round(Watched& watched, Round::Clock::time_point began, bool after_save) {
    watched.job.reset();
    if (watched.round.says_something() && watched.round.lesson == watched.lesson)
        watched.said = std::move(watched.round);
    watched.round = Round();
    watched.round.lesson = watched.lesson;
    watched.round.began = began;
    watched.round.after_save = after_save;
    watched.round.doing = "building";
    watched.changed();
    watched.began();
    watched.job.emplace(watched.wakeup, [&watched, lesson = watched.lesson](Job& job) {
        build_and_test(watched, job, *lesson);
    });
}

const Round& worth_reading(const Watched& watched) {
    return watched.round.says_something() ? watched.round : watched.said;
}

BuildHooks hooks_of(Watched& watched, Job& job) {
    return {[&watched, &job](std::string_view word) {
                job.post([&watched, word = std::string(word)] { watched.round.doing = word; });
            },
            [&job] { return job.cancelled(); }};
}

}  // namespace tutor
