// Sees to it that a lesson's programs are made of what is on the disk, not of what the files' times
// say. cmake/Lessons.cmake has it called around the build and before ctest's tests:
//
//   stamp begin ROOT FOLDER          before: writes FOLDER/begun, and a stamp for each source; only
//                                    what is not as it was, so that the sources' objects can depend
//                                    on their stamps
//   stamp end ROOT FOLDER PROGRAM    after linking: FOLDER/built is what it began with, unless that
//                                    has changed meanwhile; then the program is removed
//   stamp check ROOT FOLDER          whether what is on the disk is what was built
//
// In FOLDER CMake has written `places`, what all of it is about, and `sources`, with a line for
// each stamp: its name, a bar, the source that it is for.
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "stamp/stamp.hpp"

namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path.string() + " cannot be read");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

void write(const fs::path& path, const std::string& text) {
    if (fs::exists(path) && stamp::read(path) == text) return;
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) throw std::runtime_error(path.string() + " cannot be written");
}

stamp::Files look(const fs::path& root, const fs::path& folder) {
    std::vector<fs::path> places;
    for (const std::string& line : lines_of(folder / "places")) places.emplace_back(line);
    return stamp::look(root, places);
}

std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// To Ninja it must be newer than what was built, also when somebody has set the clock back.
void write_anew(const fs::path& path, const std::string& text, const fs::path& built) {
    if (fs::exists(path) && stamp::read(path) == text) return;
    write(path, text);
    if (fs::exists(built) && fs::last_write_time(path) <= fs::last_write_time(built))
        fs::last_write_time(path, fs::last_write_time(built) + std::chrono::milliseconds(1));
}

int begin(const fs::path& root, const fs::path& folder) {
    const stamp::Files files = look(root, folder);
    const fs::path built = folder / "built";
    for (const std::string& line : lines_of(folder / "sources")) {
        const std::size_t bar = line.find('|');
        if (bar == std::string::npos) continue;
        write_anew(folder / line.substr(0, bar),
                   text_of(stamp::seen_from(line.substr(bar + 1), files)), built);
    }
    write_anew(folder / "begun", text_of(files), built);
    return 0;
}

int end(const fs::path& root, const fs::path& folder, const fs::path& program) {
    const std::string begun = stamp::read(folder / "begun");
    const std::string now = text_of(look(root, folder));
    if (begun == now) {
        write(folder / "built", now);
        return 0;
    }
    fs::remove(program);
    std::printf("Saved while it was being compiled: %s. Build again.\n",
                list(stamp::differences(begun, now)).c_str());
    return 1;
}

int check(const fs::path& root, const fs::path& folder) {
    const std::string built = stamp::read(folder / "built");
    const std::string now = text_of(look(root, folder));
    if (built == now) return 0;
    const std::string how = "cmake --build --preset lessons --target " + folder.filename().string();
    if (built.empty()) {
        std::printf("These tests are not built yet. Build them first: %s\n", how.c_str());
    } else {
        std::printf("Not built as it is now: %s. Build first: %s\n",
                    list(stamp::differences(built, now)).c_str(), how.c_str());
    }
    return 1;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "begin") return begin(words[1], words[2]);
    if (words.size() == 4 && words[0] == "end") return end(words[1], words[2], words[3]);
    if (words.size() == 3 && words[0] == "check") return check(words[1], words[2]);
    std::fputs("stamp begin|end|check ROOT FOLDER [PROGRAM]: see tools/stamp/main.cpp\n", stderr);
    return 2;
} catch (const std::exception& error) {
    std::fprintf(stderr, "stamp: %s\n", error.what());
    return 2;
}
