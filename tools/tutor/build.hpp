// Building a lesson. What is said of it is in build_report.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "course/course.hpp"
#include "process/command.hpp"
#include "tutor/context.hpp"

namespace tutor {

enum class Part { tests, server, starters_server, solutions_tests, solutions_server };

// NN_name.tests or NN_name.server, with starter. or solution. before it for theirs.
std::string target_of(const tools::Lesson& lesson, Part part);
std::filesystem::path executable_of(const Context& context, const tools::Lesson& lesson, Part part);

struct BuildHooks {
    std::function<void(std::string_view)> say;  // what it does now, in a line
    std::function<bool()> cancelled;            // true ends it; never when empty
};

// What came of a build.
struct Build {
    const tools::Lesson* lesson = nullptr;
    Part part = Part::tests;
    tools::Outcome outcome;
    std::string files;    // what it is a build of: the lesson's files and tests, see stamp.hpp
    std::string program;  // the same of the executable

    bool ok() const { return outcome.ok(); }
    bool cancelled() const { return outcome.cancelled; }
};

// One build at a time in all processes; builds again what was saved meanwhile. Throws
// std::runtime_error when there is nothing to build with, or when the files keep changing; WrongUse
// when it is the starter that is to be built, and it cannot be had.
Build run_build(const Context& context, const tools::Lesson& lesson, Part part,
                const BuildHooks& hooks);

// Builds, and has `use` make of it what it will. Again, when meanwhile somebody has saved one of
// the files or built them anew: what `use` has found last belongs to what is on the disk. Throws
// what run_build() throws.
void build_and_use(const Context& context, const tools::Lesson& lesson, const BuildHooks& hooks,
                   const std::function<void(const Build&)>& use);

}  // namespace tutor
