#include "tutor/failure_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/protocol.hpp"
#include "text/text.hpp"

namespace tutor {
namespace {

constexpr std::size_t most_printed = 20;  // lines of what the code under test printed itself

std::string usual_reason(int signal, const std::string& output) {
    if (output.find(protocol::stack_overflow) != std::string::npos)
        return "The stack is used up: a function calls itself without end, perhaps through others.";
    switch (signal) {
        case SIGSEGV:
        case SIGBUS:
            return "It touched memory that is not there. Usually that is a null pointer, "
                   "something used after it was destroyed (a reference that a handler captured, a "
                   "connection that somebody else has closed), or a function that calls itself "
                   "without end.";
        case SIGABRT:
            return "The program aborted. Usually that means an exception that nobody could "
                   "catch (out of a destructor, out of a function marked noexcept, out of a "
                   "thread, while another was on its way), "
                   "memory freed twice, or a library's assertion: SQLiteCpp has one against a "
                   "connection that closes before its statements.";
        case SIGFPE:
            return "An integer was divided by zero.";
        case SIGILL:
            return "The end of a function that must return something was reached.";
        case SIGKILL:
            return "It was killed from outside, often because memory ran out.";
        default:
            return {};
    }
}

// What the runtime prints before it aborts says more than the signal.
std::string last_words(const std::string& output) {
    std::string words;
    for (const std::string_view line : tools::lines_of(output)) {
        const bool telling = line.starts_with("terminate called") ||
                             line.starts_with("libc++abi: terminating") ||
                             line.find("  what():  ") != std::string_view::npos ||
                             line.find("Assertion `") != std::string_view::npos ||
                             line.starts_with("free(): ") || line.starts_with("double free");
        if (telling) words.append("    ").append(tools::trimmed(line)).append("\n");
    }
    return words;
}

// What the learner's code printed: all but the timeline and the words of the test support.
std::vector<std::string_view> printed(const std::string& output) {
    std::vector<std::string_view> own;
    bool inside = false;
    for (const std::string_view line : tools::lines_of(output)) {
        if (line.starts_with(protocol::hang)) break;
        if (line == protocol::timeline_begins) inside = true;
        if (line.starts_with(protocol::memory) || line.starts_with(protocol::stack_overflow))
            continue;  // said already
        if (!inside && (!own.empty() || !tools::trimmed(line).empty())) own.push_back(line);
        if (line == protocol::timeline_ends) inside = false;
    }
    while (!own.empty() && tools::trimmed(own.back()).empty()) own.pop_back();
    return own;
}

void show_printed(const Screen& screen, const std::string& output) {
    const std::vector<std::string_view> lines = printed(output);
    if (lines.empty()) return;
    screen.line();
    screen.line("It printed:");
    for (std::size_t i = 0; i < lines.size() && i < most_printed; ++i) {
        screen.line(fmt::format("    {}", lines[i].substr(0, 200)));
    }
    if (lines.size() > most_printed) {
        screen.line(fmt::format("    ... and {} lines more", lines.size() - most_printed));
    }
}

// For a shell, and as Catch2's filters want it.
std::string quoted_filter(const std::string& name) {
    std::string quoted = "'";
    for (const char c : name) {
        if (c == ',' || c == '[' || c == ']' || c == '"' || c == '~') quoted += '\\';
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

void show_crash(const Screen& screen, const tools::TestResult& result,
                const std::filesystem::path& executable) {
    const std::string reason = usual_reason(result.signal, result.output);
    if (!reason.empty()) {
        screen.line();
        screen.text(wrapped(reason));
    }
    const std::string words = last_words(result.output);
    if (!words.empty()) {
        screen.line("Its last words:");
        screen.text(words);
    }
    const std::string test = quoted_filter(result.test.name);
    const std::string program = executable.filename().string();
    screen.line();
    screen.line("Where it happened, by the debugger (Debian: apt-get install gdb):");
    screen.line(
        fmt::format("    gdb -batch -ex run -ex bt --args build/lessons/bin/{} {}", program, test));
    screen.line("Whose memory it was, by the sanitizers (some minutes to build the first time):");
    screen.line(
        "    cmake --preset lessons -B build/sanitized -DLEAKLINGS_SANITIZE=address,undefined");
    screen.line(fmt::format("    cmake --build build/sanitized --target {}", program));
    screen.line(fmt::format("    build/sanitized/bin/{} {}", program, test));
}

}  // namespace

void show_failure_report(const Screen& screen, const tools::TestResult& result,
                         const std::filesystem::path& executable) {
    screen.line(screen.strong(result.test.name));
    screen.line();
    screen.text(tools::describe(result, text_width()));
    if (result.verdict == tools::Verdict::crashed && !result.exited) {
        show_crash(screen, result, executable);
    }
    const bool shown_already = result.verdict == tools::Verdict::crashed && result.timeline.empty();
    if (!shown_already) show_printed(screen, result.output);
}

void show_page(const Context& context, const tools::TestResult& result) {
    if (result.page.empty()) return;
    context.screen.line();
    context.screen.line(fmt::format("The timeline as a page: {}",
                                    result.page.lexically_proximate(context.root).string()));
}

void show_where_to_look(const Context& context, const tools::Lesson& lesson,
                        const tools::TestResult& result) {
    std::vector<std::pair<std::string, std::string_view>> places;
    for (const std::string& file : files_to_edit(lesson)) {
        places.emplace_back(file + ":1", "yours to edit");
    }
    const auto asked = std::find_if(result.failures.begin(), result.failures.end(),
                                    [](const tools::Failure& each) { return each.line != 0; });
    if (asked != result.failures.end()) {
        places.emplace_back(fmt::format("{}:{}", asked->file, asked->line),
                            "what the test asked for");
    }
    places.emplace_back(chapter_of(context, lesson) + ":1", "the chapter");
    std::size_t width = 0;
    for (const auto& [place, what] : places) width = std::max(width, place.size());
    std::string_view label = "Where to look:";
    for (const auto& [place, what] : places) {
        context.screen.line(
            fmt::format("{:<15} {:<{}}  {}", label, place, width, context.screen.faint(what)));
        label = "";
    }
}

}  // namespace tutor
