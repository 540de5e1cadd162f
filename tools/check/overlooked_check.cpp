#include "overlooked_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "failures.hpp"
#include "interruptions.hpp"
#include "text.hpp"
#include "workshop.hpp"

namespace fs = std::filesystem;

namespace check {
namespace {

constexpr const char* starter = "starter";

fs::path record_of(const Course& course, const tools::Lesson& lesson) {
    return course.root / "tests" / "failing" / (lesson.stem + ".txt");
}

std::vector<fs::path> wrong_answers(const Course& course, const tools::Lesson& lesson) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(answer_folder(course, lesson, {}))) {
        if (entry.path().filename().string().starts_with("wrong_")) folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

// The starter first. One that does not compile is left out, and said.
std::vector<tools::KnownFailure> run_all(const Course& course, const tools::Lesson& lesson) {
    Workshop workshop(course, lesson, interrupted);
    std::vector<tools::KnownFailure> all;
    all.push_back({starter, tools::reds_of(run_tests(tests_program(course, lesson.stem),
                                                     tests_of(course, lesson)))});
    for (const fs::path& folder : wrong_answers(course, lesson)) {
        const std::string name = folder.filename().string();
        const auto results = workshop.results_of(folder);
        if (interrupted()) break;
        if (results) {
            all.push_back({name, tools::reds_of(*results)});
            fmt::print("{}: {} of {} tests are red\n", name, all.back().reds.size(),
                       results->size());
        } else {
            fmt::print("{} does not compile\n", name);
        }
        std::fflush(stdout);
    }
    return all;
}

struct Figures {
    int right = 0;
    int another = 0;
    int silent = 0;

    void count(const tools::KnownFailure* named, const std::string& answer) {
        ++(named == nullptr ? silent : named->answer == answer ? right : another);
    }
};

}  // namespace

int record_failures(const Course& course, const tools::Lesson& lesson) {
    const Interruptions interruptions;
    ::setenv("LEAKLINGS_PATIENCE", "5", 0);
    const std::vector<tools::KnownFailure> all = run_all(course, lesson);
    if (interrupted()) return 130;
    fs::create_directories(record_of(course, lesson).parent_path());
    tools::write_file(
        record_of(course, lesson),
        "# How the starter and the wrong answers fail: verdict, a mark of what is said, "
        "test.\n# Written by: ./learn dev overlooked " +
            lesson.number + " --record\n" + tools::written(all));
    return all.size() == wrong_answers(course, lesson).size() + 1 ? 0 : 1;
}

int measure_overlooked(const Course& course, const tools::Lesson& lesson, bool anew) {
    const Interruptions interruptions;
    const fs::path record = record_of(course, lesson);
    if (!fs::exists(record)) {
        fmt::print("{}: not recorded yet (./learn dev overlooked {} --record)\n", lesson.stem,
                   lesson.number);
        return 1;
    }
    const std::vector<tools::KnownFailure> known = tools::read_failures(tools::read_file(record));
    const std::vector<tools::KnownFailure> seen = anew ? run_all(course, lesson) : known;
    if (interrupted()) return 130;
    Figures all;
    Figures unknown;
    std::string about_starter;
    for (const tools::KnownFailure& each : seen) {
        const tools::KnownFailure* named = tools::the_one_like(known, each.reds);
        if (each.answer == starter) {
            about_starter = named == nullptr ? "silent" : named->answer;
            continue;
        }
        all.count(named, each.answer);
        std::vector<tools::KnownFailure> others = known;
        std::erase_if(others, [&](const auto& other) { return other.answer == each.answer; });
        const tools::KnownFailure* instead = tools::the_one_like(others, each.reds);
        unknown.count(instead, each.answer);
        if (named != nullptr && named->answer != each.answer)
            fmt::print("    {} is taken for {}\n", each.answer, named->answer);
        if (instead != nullptr)
            fmt::print("    {}, if it were not known, for {}\n", each.answer, instead->answer);
    }
    fmt::print(
        "{}: itself {}, another {}, silent {}; not known: another {}, silent {}; starter: {}\n",
        lesson.stem, all.right, all.another, all.silent, unknown.another, unknown.silent,
        about_starter);
    return 0;
}

}  // namespace check
