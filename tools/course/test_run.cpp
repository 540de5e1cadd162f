#include "course/test_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <pugixml.hpp>
#include <random>
#include <stdexcept>
#include <string_view>

#include "process/command.hpp"
#include "process/temporary_folder.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

// The watchdog's own, see tests/support/watchdog.hpp.
constexpr int exit_status_of_a_hang = 86;

// When the code under test called exit(), see tests/support/seal.hpp.
constexpr int exit_status_of_an_exit = 87;

// More than any lesson needs, and less than brings a machine down. Catch2 keeps what goes through
// std::cout in memory, so a loop that prints eats it up. Sanitizers map far more than they use; the
// tests may be built with one where we are not.
std::size_t most_memory() {
    const bool sanitized = LEAKLINGS_SANITIZED || std::getenv("TSAN_OPTIONS") != nullptr;
    return sanitized ? 0 : 2UL << 30;
}

// The name as Catch2's filters want it.
std::string filter_for(const std::string& name) {
    std::string filter;
    for (const char c : name) {
        if (std::strchr("\\,[]\"~", c) != nullptr) filter += '\\';
        filter += c;
    }
    return filter;
}

// Catch2 writes 404 as "404 (0x194)", which says nothing more. By hand: this runs in several
// threads, and libstdc++'s regular expressions share a cache that ThreadSanitizer objects to.
std::string without_hexadecimals(std::string text) {
    constexpr std::string_view opening = " (0x";
    std::size_t at = 0;
    while ((at = text.find(opening, at)) != std::string::npos) {
        const std::size_t end = text.find_first_not_of("0123456789abcdef", at + opening.size());
        const bool doubled = at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9' &&
                             end != std::string::npos && end > at + opening.size() &&
                             text[end] == ')';
        if (doubled) {
            text.erase(at, end + 1 - at);
        } else {
            at += opening.size();
        }
    }
    return text;
}

// Paths in a report are as the compiler was given them; from the course's root they are shorter.
std::string from_root(const std::string& file) {
    const std::size_t at = file.rfind("/tests/");
    return at == std::string::npos ? file : file.substr(at + 1);
}

constexpr int most_lines_of_an_assertion = 12;

struct Report {
    bool seen = false;      // the test began
    bool complete = false;  // and ended, with nothing cut off
    bool succeeded = false;
    bool threw = false;
    bool crashed = false;
    bool sealed = false;   // by the tests themselves, see tests/support/seal.hpp
    std::string captured;  // by Catch2: what went through std::cout, then std::cerr
    std::vector<Failure> failures;
};

// An assertion that goes over several lines is at its first one for clang, and at its last for g++.
// Here it is at its first.
int first_line_of_assertion(const std::string& file, int line) {
    std::ifstream source(file);
    int begin = line;
    std::string text;
    for (int number = 1; number <= line && std::getline(source, text); ++number) {
        constexpr std::array macros = {"EXPECT(", "NEED(", "CHECK", "REQUIRE", "FAIL"};
        const std::string_view code = trimmed(text);
        const auto opens = [&](const char* macro) { return code.find(macro) != code.npos; };
        if (std::any_of(macros.begin(), macros.end(), opens)) begin = number;
    }
    // Further up is another one's end: this is a place where no assertion begins.
    return line - begin <= most_lines_of_an_assertion ? begin : line;
}

void fill_place(Failure& failure, const pugi::xml_node& node) {
    const std::string file = node.attribute("filename").as_string();
    failure.file = from_root(file);
    failure.line = first_line_of_assertion(file, node.attribute("line").as_int());
}

Failure read_expression(const pugi::xml_node& node) {
    Failure failure;
    fill_place(failure, node);
    const std::string macro = node.attribute("type").as_string();
    std::string original(trimmed(node.child_value("Original")));
    const std::string_view negated = "!(";
    if (macro.ends_with("_FALSE") && original.starts_with(negated)) {
        original = original.substr(negated.size(), original.size() - negated.size() - 1);
    }
    if (!macro.empty()) failure.expression = fmt::format("{}( {} )", macro, original);
    if (!node.child("Exception") && !node.child("FatalErrorCondition")) {
        failure.expansion =
            without_hexadecimals(std::string(trimmed(node.child_value("Expanded"))));
    }
    return failure;
}

// The children of a <TestCase> or a <Section>, in order: what an <Info> says belongs to the next
// failure.
void read_events(const pugi::xml_node& parent, Report& report) {
    std::vector<std::string> messages;
    const auto add = [&](Failure failure) {
        failure.messages.insert(failure.messages.begin(), messages.begin(), messages.end());
        messages.clear();
        report.failures.push_back(std::move(failure));
    };
    for (const pugi::xml_node& node : parent.children()) {
        const std::string_view name = node.name();
        if (name == "Info") {
            messages.emplace_back(trimmed(node.child_value()));
        } else if (name == "Expression") {
            Failure failure = read_expression(node);
            if (const auto exception = node.child("Exception")) {
                report.threw = true;
                failure.exception = trimmed(exception.child_value());
            }
            if (const auto fatal = node.child("FatalErrorCondition")) {
                report.crashed = true;
                failure.exception = trimmed(fatal.child_value());
            }
            add(std::move(failure));
        } else if (name == "Failure") {
            Failure failure;
            fill_place(failure, node);
            const std::string_view message = trimmed(node.child_value());
            if (!message.empty()) failure.messages.emplace_back(message);
            add(std::move(failure));
        } else if (name == "Exception" || name == "FatalErrorCondition") {
            (name == "Exception" ? report.threw : report.crashed) = true;
            Failure failure;
            fill_place(failure, node);
            failure.exception = trimmed(node.child_value());
            add(std::move(failure));
        } else if (name == "Section") {
            read_events(node, report);
        }
    }
}

// Catch2 versions 2 and 3 name the elements around a <TestCase> differently, so it is searched for.
Report read_report(const pugi::xml_document& document, const std::string& test) {
    Report report;
    const pugi::xml_node found = document.find_node([&](const pugi::xml_node& node) {
        return std::string_view(node.name()) == "TestCase" &&
               test == node.attribute("name").as_string();
    });
    if (!found) return report;
    report.seen = true;
    report.succeeded = found.child("OverallResult").attribute("success").as_bool();
    for (const char* stream : {"StdOut", "StdErr"}) {
        const std::string_view text = trimmed(found.child("OverallResult").child_value(stream));
        if (!text.empty()) report.captured.append(printable(text)).append("\n");
    }
    read_events(found, report);
    return report;
}

std::string timeline_in(const std::string& output) {
    std::string timeline;
    bool inside = false;
    for (const std::string_view line : lines_of(output)) {
        if (!inside && line == "timeline") {
            inside = true;
            timeline.clear();
        } else if (inside && line == "end of timeline") {
            inside = false;
        } else if (inside) {
            timeline.append(line).append("\n");
        }
    }
    return timeline;
}

// Takes the line that says where the page is out of the output.
fs::path page_out_of(std::string& output) {
    constexpr std::string_view key = "timeline page: ";
    fs::path page;
    std::string rest;
    for (const std::string_view line : lines_of(output)) {
        if (line.starts_with(key)) {
            page = line.substr(key.size());
        } else {
            rest.append(line).append("\n");
        }
    }
    if (!page.empty()) output = rest;
    return page;
}

// Nobody guesses it.
std::string secret_word() {
    std::random_device random;
    std::string word;
    for (int i = 0; i < 4; ++i) word += fmt::format("{:08x}", random());
    return word;
}

bool holds(const fs::path& file, const std::string& word) {
    std::ifstream stream(file);
    std::string text;
    return std::getline(stream, text) && text == word;
}

// In the middle of the test, by its own will, whatever the report says. Another status may be a
// sanitizer's.
bool exited(const Outcome& outcome, const Report& report) {
    return outcome.exit_status == exit_status_of_an_exit ||
           (outcome.exit_status == 0 && !report.sealed);
}

bool ended_by_us(const Outcome& outcome) {
    return outcome.out_of_time || outcome.flooded || outcome.stopped_by != 0 ||
           outcome.exit_status == exit_status_of_a_hang;
}

// A run of a tests' executable: what it writes goes into a folder of its own, so that a crash
// leaves nothing behind.
class Run {
 public:
    Run(const fs::path& executable, const std::vector<std::string>& which, const fs::path& pages) {
        command.words = {executable.string()};
        command.words.insert(command.words.end(), which.begin(), which.end());
        command.words.insert(command.words.end(),
                             {"--reporter", "xml", "--out", report().string()});
        command.environment = {{"TMPDIR", folder_.path().string()},
                               {"LEAKLINGS_PAGES", pages.string()},
                               {"LEAKLINGS_SEAL", seal().string() + "|" + word_}};
        command.temporary = folder_.path();
        command.most_memory = most_memory();
    }
    fs::path report() const { return folder_.path() / "report.xml"; }
    bool is_sealed() const { return holds(seal(), word_); }

    Command command;

 private:
    fs::path seal() const { return folder_.path() / "seal"; }

    const TemporaryFolder folder_{place_for_quick_files()};
    const std::string word_ = secret_word();
};

Verdict verdict_of(const Outcome& outcome, const Report& report) {
    if (ended_by_us(outcome)) return Verdict::hung;
    if (outcome.signal != 0 || exited(outcome, report)) return Verdict::crashed;
    if (report.crashed || !report.complete) return Verdict::crashed;
    if (report.threw) return Verdict::threw;
    if (!report.succeeded) return Verdict::failed;
    // The test passed, but the process did not: a sanitizer's finding, or a crash on the way out.
    // Or the report is not what the tests had to say.
    return report.sealed && outcome.ok() ? Verdict::passed : Verdict::crashed;
}

// Continuation lines are indented by `hanging`; a word that is too long stays whole.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent,
                    std::size_t hanging) {
    const std::string whole = std::string(indent, ' ') + std::string(text);
    if (width_of(whole) <= width && whole.find('\n') == std::string::npos) return whole + "\n";
    std::string result;
    std::string line(indent, ' ');
    bool empty = true;
    for (const std::string_view word : words_of(text)) {
        if (!empty && width_of(line) + 1 + width_of(word) > width) {
            result += line + "\n";
            line.assign(hanging, ' ');
            empty = true;
        }
        if (!empty) line += ' ';
        line += word;
        empty = false;
    }
    return result + line + "\n";
}

// Its lines are columns; one that is too long goes on under the last column.
std::string wrapped_timeline(const std::string& timeline, std::size_t width) {
    std::size_t column = 4;
    std::string result;
    for (const std::string_view line : lines_of(timeline)) {
        if (line.ends_with("  connection  what")) column = line.size() - 4;
        std::string rest(line);
        while (width_of(rest) > width) {
            const std::size_t space = rest.rfind(' ', width);
            if (space == std::string::npos || space <= column) break;
            result += rest.substr(0, space) + "\n";
            rest = std::string(column, ' ') + rest.substr(space + 1);
        }
        result += rest + "\n";
    }
    return result;
}

bool say_the_same(const Failure& a, const Failure& b) {
    return a.messages == b.messages && a.expression == b.expression && a.expansion == b.expansion &&
           a.exception == b.exception;
}

std::string describe_failure(const Failure& failure, std::ptrdiff_t times, std::size_t width) {
    std::string text;
    for (const std::string& message : failure.messages) {
        for (const std::string_view line : lines_of(message)) text += wrapped(line, width, 0, 0);
    }
    if (!failure.expression.empty()) text += wrapped(failure.expression, width, 4, 8);
    if (!failure.expansion.empty()) text += wrapped("came to: " + failure.expansion, width, 4, 8);
    if (!failure.exception.empty()) text += wrapped("ended by: " + failure.exception, width, 4, 8);
    const std::string often = times > 1 ? fmt::format(" ({} times)", times) : std::string();
    if (failure.line > 0) {
        text += fmt::format("    at: {}:{}{}\n", failure.file, failure.line, often);
    }
    return text;
}

// What an allocation that was refused says, see tests/support/memory.cpp.
std::string memory_notice(const std::string& output, std::size_t width) {
    constexpr std::string_view key = "MEMORY: ";
    for (const std::string_view line : lines_of(output)) {
        if (line.starts_with(key)) return wrapped(line.substr(key.size()), width, 0, 0);
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

// The watchdog's words: its line that begins with HANG: and what it adds, up to the timeline.
std::string hang_notice(const std::string& output, std::size_t width) {
    std::string text;
    for (const std::string_view line : lines_of(output)) {
        if (line == "timeline" && !text.empty()) break;
        if (line.starts_with("HANG:")) {
            text += wrapped(line, width, 0, 0);
        } else if (!text.empty()) {
            text.append(line).append("\n");
        }
    }
    return text;
}

}  // namespace

std::vector<Test> read_tests(const fs::path& list) {
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
        tests.push_back({line.substr(bar + 1), line.substr(0, bar) == "pitfall"});
    }
    if (tests.empty()) throw std::runtime_error(fmt::format("{} names no test", list.string()));
    return tests;
}

TestResult run_test(const fs::path& executable, const Test& test, std::chrono::seconds limit,
                    const std::function<bool()>& cancelled, const fs::path& pages) {
    Run alone(executable, {filter_for(test.name)}, pages);
    alone.command.limit = limit;
    alone.command.cancelled = cancelled;
    Outcome outcome = run(alone.command);
    outcome.output = printable(outcome.output);
    pugi::xml_document document;
    const bool complete = static_cast<bool>(document.load_file(alone.report().c_str()));
    Report report = read_report(document, test.name);
    report.complete = complete;
    report.sealed = alone.is_sealed();
    const bool ended = outcome.exit_status >= 0 && !exited(outcome, report);
    if (ended && report.complete && !report.seen) {
        throw std::runtime_error(
            fmt::format("{} has no test \"{}\"; it may be older than its source",
                        executable.filename().string(), test.name));
    }
    TestResult result;
    result.test = test;
    result.verdict = verdict_of(outcome, report);
    result.failures = report.failures;
    result.timeline = timeline_in(outcome.output);
    result.output = outcome.output + report.captured;
    result.page = page_out_of(result.output);
    result.signal = outcome.signal;
    result.stopped_by = outcome.stopped_by;
    result.flooded = outcome.flooded;
    result.exited = exited(outcome, report);
    return result;
}

std::vector<TestResult> run_together(const fs::path& executable, const std::vector<Test>& tests,
                                     unsigned seed) {
    Run all(executable, {"--order", "rand", "--rng-seed", std::to_string(seed)}, {});
    all.command.limit = std::chrono::seconds(600);
    const Outcome outcome = run(all.command);
    pugi::xml_document document;
    if (!document.load_file(all.report().c_str())) return {};
    std::vector<TestResult> results;
    bool all_pass = true;
    for (const Test& test : tests) {
        Report report = read_report(document, test.name);
        if (!report.seen) return {};
        all_pass = all_pass && report.succeeded;
        const Verdict verdict = report.crashed     ? Verdict::crashed
                                : report.threw     ? Verdict::threw
                                : report.succeeded ? Verdict::passed
                                                   : Verdict::failed;
        TestResult& result = results.emplace_back();
        result.test = test;
        result.verdict = verdict;
        result.failures = std::move(report.failures);
    }
    Report whole;
    whole.sealed = all.is_sealed();
    const bool ended = outcome.exit_status >= 0 && outcome.signal == 0 && !ended_by_us(outcome) &&
                       !exited(outcome, whole);
    if (!ended || outcome.ok() != all_pass) return {};
    return results;
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
                ? wrapped("The program ended in the middle of the test, without a crash: "
                          "something in it called exit(). A server's code answers, or throws; it "
                          "must not end the process.",
                          width, 0, 0)
            : result.signal != 0 ? fmt::format("It crashed: signal {} ({}).\n", result.signal,
                                               ::strsignal(result.signal))
                                 : std::string("It crashed: the program ended before the test did, "
                                               "or was found faulty after it.\n"));
        if (result.timeline.empty() && !result.output.empty()) {
            add("The last that it printed:\n" + last_lines(result.output, 20));
        }
    }
    if (!result.timeline.empty()) add(wrapped_timeline(result.timeline, width));
    return text;
}

}  // namespace tools
