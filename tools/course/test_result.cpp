#include "course/test_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "support/protocol.hpp"
#include "text/text.hpp"
#include "text/wrap.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

std::string words_in_lines(std::string_view text, std::size_t width) {
    WrapOptions options;
    options.columns = width;
    options.whole_words = true;
    options.hanging = 0;
    return wrapped(text, options);
}

std::string code_in_lines(const std::string& text, std::size_t width) {
    WrapOptions options;
    options.columns = width;
    options.whole_words = true;
    options.indent = 4;
    options.hanging = 8;
    return wrapped(text.find('\n') == std::string::npos ? text : in_one_line(text), options);
}

// Its lines are columns, the first has their heads; one that is too long goes on under the last.
std::string timeline_in_lines(const std::string& timeline, std::size_t width) {
    WrapOptions options;
    options.columns = width;
    options.whole_words = true;
    const std::string_view heads = lines_of(timeline).front();
    const std::string_view last = protocol::last_column;
    options.hanging = heads.ends_with(last) ? heads.size() - last.size() : 4;
    return wrapped(timeline, options);
}

bool say_the_same(const Failure& a, const Failure& b) {
    return a.messages == b.messages && a.expression == b.expression && a.expansion == b.expansion &&
           a.exception == b.exception;
}

std::string describe_failure(const Failure& failure, std::ptrdiff_t times, std::size_t width) {
    std::string text;
    for (const std::string& message : failure.messages) text += words_in_lines(message, width);
    if (!failure.expression.empty()) text += code_in_lines(failure.expression, width);
    if (!failure.expansion.empty()) text += code_in_lines("came to: " + failure.expansion, width);
    if (!failure.exception.empty()) text += code_in_lines("ended by: " + failure.exception, width);
    const std::string often = times > 1 ? fmt::format(" ({} times)", times) : std::string();
    if (failure.line > 0) {
        text += fmt::format("    at: {}:{}{}\n", failure.file, failure.line, often);
    }
    return text;
}

// What an allocation that was refused says.
std::string memory_notice(const std::string& output, std::size_t width) {
    constexpr std::string_view key = protocol::memory;
    for (const std::string_view line : lines_of(output)) {
        if (line.starts_with(key)) return words_in_lines(line.substr(key.size()), width);
    }
    return {};
}

std::string last_lines(const std::string& output, std::size_t most) {
    const std::vector<std::string_view> lines = lines_of(output);
    std::string text;
    for (std::size_t i = lines.size() > most ? lines.size() - most : 0; i < lines.size(); ++i) {
        text.append("    ").append(lines[i]).append("\n");
    }
    return text;
}

// The watchdog's words: what did not end, and what it adds, up to the timeline.
std::string hang_notice(const std::string& output, std::size_t width) {
    std::string text;
    for (const std::string_view line : lines_of(output)) {
        if (line == protocol::timeline_begins && !text.empty()) break;
        if (line.starts_with(protocol::hang)) {
            text += words_in_lines(line, width);
        } else if (!text.empty()) {
            text.append(line).append("\n");
        }
    }
    return text;
}

// A guard is looked at when all stages are.
void sort_by_stage(std::vector<Test>& tests) {
    const auto has_stage = [](const Test& test) { return test.stage > 0; };
    if (std::none_of(tests.begin(), tests.end(), has_stage)) return;
    std::stable_sort(tests.begin(), tests.end(), [](const Test& a, const Test& b) {
        return std::pair(!a.pitfall, a.stage) < std::pair(!b.pitfall, b.stage);
    });
}

}  // namespace

std::vector<Test> read_tests(const fs::path& list) {
    constexpr std::string_view pitfall = "pitfall";
    std::ifstream file(list);
    if (!file) {
        throw std::runtime_error(
            fmt::format("{} cannot be read; configuring with CMake writes it", list.string()));
    }
    std::vector<Test> tests;
    std::string line;
    while (std::getline(file, line)) {
        const std::size_t bar = line.find('|');
        if (bar == std::string::npos) continue;
        const std::string kind = line.substr(0, bar);
        Test& test = tests.emplace_back();
        test.name = line.substr(bar + 1);
        test.pitfall = kind.starts_with(pitfall);
        if (test.pitfall) test.stage = std::atoi(kind.c_str() + pitfall.size());
    }
    if (tests.empty()) throw std::runtime_error(fmt::format("{} names no test", list.string()));
    sort_by_stage(tests);
    return tests;
}

std::string describe(const TestResult& result, std::size_t width) {
    std::string text;
    const auto& failures = result.failures;
    for (auto failure = failures.begin(); failure != failures.end(); ++failure) {
        const auto same = [&](const Failure& other) { return say_the_same(other, *failure); };
        if (std::any_of(failures.begin(), failure, same)) continue;
        if (!text.empty()) text += "\n";
        text += describe_failure(*failure, std::count_if(failure, failures.end(), same), width);
    }
    const auto add = [&](const std::string& part) {
        if (part.empty()) return;
        if (!text.empty()) text += "\n";
        text += part;
    };
    add(memory_notice(result.output, width));
    if (result.verdict == Verdict::hung) {
        const std::string notice = hang_notice(result.output, width);
        add(result.stopped_by != 0 ? fmt::format("It was stopped by signal {} ({}), as nothing in "
                                                 "this course asks for, and was killed.\n",
                                                 result.stopped_by, ::strsignal(result.stopped_by))
            : result.flooded ? "It printed without an end and was killed. Is there a loop that "
                               "prints?\n"
            : notice.empty() ? "It did not end and was killed.\n"
                             : notice);
    }
    if (result.verdict == Verdict::crashed) {
        add(result.exited
                ? words_in_lines(
                      "The program ended in the middle of the test, without a crash: "
                      "something in it called exit(). A server's code answers, or throws; it "
                      "must not end the process.",
                      width)
            : result.signal != 0 ? fmt::format("It crashed: signal {} ({}).\n", result.signal,
                                               ::strsignal(result.signal))
                                 : std::string("It crashed: the program ended before the test did, "
                                               "or was found faulty after it.\n"));
        if (result.timeline.empty() && !result.output.empty()) {
            add("The last that it printed:\n" + last_lines(result.output, 20));
        }
    }
    if (!result.timeline.empty()) add(timeline_in_lines(result.timeline, width));
    return text;
}

}  // namespace tools
