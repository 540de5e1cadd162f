// Random faults in a lesson's solution, and whether the tests notice them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "verify/subjects/subject.hpp"

namespace verify {

struct MutateOptions {
    std::optional<int> faults;  // that many; nothing: all
    std::string at;  // only those of this line, such as pool.hpp:117, equivalents among them
    std::uint32_t seed = 1;
    int at_once = 0;             // 0: as many as there are processors
    std::filesystem::path tsan;  // where the preset `tsan` is built; empty: it is not asked
    bool list = false;           // only says which there are
};

// Prints how it goes on and what no test noticed. The exit status: 0 when all were noticed, 1 when
// not, or when an equivalent is named that is none any more, 130 after Ctrl-C. Throws
// std::runtime_error when it cannot be tried.
int mutate(const Course& course, const tools::Lesson& lesson, const MutateOptions& options);

}  // namespace verify
