// A course of one lesson in a folder of its own, to be spoilt, and verify to be run on it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "process/command.hpp"
#include "process/temporary_folder.hpp"

// Its files are those of tools/verify/testing/miniature, the test file is lesson 00's. Its programs
// are all the one shop of this folder, each with a disease: as long as nobody spoils it, the
// starter and the wrong answers always show the teapot, and the others are well.
class Miniature {
 public:
    Miniature();

    // Runs verify with these arguments; `environment` is added to ours.
    tools::Outcome verify(
        const std::vector<std::string>& arguments,
        const std::vector<std::pair<std::string, std::string>>& environment = {}) const;

    // Runs cmake/Starters.cmake: "record", or "list", which prints the lessons that were edited.
    std::string starters(const std::string& what) const;

    // A file by its path from the root.
    std::string read(const std::string& file) const;
    void write(const std::string& file, const std::string& text) const;
    void remove(const std::string& path) const;
    // Throws std::runtime_error when `before` does not occur.
    void change(const std::string& file, const std::string& before, const std::string& after) const;

    // Gives the programs of one version of the lesson's files a disease: "00_warm_up",
    // "solution.00_warm_up".
    void infect(const std::string& subject, const std::string& disease) const;
    // The tests of this version are well as often as `runs` says, and show the teapot from then on.
    void infect_after(const std::string& subject, int runs) const;

 private:
    void write_program(const std::string& name, const std::string& script) const;

    tools::TemporaryFolder temporary_;
    const std::filesystem::path& folder_ = temporary_.path();
};

inline const std::string lesson = "00_warm_up";
inline const std::string chapter = "book/00_warm_up.md";
inline const std::string pitfall = "Every item's page shows that item";
