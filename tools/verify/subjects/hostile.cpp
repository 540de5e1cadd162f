#include "verify/subjects/hostile.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "verify/finding.hpp"
#include "verify/interruptions.hpp"
#include "verify/progress.hpp"
#include "verify/subjects/verdicts.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr int exit_skipped = 77;
constexpr int exit_called_off = 130;
#ifdef LEAKLINGS_HOSTILE
constexpr const char* library = LEAKLINGS_HOSTILE;
#else
constexpr const char* library = nullptr;
#endif

// Into everything that is started from now on.
void preload(std::uint32_t seed) {
    ::setenv("LD_PRELOAD", library, 1);
    ::setenv("LEAKLINGS_HOSTILE_SEED", std::to_string(seed).c_str(), 1);
}

bool can_be_built(const Course& course, const tools::Lesson& lesson) {
    return !fs::exists(course.build / "missing" / lesson.stem);
}

}  // namespace

int hostile(const Course& course, const std::vector<tools::Lesson>& lessons,
            const HostileOptions& options) {
    if (library == nullptr) {
        fmt::print("skipped: the hostile scheduler is there on Linux only\n");
        return exit_skipped;
    }
    const Interruptions interruptions;
    const std::size_t all = lessons.size() * static_cast<std::size_t>(options.seeds);
    const std::uint32_t end = options.from + static_cast<std::uint32_t>(options.seeds);
    Progress progress(all);
    std::size_t done = 0;
    int failed = 0;
    for (std::uint32_t seed = options.from; seed < end; ++seed) {
        preload(seed);
        for (const tools::Lesson& lesson : lessons) {
            const std::string what = fmt::format("{} with seed {}", lesson.stem, seed);
            progress.show(done++, fmt::format("{} of {} done, now {}", done, all, what));
            if (!can_be_built(course, lesson)) continue;
            Findings findings = judge_right(course, lesson, "solution." + lesson.stem, 1);
            for (Finding& finding : findings) finding.where += ", the solution";
            for (Finding& finding : judge_starter(course, lesson, 1)) {
                finding.where += ", the starter";
                findings.push_back(std::move(finding));
            }
            if (interrupted()) {
                fmt::print("\nCalled off during {}.\n", what);
                return exit_called_off;
            }
            if (findings.empty()) continue;
            ++failed;
            progress.clear();
            fmt::print("{}Again: ./learn dev hostile {} --from {} --seeds 1\n\n",
                       render("Lesson " + what + ": not so.", findings), lesson.number, seed);
            std::fflush(stdout);
        }
    }
    progress.clear();
    fmt::print("Seeds {} to {}, {} lessons: in {} of {} runs something was not as told.\n",
               options.from, end - 1, lessons.size(), failed, all);
    return failed == 0 ? 0 : 1;
}

}  // namespace verify
