#include "verify/subjects/subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "course/test_runner.hpp"
#include "support/protocol.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

fs::path built(const Course& course, const std::string& program) {
    fs::path path = course.build / "bin" / program;
    if (!fs::exists(path)) {
        throw std::runtime_error(
            fmt::format("{} has not been built: cmake --build --preset course", path.string()));
    }
    return path;
}

}  // namespace

tools::Lesson find_lesson(const Course& course, const std::string& name) {
    const std::vector<tools::Lesson> lessons = tools::find_lessons(course.root);
    const auto lesson = std::find_if(lessons.begin(), lessons.end(), [&](const auto& each) {
        return each.stem == name || each.number == name;
    });
    if (lesson == lessons.end())
        throw std::runtime_error(fmt::format("there is no lesson {}", name));
    return *lesson;
}

std::vector<tools::Test> tests_of(const Course& course, const tools::Lesson& lesson) {
    return tools::read_tests(course.build / "tests" / (lesson.stem + ".list"));
}

fs::path tests_program(const Course& course, const std::string& subject) {
    return built(course, subject + ".tests");
}

fs::path server_program(const Course& course, const std::string& subject) {
    return built(course, subject + ".server");
}

std::vector<tools::TestResult> run_tests(const fs::path& program,
                                         const std::vector<tools::Test>& tests,
                                         const std::function<bool()>& called_off,
                                         std::size_t at_once) {
    tools::RunOptions options;
    options.at_once = at_once;
    options.cancelled = called_off;
    return tools::run_tests(program, tests, options);
}

void be_patient() {
    ::setenv(protocol::patience_variable, "15", 0);
}

std::string in_words(tools::Verdict verdict) {
    switch (verdict) {
        case tools::Verdict::passed:
            return "it passed";
        case tools::Verdict::failed:
            return "it failed by an assertion";
        case tools::Verdict::threw:
            return "it failed by an unexpected exception";
        case tools::Verdict::crashed:
            return "it crashed";
        case tools::Verdict::hung:
            return "it hung";
    }
    return "";
}

}  // namespace verify
