#include "kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "status.hpp"
#include "text.hpp"

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

std::vector<fs::path> files_in(const fs::path& root, const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(root / folder)) {
        const fs::path name = entry.path().filename();
        if (entry.is_regular_file() && !name.string().starts_with('.'))
            files.push_back(folder / name);
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

fs::path keep_copy(const fs::path& root, const std::string& name,
                   const std::vector<fs::path>& files) try {
    const fs::path folder = new_folder(root, name);
    const bool flat = std::all_of(files.begin(), files.end(), [&](const fs::path& file) {
        return file.parent_path() == files.front().parent_path();
    });
    for (const fs::path& file : files) {
        const fs::path copy = root / folder / (flat ? file.filename() : file);
        fs::create_directories(copy.parent_path());
        fs::copy_file(root / file, copy);
    }
    return folder;
} catch (const std::system_error& error) {
    throw WrongUse(
        fmt::format("Nothing was taken away, because no copy of it can be kept in .learn/kept: {}.",
                    error.code().message()));
}

fs::path put_into_lesson(const fs::path& root, const std::string& stem, const Files& files) {
    const fs::path folder = fs::path("lessons") / stem;
    const std::vector<fs::path> present = files_in(root, folder);
    Files before;
    for (const fs::path& file : present) {
        before.emplace(file.filename().string(), tools::read_file(root / file));
    }
    if (before == files) return {};
    const fs::path copy = keep_copy(root, stem, present);
    try {
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
                                   folder.string(), error.what(), copy.string()));
    }
    return copy;
}

}  // namespace tutor
