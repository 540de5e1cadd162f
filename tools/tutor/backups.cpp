#include "tutor/backups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "text/text.hpp"
#include "tutor/exit_status.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

fs::path new_folder(const fs::path& root, const std::string& name) {
    fs::create_directories(root / ".learn" / "kept");
    for (int n = 1;; ++n) {
        const fs::path folder = fs::path(".learn") / "kept" / fmt::format("{}.{}", name, n);
        if (fs::create_directory(root / folder)) return folder;
    }
}

bool is_visible(const fs::path& name) {
    return !name.string().starts_with('.');
}

// The lesson's files, and what is no file and stands where one of `files` is to be.
std::vector<fs::path> what_is_in(const fs::path& root, const fs::path& folder, const Files& files) {
    std::vector<fs::path> present;
    if (!fs::is_directory(root / folder)) return present;
    for (const auto& entry : fs::directory_iterator(root / folder)) {
        const fs::path name = entry.path().filename();
        const bool in_the_way = entry.is_directory() && files.contains(name.string());
        if (in_the_way || (entry.is_regular_file() && is_visible(name)))
            present.push_back(folder / name);
    }
    std::sort(present.begin(), present.end());
    return present;
}

// False when it is one that cannot be read, or no file at all.
bool could_copy(const fs::path& from, const fs::path& to) {
    if (!fs::is_regular_file(from)) return false;
    std::error_code error;
    fs::copy_file(from, to, error);
    if (error && error != std::errc::permission_denied)
        throw fs::filesystem_error("copying", from, to, error);
    return !error;
}

// Of those that can be read.
Files texts_of(const fs::path& root, const std::vector<fs::path>& files) {
    Files texts;
    for (const fs::path& file : files) {
        try {
            texts.emplace(file.filename().string(), tools::read_file(root / file));
        } catch (const std::runtime_error&) {
        }
    }
    return texts;
}

}  // namespace

fs::path back_up(const fs::path& root, const std::string& name,
                 const std::vector<fs::path>& files) try {
    const fs::path folder = new_folder(root, name);
    const bool flat = std::all_of(files.begin(), files.end(), [&](const fs::path& file) {
        return file.parent_path() == files.front().parent_path();
    });
    std::vector<std::pair<fs::path, fs::path>> to_move;
    for (const fs::path& file : files) {
        const fs::path copy = root / folder / (flat ? file.filename() : file);
        fs::create_directories(copy.parent_path());
        if (!could_copy(root / file, copy)) to_move.emplace_back(root / file, copy);
    }
    for (const auto& [from, to] : to_move) fs::rename(from, to);
    return folder;
} catch (const std::system_error& error) {
    throw WrongUse(
        fmt::format("Nothing was taken away, because no copy of it can be kept in .learn/kept: {}.",
                    error.code().message()));
}

fs::path put_into_lesson(const fs::path& root, const std::string& stem, const Files& files) {
    const fs::path folder = fs::path("lessons") / stem;
    const std::vector<fs::path> present = what_is_in(root, folder, files);
    const Files before = texts_of(root, present);
    if (before == files && before.size() == present.size()) return {};
    const fs::path backup = present.empty() ? fs::path() : back_up(root, stem, present);
    try {
        fs::create_directories(root / folder);
        // Each file is the old one or the new one, whenever this is killed.
        for (const auto& [name, text] : files) {
            if (before.contains(name) && before.at(name) == text) continue;
            const fs::path half = root / folder / ("." + name + ".half");
            tools::write_file(half, text);
            fs::rename(half, root / folder / name);
        }
        for (const auto& [name, text] : before) {
            if (!files.contains(name)) fs::remove(root / folder / name);
        }
    } catch (const std::exception& error) {
        throw WrongUse(fmt::format("{} could not be written ({}). What was there is also in {}.",
                                   folder.string(), error.what(), backup.string()));
    }
    return backup;
}

void show_backup(const Screen& screen, const fs::path& backup, const tools::Lesson& lesson) {
    screen.line(fmt::format("What was there: {}", backup.string()));
    screen.line(fmt::format("To have it back: cp {}/* lessons/{}/", backup.string(), lesson.stem));
}

}  // namespace tutor
