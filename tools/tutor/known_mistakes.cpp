#include "tutor/known_mistakes.hpp"

#include <set>
#include <stdexcept>

#include "course/answer.hpp"
#include "course/test_run.hpp"
#include "text/text.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

fs::path kept_failures(const Desk& desk, const tools::Lesson& lesson) {
    return desk.build() / "tests" / (lesson.stem + ".failing");
}

constexpr const char* learners = "learner";  // the answer's name in that file

}  // namespace

std::string overlooked_by_the_like_of(const fs::path& root, const tools::Lesson& lesson,
                                      const tools::Reds& reds) {
    const fs::path record = root / "tests" / "failing" / (lesson.stem + ".txt");
    if (!fs::exists(record)) return {};
    const auto known = tools::read_failures(tools::read_file(record));
    const tools::KnownFailure* like = tools::the_one_like(known, reds);
    if (like == nullptr) return {};
    return tools::answer_of(root, lesson.stem, like->answer).overlooks;
}

void remember_failures(const Desk& desk, const tools::Lesson& lesson,
                       const std::vector<tools::TestResult>& results) try {
    tools::write_file(kept_failures(desk, lesson),
                      tools::written({{learners, tools::reds_of(results)}}));
} catch (const std::runtime_error&) {
    // Nothing will be said, then.
}

std::string what_is_overlooked(Desk& desk, const tools::Lesson& lesson) try {
    const std::vector<std::string> names = desk.progress.red(lesson.stem);
    if (names.empty() || is_untouched(desk.root, lesson)) return {};
    const auto kept = tools::read_failures(tools::read_file(kept_failures(desk, lesson)));
    if (kept.size() != 1) return {};
    const tools::Reds& reds = kept.front().reds;
    std::set<std::string> of_last_run(names.begin(), names.end());
    for (const tools::Red& red : reds) {
        if (of_last_run.erase(red.test) == 0) return {};
    }
    if (!of_last_run.empty()) return {};
    const std::string overlooks = overlooked_by_the_like_of(desk.root, lesson, reds);
    if (overlooks.empty()) return {};
    return wrapped("One answer that fails like this overlooks: " + overlooks);
} catch (const std::runtime_error&) {
    return {};  // not tested since the last build, or not readable
}

}  // namespace tutor
