// Builds variants of a lesson's solution, with a fault in each, and runs the lesson's tests against
// them.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "verify/faults/faults.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

enum class Fate {
    noticed,          // by a test
    unnoticed,        // all tests passed
    did_not_compile,  // so it is no fault
    called_off,
};

// All its files are in a folder of its own below the build folder, which goes with it. Thread safe.
class VariantBuilder {
 public:
    // Compiles and links as the solution was there, so it has to be built. Throws
    // std::runtime_error.
    VariantBuilder(const Course& course, const tools::Lesson& lesson,
                   std::function<bool()> called_off);
    VariantBuilder(const VariantBuilder&) = delete;
    ~VariantBuilder();

    // A test that the solution as it is does not pass, in words; nothing: it passes all.
    std::optional<std::string> complaint_about_solution();

    // Those that have noticed most are asked first; the first that is red ends it.
    Fate fate_of(const Fault& fault);

 private:
    struct Step {
        std::string command;
        std::filesystem::path makes;
    };

    std::vector<Step> steps() const;
    // A folder for it, in which the solution's files are, and `code` of it.
    std::filesystem::path begin();
    std::filesystem::path code_in(const std::filesystem::path& folder) const;
    // `changed` is the one file in which the code differs from the solution; nothing: any may.
    std::optional<std::filesystem::path> tests_built_in(
        const std::filesystem::path& folder, const std::optional<std::string>& changed) const;
    bool is_read(const Step& step, const std::string& file) const;
    std::vector<std::size_t> order_of_tests();
    std::optional<std::size_t> first_red(const std::filesystem::path& program, bool& called_off);

    Course course_;
    tools::Lesson lesson_;
    std::function<bool()> called_off_;
    std::vector<tools::Test> tests_;
    std::optional<tools::TemporaryFolder> folder_;
    std::vector<Step> steps_;
    std::filesystem::path unchanged_;  // the solution as it is, built like any variant
    std::atomic<int> count_ = 0;
    std::mutex mutex_;  // for what is below
    std::vector<int> has_noticed_;
};

}  // namespace verify
