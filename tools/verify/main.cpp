// Verify judges the course itself: whether the starters are red for the reasons that their chapters
// give, the right answers green, the wrong ones rejected, and the book true. ctest runs it in the
// preset `course`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "course/answer.hpp"
#include "text/text.hpp"
#include "verify/book/book_check.hpp"
#include "verify/book/links.hpp"
#include "verify/faults/mutate.hpp"
#include "verify/finding.hpp"
#include "verify/interruptions.hpp"
#include "verify/sleeps.hpp"
#include "verify/subjects/cached_verdict.hpp"
#include "verify/subjects/hostile.hpp"
#include "verify/subjects/known_mistakes_check.hpp"
#include "verify/subjects/subject.hpp"
#include "verify/subjects/verdicts.hpp"

namespace {

constexpr int exit_good = 0;
constexpr int exit_findings = 1;
constexpr int exit_trouble = 2;   // it could not look
constexpr int exit_skipped = 77;  // as ctest is told

struct Options {
    verify::Course course;
    std::string lesson;
    std::string answer;
    int times = 1;
    verify::MutateOptions mutate;
    verify::HostileOptions hostile;
    bool record = false;
    bool anew = false;
};

int report(const std::string& what, const verify::Findings& findings) {
    if (findings.empty()) {
        fmt::print("{}: good.\n", what);
        return exit_good;
    }
    fmt::print("{}", verify::render(what + ": not so.", findings));
    return exit_findings;
}

// What depends on a starter that somebody has edited cannot be judged.
// Where nobody edits, that is a fault.
int report_edited(const std::string& stem) {
    const char* ci = std::getenv("CI");
    if (ci == nullptr || *ci == '\0') {
        fmt::print(
            "lessons/{} has been edited, so what depends on the untouched starter is skipped.\n",
            stem);
        return exit_skipped;
    }
    return report(fmt::format("Lesson {}: the starter is as it was recorded", stem),
                  {{"lessons/" + stem, "the files that tests/starters.sha256 lists, unchanged",
                    "files that were edited, added or removed since",
                    "if the change is meant, record it and refresh the book: " +
                        verify::refresh_command + "; if not, take it back"}});
}

// `more` are files that this kind of verdict depends on, beside what is run and the chapter.
verify::CachedVerdict cached_verdict(const Options& options, const std::string& subject,
                                     const tools::Lesson& lesson,
                                     const std::vector<std::filesystem::path>& more = {}) {
    const std::filesystem::path programs = options.course.build / "bin";
    std::vector<std::filesystem::path> files = {programs / "verify",
                                                programs / (subject + ".tests"),
                                                programs / (subject + ".server"), lesson.chapter};
    files.insert(files.end(), more.begin(), more.end());
    return {options.course.build, subject, files};
}

// Judges as often as is asked, or once if that has been done before with the same bytes.
int report_repeated(const Options& options, const std::string& what, const std::string& subject,
                    const tools::Lesson& lesson,
                    const std::function<verify::Findings(int times)>& judge) {
    const verify::CachedVerdict cached = cached_verdict(options, subject, lesson);
    const bool is_proven = options.times > 1 && cached.times() >= options.times;
    const int times = is_proven ? 1 : options.times;
    const verify::Findings findings = judge(times);
    if (findings.empty() && !is_proven) cached.record(times);
    const std::string often =
        is_proven    ? fmt::format(", as {} times before with the same bytes", cached.times())
        : times == 1 ? ""
                     : fmt::format(", {} times", times);
    return report(what + often, findings);
}

// A wrong answer that was rejected before, by tests with the same bytes, is not run again.
int report_wrong(const Options& options, const std::string& head, const tools::Lesson& lesson) {
    const std::string what = head + options.answer + " is rejected by the tests that it names";
    const verify::CachedVerdict cached =
        cached_verdict(options, options.answer + "." + lesson.stem, lesson,
                       tools::answer_of(options.course.root, lesson.stem, options.answer).files());
    if (cached.times() > 0) return report(what + ", as before with the same bytes", {});
    const verify::Findings findings = verify::judge_wrong(options.course, lesson, options.answer);
    if (findings.empty()) cached.record(1);
    return report(what, findings);
}

int judge_lesson(const Options& options, const std::string& kind) {
    const tools::Lesson lesson = verify::find_lesson(options.course, options.lesson);
    const std::string head = fmt::format("Lesson {}: ", lesson.stem);
    if (kind == "solution" || kind == "right") {
        const std::string subject =
            (kind == "solution" ? kind : options.answer) + "." + lesson.stem;
        const std::string name = kind == "solution" ? "the solution" : options.answer;
        return report_repeated(
            options, head + name + " passes every test", subject, lesson,
            [&](int times) { return verify::judge_right(options.course, lesson, subject, times); });
    }
    if (kind == "starter") {
        return report_repeated(
            options, head + "the starter is red for the reasons its chapter gives", lesson.stem,
            lesson,
            [&](int times) { return verify::judge_starter(options.course, lesson, times); });
    }
    if (kind == "wrong") return report_wrong(options, head, lesson);
    if (kind == "answers") {
        return report(head + "it has at least four wrong answers and another right one",
                      verify::judge_answers(options.course, lesson));
    }
    return report(head + "the chapter is in step with the files and with real runs",
                  verify::judge_chapter(options.course, lesson, false));
}

// Every chapter and every other page that there is, or only one lesson's chapter. What has findings
// does not keep the rest from being refreshed.
int refresh_book(const verify::Course& course, const std::string& only) {
    int status = exit_good;
    if (only.empty() || only == "pages")
        status = report("The book's other pages", verify::judge_pages(course, true));
    for (const tools::Lesson& lesson : tools::find_lessons(course.root)) {
        if (!only.empty() && lesson.number != only && lesson.stem != only) continue;
        const std::string what = fmt::format("Lesson {}: the refreshed chapter", lesson.stem);
        try {
            if (report(what, verify::judge_chapter(course, lesson, true)) != exit_good)
                status = exit_findings;
        } catch (const std::exception& error) {
            fmt::print("{} could not be made: {}\n", what, error.what());
            status = exit_trouble;
        }
    }
    return status;
}

// The one that is named, or all.
std::vector<tools::Lesson> lessons_meant(const Options& options) {
    if (options.lesson.empty()) return tools::find_lessons(options.course.root);
    return {verify::find_lesson(options.course, options.lesson)};
}

int look_what_is_overlooked(const Options& options) {
    const std::vector<tools::Lesson> lessons = lessons_meant(options);
    verify::OverlookedFigures sum;
    int worst = exit_good;
    for (const tools::Lesson& lesson : lessons) {
        int status = options.record ? verify::record_failures(options.course, lesson) : exit_good;
        if (status == exit_good)
            status = verify::measure_overlooked(options.course, lesson, options.anew, sum);
        worst = std::max(worst, status);
        if (verify::interrupted()) return worst;
    }
    if (lessons.size() > 1) verify::print(sum);
    return worst;
}

int run(int argc, char** argv) {
    Options options;
    options.course.root = std::filesystem::current_path();
    std::function<int()> work;
    CLI::App app(
        "Judges the course itself. Exits with 0 when all is well, 1 with findings, 2 when it could "
        "not look, 77 when what it should look at was edited.");
    app.require_subcommand(1);
    app.add_option("--root", options.course.root, "The course (default: where you are)");
    app.add_option("--build", options.course.build,
                   "Where the preset `course` is built (default: build/course)");

    const auto lesson_verb = [&](const std::string& name, const std::string& what) {
        CLI::App* command = app.add_subcommand(name, what);
        command->add_option("lesson", options.lesson, "Its number or its folder's name")
            ->required();
        command->callback([&, name] { work = [&, name] { return judge_lesson(options, name); }; });
        return command;
    };
    const auto with_times = [&](CLI::App* command) {
        command
            ->add_option("--times", options.times, "How often; stops at the first run that differs")
            ->check(CLI::Range(1, 1'000'000));
    };
    const auto with_answer = [&](CLI::App* command) {
        command->add_option("answer", options.answer, "Its folder's name, right_… or wrong_…")
            ->required();
    };
    with_times(lesson_verb("solution", "The solution passes every test"));
    CLI::App* right = lesson_verb("right", "Another right answer passes every test");
    with_answer(right);
    with_times(right);
    with_times(lesson_verb("starter", "The starter is red for the reasons that its chapter gives"));
    with_answer(lesson_verb("wrong", "A wrong answer is rejected by the tests that it names"));
    lesson_verb("answers", "There are enough wrong answers, and another right one");
    lesson_verb("chapter", "The chapter is in step with the files and with real runs");

    CLI::App* mutate = app.add_subcommand(
        "mutate", "Random faults, one at a time, in the solution: does a test notice each?");
    mutate->add_option("lesson", options.lesson, "Its number or its folder's name")->required();
    mutate->add_option("--faults", options.mutate.faults, "Try only so many, taken by chance")
        ->check(CLI::Range(1, 1'000'000));
    mutate->add_option("--at", options.mutate.at,
                       "Only those of a line, such as pool.hpp:117; equivalents as well");
    mutate->add_option("--seed", options.mutate.seed, "Which chance (default: 1)");
    mutate->add_option("-j,--at-once", options.mutate.at_once, "How many at once")
        ->check(CLI::Range(1, 16));
    mutate->add_option("--tsan", options.mutate.tsan,
                       "Where the preset `tsan` is built: ThreadSanitizer is asked as well");
    mutate->add_flag("--list", options.mutate.list, "Only say which faults there are");
    mutate->callback([&] {
        work = [&] {
            const tools::Lesson lesson = verify::find_lesson(options.course, options.lesson);
            return verify::mutate(options.course, lesson, options.mutate);
        };
    });
    CLI::App* hostile = app.add_subcommand(
        "hostile",
        "The solution is green and the starter red as told, also when threads are held up");
    hostile->add_option("lesson", options.lesson,
                        "Its number or its folder's name; without it, all");
    hostile->add_option("--seeds", options.hostile.seeds, "With how many seeds (default: 10)")
        ->check(CLI::Range(1, 1'000'000));
    hostile->add_option("--from", options.hostile.from, "The first of them (default: 1)")
        ->check(CLI::NonNegativeNumber);
    hostile->callback([&] {
        work = [&] {
            return verify::hostile(options.course, lessons_meant(options), options.hostile);
        };
    });
    CLI::App* overlooked = app.add_subcommand(
        "overlooked",
        "How well failing answers are told what they overlook, by the record of how "
        "wrong answers fail");
    overlooked->add_option("lesson", options.lesson,
                           "Its number or its folder's name; without it, all");
    overlooked->add_flag("--record", options.record, "Run the wrong answers and write the record");
    overlooked->add_flag("--anew", options.anew,
                         "Run them and hold what they do against the record");
    overlooked->callback([&] { work = [&] { return look_what_is_overlooked(options); }; });
    CLI::App* refresh = app.add_subcommand("refresh", "Rewrites what is stale in the book");
    refresh->add_option("lesson", options.lesson,
                        "Only in this one's, by number or folder; or pages: only in those "
                        "that are no chapters");
    refresh->callback([&] { work = [&] { return refresh_book(options.course, options.lesson); }; });
    CLI::App* edited =
        app.add_subcommand("edited", "Says that a lesson's starter is no longer untouched");
    edited->add_option("lesson", options.lesson, "Its folder's name")->required();
    edited->callback([&] { work = [&] { return report_edited(options.lesson); }; });
    app.add_subcommand("links", "The links of the book and of the README lead somewhere")
        ->callback([&] {
            work = [&] {
                return report("The book's links resolve", verify::judge_links(options.course.root));
            };
        });
    app.add_subcommand("pages", "The book's pages that are no chapters are in step with the files")
        ->callback([&] {
            work = [&] {
                return report("The book's other pages are in step with the files",
                              verify::judge_pages(options.course, false));
            };
        });
    app.add_subcommand("sleeps", "No test waits by the clock")->callback([&] {
        work = [&] { return report("No test sleeps", verify::judge_sleeps(options.course.root)); };
    });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_good : exit_trouble;
    }
    if (options.course.build.empty())
        options.course.build = options.course.root / "build" / "course";
    return work();
}

}  // namespace

int main(int argc, char** argv) try {
    return run(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "It could not be verified: {}\n", error.what());
    return exit_trouble;
}
