// A course on paper: the files of two lessons in a folder of their own, for what the tutor does
// without building anything.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "process/command.hpp"
#include "process/temporary_folder.hpp"

class PaperCourse {
 public:
    // Recorded and untouched; without git.
    PaperCourse();

    const std::filesystem::path& root() const { return root_; }

    tools::Outcome learn(std::vector<std::string> words,
                         std::vector<std::pair<std::string, std::string>> environment = {}) const;
    // Any other program, in the course's folder. Throws when it fails.
    std::string run(std::vector<std::string> words) const;

    std::string read(const std::string& file) const;
    void write(const std::string& file, const std::string& text) const;
    bool has(const std::string& file) const;

    // Writes tests/starters.sha256 anew.
    void record() const;

 private:
    tools::TemporaryFolder temporary_;
    std::filesystem::path root_;
};
