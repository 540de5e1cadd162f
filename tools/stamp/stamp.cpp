#include "stamp/stamp.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

namespace fs = std::filesystem;

namespace stamp {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t second = 1'000'000'000;
// Files carry the time of the kernel's last tick, a hundredth of a second ago at most; in some file
// systems, the second.
constexpr std::int64_t tick = second / 50;
constexpr int most_looks = 50;  // at a file that somebody writes all the time

std::int64_t in_nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * second + time.tv_nsec;
}

std::int64_t written_at(const struct stat& info) {
#ifdef __APPLE__
    return in_nanoseconds(info.st_mtimespec);
#else
    return in_nanoseconds(info.st_mtim);
#endif
}

std::int64_t changed_at(const struct stat& info) {
#ifdef __APPLE__
    return in_nanoseconds(info.st_ctimespec);
#else
    return in_nanoseconds(info.st_ctim);
#endif
}

std::string in_words(const struct stat& info) {
    std::ostringstream words;
    words << info.st_size << ' ' << info.st_ino << ' ' << written_at(info) << ' '
          << changed_at(info);
    return words.str();
}

bool is_of_an_editor(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') || name.starts_with('#') || name.ends_with('~');
}

void add_files_below(const fs::path& folder, std::set<fs::path>& paths) {
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (is_of_an_editor(entry->path())) {
            entry.disable_recursion_pending();
        } else {
            paths.insert(entry->path());
        }
    }
}

std::string lines_that_include(const std::string& bytes) {
    std::istringstream lines(bytes);
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("include") != std::string::npos) found.append(line).append("\n");
    }
    return found;
}

struct Look {
    Files files;
    std::int64_t newest = 0;  // the last change of any of them
};

Look look_once(const fs::path& root, const std::vector<fs::path>& places) {
    std::set<fs::path> paths;
    for (const fs::path& place : places) {
        if (fs::is_directory(root / place)) {
            add_files_below(root / place, paths);
        } else {
            paths.insert(root / place);
        }
    }
    Look look;
    for (const fs::path& path : paths) {
        struct stat info = {};
        if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
        look.newest = std::max(look.newest, changed_at(info));
        const std::string bytes = read(path);
        File file;
        file.path = path.lexically_relative(root);
        file.hash = hash(bytes);
        file.line = in_words(info) + ' ' + file.hash + ' ' + file.path.string();
        file.includes = lines_that_include(bytes);
        look.files.push_back(std::move(file));
    }
    return look;
}

// Without the steps that lead to a folder we don't know: "..", and "earlier", which is a link.
fs::path without_the_way(const fs::path& include) {
    fs::path name;
    for (const fs::path& step : include.lexically_normal()) {
        if (step != ".." && step != "earlier") name /= step;
    }
    return name;
}

// What these lines include; an empty name where a macro says it, which can be any file.
std::vector<fs::path> names_in(const std::string& lines) {
    std::istringstream stream(lines);
    std::vector<fs::path> names;
    for (std::string line; std::getline(stream, line);) {
        std::size_t end = std::string::npos;
        bool any = false;
        for (std::size_t begin = line.find_first_of("\"<"); begin != std::string::npos;
             begin = line.find_first_of("\"<", end + 1)) {
            end = line.find_first_of("\">", begin + 1);
            if (end == std::string::npos) break;
            any = true;
            names.push_back(without_the_way(line.substr(begin + 1, end - begin - 1)));
        }
        if (!any && line[line.find_first_not_of(" \t")] == '#') names.emplace_back();
    }
    return names;
}

bool can_be(const fs::path& path, const fs::path& name) {
    return name.empty() || ("/" + path.string()).ends_with("/" + name.string());
}

std::set<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::set<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.insert(line);
    return lines;
}

std::string path_in(const std::string& line) {
    std::size_t at = 0;
    for (int field = 0; field < 5; ++field) at = line.find(' ', at) + 1;
    return line.substr(at);
}

}  // namespace

std::string read(const fs::path& file) {
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    return std::move(bytes).str();
}

std::string hash(std::string_view bytes) {
    std::uint64_t value = 0xcbf29ce484222325;
    const auto mix_in = [&value](std::uint64_t word) {
        value = (value ^ word) * 0x100000001b3;
        value ^= value >> 32;
    };
    std::uint64_t word = 0;
    for (; bytes.size() >= sizeof(word); bytes.remove_prefix(sizeof(word))) {
        std::memcpy(&word, bytes.data(), sizeof(word));
        mix_in(word);
    }
    for (const char byte : bytes) mix_in(static_cast<unsigned char>(byte));
    std::ostringstream text;
    text << std::hex << value;
    return text.str();
}

Files look(const fs::path& root, const std::vector<fs::path>& places) {
    Look look = look_once(root, places);
    for (int looks = 1; looks < most_looks; ++looks) {
        timespec now = {};
        ::clock_gettime(CLOCK_REALTIME, &now);
        const std::int64_t age = in_nanoseconds(now) - look.newest;
        const std::int64_t enough = look.newest % second == 0 ? second : tick;
        if (age < 0 || age >= enough) break;
        std::this_thread::sleep_for(nanoseconds(enough - age));
        look = look_once(root, places);
    }
    return look.files;
}

Files seen_from(const fs::path& source, const Files& files) {
    Files seen;
    Files rest;
    for (const File& file : files) (file.path == source ? seen : rest).push_back(file);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const std::vector<fs::path> names = names_in(seen[i].includes);
        const auto is_named = [&](const File& file) {
            return std::any_of(names.begin(), names.end(),
                               [&](const fs::path& name) { return can_be(file.path, name); });
        };
        std::copy_if(rest.begin(), rest.end(), std::back_inserter(seen), is_named);
        std::erase_if(rest, is_named);
    }
    std::sort(seen.begin(), seen.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return seen;
}

std::string text_of(const Files& files) {
    std::string text;
    for (const File& file : files) text += file.line + "\n";
    return text;
}

std::vector<std::string> differences(const std::string& before, const std::string& after) {
    const std::set<std::string> old_lines = lines_of(before);
    const std::set<std::string> new_lines = lines_of(after);
    std::vector<std::string> lines;
    std::set_symmetric_difference(old_lines.begin(), old_lines.end(), new_lines.begin(),
                                  new_lines.end(), std::back_inserter(lines));
    std::set<std::string> paths;
    for (const std::string& line : lines) paths.insert(path_in(line));
    return {paths.begin(), paths.end()};
}

std::string identity_of(const fs::path& file) {
    struct stat info = {};
    return ::stat(file.c_str(), &info) == 0 ? in_words(info) : std::string();
}

}  // namespace stamp
