#include "overlooked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "starters.hpp"
#include "test_run.hpp"
#include "text.hpp"

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

std::string code_in(const fs::path& folder) {
    std::string code;
    for (const fs::path& file : entries_of(folder)) {
        if (fs::is_regular_file(file)) code += tools::read_file(file) + "\n";
    }
    return code;
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

std::set<std::string_view> lines_that_say_something(const std::string& code) {
    std::set<std::string_view> lines;
    for (const std::string_view line : tools::lines_of(code)) {
        const std::string_view text = tools::trimmed(line);
        if (text.size() > 2 && !text.starts_with("//") && !text.starts_with("#"))
            lines.insert(text);
    }
    return lines;
}

// From 0, nothing in common, to 1, the same.
template <typename T>
double likeness(const std::set<T>& a, const std::set<T>& b) {
    const auto common =
        std::count_if(a.begin(), a.end(), [&](const T& each) { return b.contains(each); });
    const auto all = static_cast<std::ptrdiff_t>(a.size() + b.size()) - common;
    return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

std::set<std::string> set_of(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
}

bool as_at_the_start(const Desk& desk, const tools::Lesson& lesson,
                     const std::vector<std::string>& red) try {
    const auto tests = tools::read_tests(desk.build() / "tests" / (lesson.stem + ".list"));
    return std::all_of(tests.begin(), tests.end(), [&](const tools::Test& test) {
        return !test.pitfall || std::find(red.begin(), red.end(), test.name) != red.end();
    });
} catch (const std::runtime_error&) {
    return true;  // not built, so not known
}

std::string code_of_starter(const Desk& desk, const tools::Lesson& lesson) try {
    std::string code;
    for (const auto& [name, text] : starter_of(desk.root, lesson)) code += text + "\n";
    return code;
} catch (const std::runtime_error&) {
    return {};
}

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
            answer.code += text + "\n";
            read_opening(text, answer);
            const fs::path right = root / "solutions" / lesson.stem / file.filename();
            if (fs::exists(right)) cut_off_opening_of(tools::read_file(right), answer.overlooks);
        }
        if (!answer.overlooks.empty()) answers.push_back(std::move(answer));
    }
    return answers;
}

const WrongAnswer* most_like(const std::vector<WrongAnswer>& answers, const Failing& failing) {
    const std::set<std::string> red = set_of(failing.red);
    const auto code = lines_that_say_something(failing.code);
    const double like_starter = likeness(code, lines_that_say_something(failing.starter));
    const WrongAnswer* best = nullptr;
    double most = 0;
    for (const WrongAnswer& answer : answers) {
        const std::set<std::string> named = set_of(answer.rejected_by);
        const bool fails_like_this =
            !named.empty() && std::includes(red.begin(), red.end(), named.begin(), named.end());
        if (!fails_like_this) continue;
        const double in_code = likeness(code, lines_that_say_something(answer.code));
        const bool hardly_begun =
            failing.as_at_the_start && (failing.starter.empty() || in_code <= like_starter);
        if (hardly_begun) continue;
        const double score = likeness(red, named) + in_code;
        if (score > most) {
            most = score;
            best = &answer;
        }
    }
    return best;
}

std::string what_is_overlooked(Desk& desk, const tools::Lesson& lesson) {
    Failing failing;
    failing.red = desk.progress.red(lesson.stem);
    if (failing.red.empty() || is_untouched(desk.root, lesson)) return {};
    failing.code = code_in(desk.root / "lessons" / lesson.stem);
    failing.starter = code_of_starter(desk, lesson);
    failing.as_at_the_start = as_at_the_start(desk, lesson, failing.red);
    const std::vector<WrongAnswer> answers = wrong_answers(desk.root, lesson);
    const WrongAnswer* answer = most_like(answers, failing);
    if (answer == nullptr) return {};
    return wrapped("One answer that fails like this overlooks: " + answer->overlooks);
}

}  // namespace tutor
