// A course for ./learn alone: the real script and presets over a build that takes no time, on a
// machine whose package manager only writes down what it is asked for. Nothing is ever installed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "process/command.hpp"
#include "process/temporary_folder.hpp"

class ScriptCourse {
 public:
    // All packages are there, and nothing is built yet.
    ScriptCourse();

    const std::filesystem::path& root() const { return root_; }

    tools::Command command(std::vector<std::string> words) const;
    // ./learn with these words, called from another folder and without a terminal.
    tools::Outcome learn(std::vector<std::string> words) const;

    // More of the CMakeLists.txt.
    void add_to_build(const std::string& text) const;
    // What the tutor does when it is built the next time: a line of sh.
    void tutor_does(const std::string& line) const;
    // A program that is found before the system's.
    void fake(const std::string& program, const std::string& script) const;

    // That there is none but the system's compiler.
    void have_no_clang() const;

    void miss_packages() const;
    // What apt-get was told, a line a call, after the frontend that it was told to use.
    std::string told_to_apt() const;

    void move_away();

 private:
    tools::TemporaryFolder folder_;
    std::filesystem::path root_;
    std::filesystem::path fakes_;
};
