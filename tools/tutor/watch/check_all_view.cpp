#include "tutor/watch/check_all_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "tutor/build.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/standing.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/watch/keys.hpp"

namespace tutor {

void CheckAllView::start() {
    state().job.reset();
    title_ = "All lessons";
    text_.clear();
    switch_to(state(), ViewName::check_all);
    state().job.emplace(state().wakeup, [this](Job& job) {
        for (const tools::Lesson& lesson : state().context.lessons) {
            if (!job.cancelled()) check(job, lesson);
        }
    });
}

// In the job's thread.
void CheckAllView::check(Job& job, const tools::Lesson& lesson) try {
    const Screen& screen = state().screen;
    const auto say = [&](std::string word) {
        job.post([this, &lesson, word = std::move(word)] {
            title_ = fmt::format("{}: {}", name_of(lesson), word);
        });
    };
    const BuildHooks hooks = {[&](std::string_view word) { say(std::string(word)); },
                              [&] { return job.cancelled(); }};
    bool built = false;
    std::vector<tools::Test> tests;
    std::vector<tools::TestResult> results;
    build_and_use(state().context, lesson, hooks, [&](const Build& build) {
        built = build.ok();
        if (!built) return;
        tests = tests_of(state().context, lesson);
        say("its tests");
        results.clear();
        run_tests(state().context, lesson, tests, hooks.cancelled,
                  [&](tools::TestResult result) { results.push_back(std::move(result)); });
    });
    if (job.cancelled()) return;
    if (!built) return tell(job, lesson, screen.bad("does not compile"));
    const Standing standing = standing_of(tests, results);
    const bool all = standing.at.green == standing.at.tests;
    const std::string sum = in_words(standing);
    tell(job, lesson, all ? screen.good(sum) : sum, names_of_red(results));
} catch (const std::exception& error) {
    tell(job, lesson, error.what());
}

// What was not tested stays as it was.
void CheckAllView::tell(Job& job, const tools::Lesson& lesson, std::string verdict,
                        std::optional<std::vector<std::string>> red) {
    job.post([this, &lesson, red = std::move(red), verdict = std::move(verdict)] {
        Context& context = state().context;
        text_ += fmt::format("{}  {}: {}\n", lesson.number, lesson.title, verdict);
        state().stale = true;
        if (red) context.progress.set_red(lesson.stem, *red);
        if (red && red->empty()) context.progress.mark_done(lesson.stem);
        if (&lesson == &context.lessons.back()) title_ = "All lessons are checked";
    });
}

std::string CheckAllView::title() const {
    return state().screen.strong(title_);
}

std::vector<std::string> CheckAllView::body() {
    return fitted(text_);
}

std::vector<std::string> CheckAllView::keys() const {
    return {key_line("Esc", state().job ? "stops it" : "back"), key_line("q", "quit")};
}

AfterKey CheckAllView::press(int key) {
    if (key == 'q') {
        state().status = all_well;
        return AfterKey::stay;
    }
    return key == key_escape || key == key_enter ? AfterKey::back : AfterKey::back_with_a_key;
}

std::size_t CheckAllView::top(std::size_t /*height*/, std::size_t last) const {
    return state().job ? last : state().frame.top;
}

void CheckAllView::close() {
    state().job.reset();
}

}  // namespace tutor
