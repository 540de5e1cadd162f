// A small course to be a learner in: the real build, support and warm-up, and a second lesson that
// is only looked at. It is kept between runs, because its first build takes a while; one test at a
// time uses it, which CMakeLists.txt sees to.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "process/command.hpp"

// The files of the real course that every small one has: its build, common and tests' support, and
// nothing of its lessons.
void copy_ground_of_course(const std::filesystem::path& to);
// Runs CMake in a small course, with the libraries that this build has. Throws when it fails.
void configure(const std::filesystem::path& course, const std::string& preset);

class MiniCourse {
 public:
    // As it is before the first lesson: nothing done, no hint shown, the starter unedited.
    MiniCourse();

    const std::filesystem::path& root() const { return root_; }

    // The tutor with these words after ./learn, without a terminal.
    tools::Outcome learn(std::vector<std::string> words,
                         std::vector<std::pair<std::string, std::string>> environment = {}) const;
    // The same, to be run on a terminal.
    tools::Command command(std::vector<std::string> words) const;

    // Of the lesson that `list` names at this place, counted from 0.
    std::string state_of(std::size_t lesson) const;

    // The tests and what they stand on are to be as they are now.
    void record_as_shipped() const;

    // The warm-up's one file.
    static constexpr const char* file = "lessons/00_warm_up/shop.cpp";
    void write(const std::string& text) const;
    // Its files as they are now are from now on those that were handed out.
    void record() const;
    std::string starter() const;
    std::string solution() const;
    // The starter with `line` as the first of its handler.
    std::string starter_with(const std::string& line) const;

 private:
    std::filesystem::path root_;
};
