#include "tutor/build_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "text/text.hpp"
#include "tutor/diagnostics.hpp"
#include "tutor/file_trouble.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

constexpr std::size_t most_noise = 25;  // lines of a build that failed for a reason we do not know

// The line of code as the file has it now, for when the compiler did not show it.
std::vector<std::string> source_at(const fs::path& file, int line, int column) {
    std::string text;
    try {
        text = tools::read_file(file);
    } catch (const std::runtime_error&) {
        return {};
    }
    const std::vector<std::string_view> lines = tools::lines_of(text);
    if (line < 1 || static_cast<std::size_t>(line) > lines.size()) return {};
    const std::string number = fmt::format("{:>5}", line);
    const auto before = static_cast<std::size_t>(std::max(column, 1) - 1);
    return {fmt::format("{} | {}", number, lines[static_cast<std::size_t>(line) - 1]),
            fmt::format("{} | {}^", std::string(number.size(), ' '), std::string(before, ' '))};
}

void show_source(const Screen& screen, const std::vector<std::string>& source) {
    for (std::size_t i = 0; i < source.size(); ++i) {
        screen.line(i == 0 ? source[i] : screen.good(source[i]));
    }
}

std::string place(const fs::path& file, int line, int column) {
    return fmt::format("{}:{}:{}", file.string(), line, column);
}

// Returns what to do about it.
std::string show_error(const Context& context, const Diagnostic& error, const Places& places) {
    const Screen& screen = context.screen;
    const auto headline = [&](const std::string& where) {
        screen.line(
            fmt::format("{}: {} {}", screen.strong(where), screen.bad("error:"), error.message));
    };
    const std::string where = place(error.file, error.line, error.column);
    if (error.cause && !is_learners(error, places)) {
        const auto& cause = *error.cause;
        headline(place(cause.file, cause.line, cause.column));
        show_source(screen, source_at(context.root / cause.file, cause.line, cause.column));
        screen.line();
        screen.text(
            wrapped(fmt::format("The compiler reports it further in, at {}, but that line "
                                "of yours is the cause.",
                                where)));
        return "fix that line";
    }
    headline(where);
    show_source(screen, error.source.empty()
                            ? source_at(context.root / error.file, error.line, error.column)
                            : error.source);
    if (is_learners(error, places)) return "fix that line";
    screen.line();
    screen.text(wrapped(
        fmt::format("That file is not yours to edit. It is compiled against the files in {}: "
                    "keep the names, the parameters and the types that it uses as they were.",
                    places.learner.string())));
    return "fix your files";
}

// ", in shop.cpp and in other.cpp": those that are the learner's with their paths.
std::string places_of(const Context& context, const LinkError& error, const Places& places) {
    std::string words;
    for (const std::string& name : error.files) {
        const bool own = fs::exists(context.root / places.learner / name);
        words += fmt::format("{} in {}", words.empty() ? "," : " and",
                             own ? (places.learner / name).string() : name);
    }
    return words;
}

void show_link_error(const Context& context, const LinkError& error, const Places& places) {
    const Screen& screen = context.screen;
    if (error.kind == LinkError::Kind::defined_twice) {
        screen.text(wrapped(fmt::format(
            "Each file compiles, but {} is defined twice{}. A function defined in a header "
            "needs `inline`; of two definitions in .cpp files, remove one.",
            error.symbol, places_of(context, error, places))));
        return;
    }
    screen.text(
        wrapped(fmt::format("Each file compiles, but {} is declared and used, and defined "
                            "nowhere.",
                            error.symbol)));
    if (error.symbol.find("add_routes") != std::string::npos) {
        screen.text(wrapped(fmt::format(
            "It is the one function through which the tests and the server reach a lesson. One of "
            "the .cpp files in {} must define it, inside `namespace shop`, with the parameters "
            "that "
            "common/shop/routes.hpp declares.",
            places.learner.string())));
    } else {
        screen.text(
            wrapped("Look for a difference between the declaration and the definition: the "
                    "namespace, the class, a parameter's type, a missing `const`."));
    }
}

// Why a build fails though the code may be good, and what to do about it.
struct OutsideReason {
    std::string_view phrase;  // that the compiler, the linker or CMake says
    std::string_view words;
    std::string_view next;
};

// Nothing can be said of the code then, even if the compiler reports an error.
constexpr std::array<OutsideReason, 10> nothing_to_build_with = {{
    {"No space left on device", "The disk is full.", "free some space"},
    {"Disk quota exceeded", "Your disk quota is used up.", "free some space"},
    {"Bus error", "The linker was killed, most often because the disk is full.", "free some space"},
    {"still dirty after 100 tries",
     "A file of the course is dated in the future, and the build waits for that day.",
     "date the files now with: find cmake common lessons tests tools -newermt now -exec touch {} "
     "+"},
    {"Read-only file system", "The folder build/ cannot be written: it is read-only.",
     "copy the course to a folder of yours"},
    {"Killed signal terminated program", "The compiler was killed: there was no memory left.",
     "close something"},
    {"[Killed]", "The linker was killed: there was no memory left.", "close something"},
    {"virtual memory exhausted", "There was no memory left.", "close something"},
    {"cannot allocate memory", "There was no memory left.", "close something"},
    {"out of memory", "There was no memory left.", "close something"},
}};
// These may also be said of the code.
constexpr std::array<OutsideReason, 2> perhaps_nothing_to_build_with = {{
    {"Permission denied", "The folder build/ cannot be written: it is not yours.",
     "copy the course to a folder of yours"},
    {"++: not found", "The compiler is not there any more.",
     "rm -rf build, so that ./learn looks for what is missing"},
}};

// What is not a line of code that the compiler shows.
bool is_speech(std::string_view line) {
    return !line.starts_with(' ') && line.find("static assertion") == std::string_view::npos;
}

struct FoundReason {
    const OutsideReason* reason = nullptr;
    std::string_view line;  // that says so
};

template <std::size_t count>
FoundReason find_reason(const std::array<OutsideReason, count>& reasons, std::string_view output) {
    for (const std::string_view line : tools::lines_of(output)) {
        if (!is_speech(line)) continue;
        for (const OutsideReason& reason : reasons) {
            if (line.find(reason.phrase) != std::string_view::npos) return {&reason, line};
        }
    }
    return {};
}

// From the first line that speaks of an error, or else the last lines.
void show_noise(const Screen& screen, std::string_view output) {
    const std::vector<std::string_view> lines = tools::lines_of(output);
    auto begin = std::find_if(lines.begin(), lines.end(), [](std::string_view line) {
        return line.starts_with("CMake Error") || line.starts_with("FAILED: ") ||
               line.starts_with("ninja: error") || line.find("error:") != std::string_view::npos;
    });
    if (begin == lines.end() && lines.size() > most_noise) {
        begin = lines.end() - static_cast<std::ptrdiff_t>(most_noise);
    } else if (begin == lines.end()) {
        begin = lines.begin();
    }
    for (std::size_t shown = 0; begin != lines.end() && shown < most_noise; ++begin, ++shown) {
        screen.line(begin->substr(0, 300));
    }
}

fs::path write_log(const Context& context, const std::string& target,
                   const std::string& output) try {
    const fs::path log = fs::path("build") / "lessons" / "log" / (target + ".txt");
    fs::create_directories(context.root / log.parent_path());
    tools::write_file(context.root / log, output);
    return log;
} catch (const std::exception&) {
    return {};  // a full disk, most likely, and then that is what the learner is told
}

// When the build failed because one of the lesson's files is not there: which.
std::string file_missed(const Context& context, const tools::Lesson& lesson,
                        const Diagnostic* error, bool undefined) {
    const std::optional<std::string> include = error ? missing_include(*error) : std::nullopt;
    for (const std::string& gone : files_gone(context.root, lesson)) {
        const fs::path path = gone;
        const bool is_missed = include
                                   ? path.filename() == fs::path(*include).filename()
                                   : error == nullptr && undefined && path.extension() == ".cpp";
        if (is_missed) return gone;
    }
    return {};
}

// Returns what to do about it.
std::string show_failure(const Context& context, const tools::Lesson& lesson,
                         const std::string& target, const tools::Outcome& outcome,
                         const Places& places) {
    const Screen& screen = context.screen;
    const std::vector<Diagnostic> all = find_diagnostics(outcome.output, places);
    const Diagnostic* error = first_error(all, places);
    const auto link_error = find_link_error(outcome.output);
    const bool undefined = !link_error || link_error->kind == LinkError::Kind::undefined;
    FoundReason outside = find_reason(nothing_to_build_with, outcome.output);
    if (outside.reason == nullptr && error == nullptr && !link_error)
        outside = find_reason(perhaps_nothing_to_build_with, outcome.output);
    const fs::path log = write_log(context, target, outcome.output);
    std::string next = "fix it";
    const auto begin = [&](std::string_view what) {
        screen.line(screen.bad(fmt::format("{} {}", name_of(lesson), what)));
        screen.line();
    };
    if (outside.reason != nullptr) {
        begin("could not be built.");
        screen.line(outside.reason->words);
        screen.line(fmt::format("    {}", outside.line.substr(0, 300)));
        next = outside.reason->next;
    } else if (const auto trouble = find_file_trouble(context.root, lesson)) {
        begin("could not be built.");
        screen.text(wrapped(trouble->what));
        next = trouble->remedy;
    } else if (const std::string gone = file_missed(context, lesson, error, undefined);
               !gone.empty()) {
        begin("could not be built.");
        screen.line(fmt::format("{} is gone.", gone));
        next =
            fmt::format("./learn reset {} brings it back (what you wrote is kept)", lesson.number);
    } else if (error != nullptr) {
        begin("does not compile. The first error:");
        next = show_error(context, *error, places);
    } else if (link_error) {
        begin("cannot be linked.");
        show_link_error(context, *link_error, places);
    } else if (outcome.out_of_time) {
        begin("could not be built within half an hour.");
    } else {
        begin("could not be built.");
        show_noise(screen, outcome.output);
    }
    screen.line();
    if (!log.empty()) screen.line(fmt::format("Everything it said: {}", log.string()));
    return next;
}

void show_warnings(const Screen& screen, const std::vector<Diagnostic>& all, const Places& places) {
    constexpr int most = 3;
    int shown = 0;
    for (const Diagnostic& diagnostic : all) {
        if (!is_learners(diagnostic, places) || shown++ == most) continue;
        screen.line(fmt::format("{}: warning: {}",
                                place(diagnostic.file, diagnostic.line, diagnostic.column),
                                diagnostic.message));
    }
    if (shown > 0) screen.line();
}

}  // namespace

std::string show_build(const Context& context, const Build& build) {
    const std::string target = target_of(*build.lesson, build.part);
    const Places places = {context.root, context.build(), fs::path("lessons") / build.lesson->stem};
    if (!build.ok()) return show_failure(context, *build.lesson, target, build.outcome, places);
    show_warnings(context.screen, find_diagnostics(build.outcome.output, places), places);
    return {};
}

bool show_and_go_on(const Context& context, const Build& build) {
    const std::string next = show_build(context, build);
    if (build.ok()) return true;
    context.screen.line(
        fmt::format("How to go on:       {}, then ./learn test {}", next, build.lesson->number));
    return false;
}

}  // namespace tutor
