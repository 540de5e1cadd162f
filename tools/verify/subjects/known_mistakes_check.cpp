#include "verify/subjects/known_mistakes_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "course/answer.hpp"
#include "course/failures.hpp"
#include "support/protocol.hpp"
#include "text/text.hpp"
#include "verify/interruptions.hpp"
#include "verify/subjects/subject.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr const char* starter = "starter";

fs::path record_of(const Course& course, const tools::Lesson& lesson) {
    return course.root / "tests" / "failing" / (lesson.stem + ".txt");
}

std::vector<tools::Answer> wrong_answers(const Course& course, const tools::Lesson& lesson) {
    std::vector<tools::Answer> answers = tools::answers_of(course.root, lesson.stem);
    std::erase_if(answers, [](const tools::Answer& answer) { return !answer.is_wrong(); });
    return answers;
}

// Nothing else runs beside this, and tests wait more than they work.
constexpr std::size_t recorded_at_once = 8;

// The starter first. Not all have been run when it was interrupted.
std::vector<tools::KnownFailure> run_all(const Course& course, const tools::Lesson& lesson) {
    const std::vector<tools::Test> tests = tests_of(course, lesson);
    std::vector<tools::KnownFailure> all;
    const auto run = [&](const std::string& name, const std::string& subject) {
        const auto results =
            run_tests(tests_program(course, subject), tests, interrupted, recorded_at_once);
        all.push_back({name, tools::failed_tests_of(results)});
        fmt::print("{}: {} of {} tests are red\n", name, all.back().failed.size(), results.size());
        std::fflush(stdout);
    };
    run(starter, lesson.stem);
    for (const tools::Answer& answer : wrong_answers(course, lesson)) {
        if (interrupted()) break;
        run(answer.name, answer.name + "." + lesson.stem);
    }
    return all;
}

// Says which answers the record does not know as their own files have them, and how many these are.
int say_what_is_stale(const Course& course, const tools::Lesson& lesson,
                      const std::vector<tools::KnownFailure>& known) {
    int stale = 0;
    for (const tools::Answer& answer : wrong_answers(course, lesson)) {
        const auto one = std::find_if(known.begin(), known.end(),
                                      [&](const auto& each) { return each.answer == answer.name; });
        const auto is_red = [&](const std::string& test) {
            return std::any_of(one->failed.begin(), one->failed.end(),
                               [&](const tools::FailedTest& red) { return red.test == test; });
        };
        const std::vector<std::string>& tests = answer.rejected_by;
        if (one != known.end() && std::all_of(tests.begin(), tests.end(), is_red)) continue;
        ++stale;
        fmt::print("    {} is not recorded, or not as rejected by the tests that it names\n",
                   answer.name);
    }
    return stale;
}

void count(Named& named, const tools::KnownFailure* found, const std::string& answer) {
    ++(found == nullptr ? named.silent : found->answer == answer ? named.right : named.another);
}

std::string tally_of(const Named& named) {
    return fmt::format("itself {}, another {}, nobody {}", named.right, named.another,
                       named.silent);
}

}  // namespace

int record_failures(const Course& course, const tools::Lesson& lesson) {
    const Interruptions interruptions;
    ::setenv(protocol::patience_variable, "5", 0);
    const std::vector<tools::KnownFailure> all = run_all(course, lesson);
    if (interrupted()) return 130;
    fs::create_directories(record_of(course, lesson).parent_path());
    tools::write_file(
        record_of(course, lesson),
        "# How the starter and the wrong answers fail: verdict, a mark of what is said, "
        "test.\n# Written by: ./learn dev overlooked " +
            lesson.number + " --record\n" + tools::written(all));
    return 0;
}

Named& Named::operator+=(const Named& other) {
    right += other.right;
    another += other.another;
    silent += other.silent;
    return *this;
}

int measure_overlooked(const Course& course, const tools::Lesson& lesson, bool anew,
                       OverlookedFigures& sum) {
    const Interruptions interruptions;
    const fs::path record = record_of(course, lesson);
    if (!fs::exists(record)) {
        fmt::print("{}: not recorded yet (./learn dev overlooked {} --record)\n", lesson.stem,
                   lesson.number);
        return 1;
    }
    const std::vector<tools::KnownFailure> known = tools::read_failures(tools::read_file(record));
    const int stale = say_what_is_stale(course, lesson, known);
    const std::vector<tools::KnownFailure> seen = anew ? run_all(course, lesson) : known;
    if (interrupted()) return 130;
    OverlookedFigures figures;
    for (const tools::KnownFailure& each : seen) {
        const tools::KnownFailure* named = tools::the_one_like(known, each.failed);
        if (each.answer == starter) {
            if (named != nullptr) ++figures.starters;
            continue;
        }
        count(figures.known, named, each.answer);
        std::vector<tools::KnownFailure> others = known;
        std::erase_if(others, [&](const auto& other) { return other.answer == each.answer; });
        const tools::KnownFailure* instead = tools::the_one_like(others, each.failed);
        count(figures.unknown, instead, each.answer);
        if (named != nullptr && named->answer != each.answer)
            fmt::print("    {} is taken for {}\n", each.answer, named->answer);
        if (instead != nullptr)
            fmt::print("    {}, were it not known, for {}\n", each.answer, instead->answer);
    }
    figures.recorded = 1;
    fmt::print("{}: {}; were it not known: {}\n", lesson.stem, tally_of(figures.known),
               tally_of(figures.unknown));
    if (figures.starters > 0) fmt::print("    the starter is told something\n");
    sum.recorded += figures.recorded;
    sum.known += figures.known;
    sum.unknown += figures.unknown;
    sum.starters += figures.starters;
    if (stale > 0)
        fmt::print("    the record is stale: ./learn dev overlooked {} --record\n", lesson.number);
    return stale == 0 ? 0 : 1;
}

void print(const OverlookedFigures& sum) {
    fmt::print("In {} lessons: {}; were it not known: {}; starters that are told something: {}\n",
               sum.recorded, tally_of(sum.known), tally_of(sum.unknown), sum.starters);
}

}  // namespace verify
