#include "tutor/watch/test_round.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tutor/build_report.hpp"
#include "tutor/chapter.hpp"
#include "tutor/failure_report.hpp"
#include "tutor/quiz.hpp"
#include "tutor/standing.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

using tools::TestResult;

std::string seconds(const Round& round, Round::Clock::time_point until) {
    const double passed = std::chrono::duration<double>(until - round.began).count();
    return fmt::format("{:.1f} s", std::max(passed, 0.0));
}

std::string took(const Round& round) {
    const std::string time = seconds(round, *round.ended);
    return round.after_save ? fmt::format("{} after you saved", time) : fmt::format("in {}", time);
}

std::string title_of_verdict(const Screen& screen, const Round& round) {
    const std::string name = name_of(*round.lesson);
    if (!round.trouble.empty()) return screen.bad("STUCK") + "  " + name;
    if (!round.build->ok()) {
        return fmt::format("{}  {}, {}", screen.bad("NOT BUILT"), name, took(round));
    }
    const std::string mark = round.all_green() ? screen.good("GREEN") : screen.bad("RED");
    return fmt::format("{}  {}, {}", mark, sum_of(name, round.standing()), took(round));
}

void show_green(Context& context, const Round& round) {
    const Screen& screen = context.screen;
    screen.line(screen.good(fmt::format("Well done: {}, is done.", name_of(*round.lesson))));
    screen.line();
    screen.line(fmt::format("Why it works:  {}:{}", chapter_of(context, *round.lesson),
                            read_chapter(round.lesson->chapter).why));
    if (unanswered(quiz_of(context, *round.lesson)) > 0)
        screen.line(fmt::format("Did it stick?  ./learn quiz {}", round.lesson->number));
    const tools::Lesson* next = next_lesson(context, *round.lesson);
    screen.line(next == nullptr ? std::string("That was the last lesson. All of them are done.")
                                : fmt::format("How to go on:  n, {}", name_of(*next)));
    screen.line();
}

void show_tests(const Screen& screen, const Round& round) {
    const Standing standing = round.standing();
    if (round.is_over() && standing.at.stage > 0)
        screen.line(name_of_stage(*round.lesson, standing));
    for (const TestResult& result : round.results) {
        if (!is_folded(standing, result)) screen.line("  " + line_of(screen, result));
    }
    const std::string folded = folded_in_words(standing, round.results);
    if (!folded.empty()) screen.line(fmt::format("  {}, which t shows", folded));
    if (round.is_over() && round.results.size() < round.tests.size()) {
        screen.line(fmt::format("{} not run, because one hung.",
                                round.tests.size() - round.results.size()));
    }
}

}  // namespace

const TestResult* Round::first_red() const {
    const Standing where = standing();
    const auto read = [&](const std::vector<TestResult>& from) -> const TestResult* {
        const TestResult* red = red_to_read(from, where.at.stage);
        // While it runs, what comes before may still turn red.
        return red == nullptr || (!is_over() && is_folded(where, *red)) ? nullptr : red;
    };
    const TestResult* red = read(results);
    return red != nullptr || is_over() ? red : read(early);
}

Standing Round::standing() const {
    return standing_of(tests, results);
}

std::size_t Round::green() const {
    return static_cast<std::size_t>(std::count_if(results.begin(), results.end(), is_green));
}

bool Round::all_green() const {
    return !tests.empty() && green() == tests.size();
}

std::string title_of(const Screen& screen, const Round& round, Round::Clock::time_point now) {
    if (round.is_over()) return title_of_verdict(screen, round);
    const std::string doing = fmt::format("{}  {}", round.doing, seconds(round, now));
    if (round.first_red() == nullptr) return fmt::format("{}: {}", name_of(*round.lesson), doing);
    return fmt::format("{}  {}: {}", screen.bad("RED"), name_of(*round.lesson), doing);
}

void show_round(Context& context, const Round& round) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = *round.lesson;
    if (!round.trouble.empty()) {
        screen.text(wrapped(round.trouble));
        return;
    }
    if (round.build && !round.build->ok()) {
        const std::string next = show_build(context, *round.build);
        screen.line(fmt::format("How to go on:       {}, and save", next));
        return;
    }
    if (const TestResult* red = round.first_red()) {
        show_failure_report(screen, *red, executable_of(context, lesson, Part::tests));
        show_page(context, *red);
        screen.line();
        show_where_to_look(context, lesson, *red);
        screen.line();
    } else if (round.is_over()) {
        show_green(context, round);
    }
    show_build(context, *round.build);
    show_tests(screen, round);
}

void show_every_red(Context& context, const Round& round) {
    const TestResult* first = round.first_red();
    const auto show = [&](const TestResult& result) {
        show_failure_report(context.screen, result,
                            executable_of(context, *round.lesson, Part::tests));
        show_page(context, result);
        context.screen.line();
    };
    if (first != nullptr) show(*first);
    for (const TestResult& result : round.results) {
        if (!is_green(result) && &result != first) show(result);
    }
}

void show_welcome(Context& context, const tools::Lesson& lesson) {
    const Screen& screen = context.screen;
    const auto done = std::count_if(
        context.lessons.begin(), context.lessons.end(),
        [&](const tools::Lesson& each) { return context.progress.is_done(each.stem); });
    show_place(context, lesson);
    screen.line();
    screen.text(wrapped(fmt::format(
        "Read the chapter first, in your editor; edit, and save. Each time you do, this "
        "screen says what is red, and why. {} of {} lessons are done.",
        done, context.lessons.size())));
}

}  // namespace tutor
