#include "tutor/known_mistakes.hpp"

#include <set>
#include <stdexcept>

#include "course/answer.hpp"
#include "course/test_result.hpp"
#include "text/text.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

fs::path failures_file(const Context& context, const tools::Lesson& lesson) {
    return context.build() / "tests" / (lesson.stem + ".failing");
}

constexpr const char* learners = "learner";  // the answer's name in that file

}  // namespace

std::string known_mistake_like(const fs::path& root, const tools::Lesson& lesson,
                               const tools::FailedTests& failed) {
    const fs::path record = root / "tests" / "failing" / (lesson.stem + ".txt");
    if (!fs::exists(record)) return {};
    const auto known = tools::read_failures(tools::read_file(record));
    const tools::KnownFailure* like = tools::the_one_like(known, failed);
    if (like == nullptr) return {};
    return tools::answer_of(root, lesson.stem, like->answer).overlooks;
}

void remember_failures(const Context& context, const tools::Lesson& lesson,
                       const std::vector<tools::TestResult>& results) try {
    tools::write_file(failures_file(context, lesson),
                      tools::written({{learners, tools::failed_tests_of(results)}}));
} catch (const std::runtime_error&) {
    // Nothing will be said, then.
}

std::string likely_mistake(Context& context, const tools::Lesson& lesson) try {
    const std::vector<std::string> names = context.progress.red(lesson.stem);
    if (names.empty() || is_untouched(context.root, lesson)) return {};
    const auto remembered = tools::read_failures(tools::read_file(failures_file(context, lesson)));
    if (remembered.size() != 1) return {};
    const tools::FailedTests& failed = remembered.front().failed;
    std::set<std::string> of_last_run(names.begin(), names.end());
    for (const tools::FailedTest& red : failed) {
        if (of_last_run.erase(red.test) == 0) return {};
    }
    if (!of_last_run.empty()) return {};
    const std::string overlooks = known_mistake_like(context.root, lesson, failed);
    if (overlooks.empty()) return {};
    return wrapped("One answer that fails like this overlooks: " + overlooks);
} catch (const std::runtime_error&) {
    return {};  // not tested since the last build, or not readable
}

}  // namespace tutor
