#include "tutor/known_mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "course/test_result.hpp"
#include "text/text.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    if (!fs::is_directory(folder)) return entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

// Reads the lines that a wrong answer opens with. What follows `// Overlooks: ` runs on until a
// line that is empty or no comment.
void read_opening(const std::string& text, WrongAnswer& answer) {
    constexpr std::string_view rejected_by = "// Rejected by:";
    constexpr std::string_view overlooks = "// Overlooks:";
    bool inside = false;
    for (const std::string_view line : tools::lines_of(text)) {
        if (!line.starts_with("//")) break;
        if (line.starts_with(rejected_by)) {
            answer.rejected_by.emplace_back(tools::trimmed(line.substr(rejected_by.size())));
            continue;
        }
        const bool begins = line.starts_with(overlooks);
        const std::string_view words =
            tools::trimmed(line.substr(begins ? overlooks.size() : std::size_t{2}));
        inside = (inside && !words.empty()) || begins;
        if (!inside) continue;
        if (!answer.overlooks.empty()) answer.overlooks += ' ';
        answer.overlooks += words;
    }
}

// The comment that the solution's file opens with often follows on what the answer overlooks, and
// is none of it.
void cut_off_opening_of(const std::string& solution, std::string& overlooks) {
    std::string opening;
    for (const std::string_view line : tools::lines_of(solution)) {
        if (!line.starts_with("// ")) break;
        opening.append(opening.empty() ? "" : " ").append(line.substr(3));
        const std::size_t at = overlooks.find(opening);
        if (opening.ends_with('.') && at != std::string::npos && at > 0) {
            overlooks = tools::trimmed(overlooks.substr(0, at));
            return;
        }
    }
}

fs::path failures_file(const Context& context, const tools::Lesson& lesson) {
    return context.build() / "tests" / (lesson.stem + ".failing");
}

constexpr const char* learners = "learner";  // the answer's name in that file

}  // namespace

std::vector<WrongAnswer> wrong_answers(const fs::path& root, const tools::Lesson& lesson) {
    std::vector<WrongAnswer> answers;
    for (const fs::path& folder : entries_of(root / "tests" / "answers" / lesson.stem)) {
        if (!folder.filename().string().starts_with("wrong_")) continue;
        WrongAnswer answer;
        answer.name = folder.filename().string();
        for (const fs::path& file : entries_of(folder)) {
            if (!fs::is_regular_file(file)) continue;
            const std::string text = tools::read_file(file);
            read_opening(text, answer);
            const fs::path right = root / "solutions" / lesson.stem / file.filename();
            if (fs::exists(right)) cut_off_opening_of(tools::read_file(right), answer.overlooks);
        }
        if (!answer.overlooks.empty()) answers.push_back(std::move(answer));
    }
    return answers;
}

std::string known_mistake_like(const fs::path& root, const tools::Lesson& lesson,
                               const tools::Reds& reds) {
    const fs::path record = root / "tests" / "failing" / (lesson.stem + ".txt");
    if (!fs::exists(record)) return {};
    const auto known = tools::read_failures(tools::read_file(record));
    const tools::KnownFailure* like = tools::the_one_like(known, reds);
    if (like == nullptr) return {};
    for (const WrongAnswer& answer : wrong_answers(root, lesson)) {
        if (answer.name == like->answer) return answer.overlooks;
    }
    return {};
}

void remember_failures(const Context& context, const tools::Lesson& lesson,
                       const std::vector<tools::TestResult>& results) try {
    tools::write_file(failures_file(context, lesson),
                      tools::written({{learners, tools::reds_of(results)}}));
} catch (const std::runtime_error&) {
    // Nothing will be said, then.
}

std::string likely_mistake(Context& context, const tools::Lesson& lesson) try {
    const std::vector<std::string> names = context.progress.red(lesson.stem);
    if (names.empty() || is_untouched(context.root, lesson)) return {};
    const auto remembered = tools::read_failures(tools::read_file(failures_file(context, lesson)));
    if (remembered.size() != 1) return {};
    const tools::Reds& reds = remembered.front().reds;
    std::set<std::string> of_last_run(names.begin(), names.end());
    for (const tools::Red& red : reds) {
        if (of_last_run.erase(red.test) == 0) return {};
    }
    if (!of_last_run.empty()) return {};
    const std::string overlooks = known_mistake_like(context.root, lesson, reds);
    if (overlooks.empty()) return {};
    return wrapped("One answer that fails like this overlooks: " + overlooks);
} catch (const std::runtime_error&) {
    return {};  // not tested since the last build, or not readable
}

}  // namespace tutor
