#include "tutor/starters.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "process/command.hpp"
#include "text/text.hpp"
#include "tutor/exit_status.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

constexpr const char* manifest = "tests/starters.sha256";

fs::path store(const fs::path& root) {
    return root / ".learn" / "starters";
}

using Hashes = std::map<std::string, std::string>;  // path from the root → hash

// Lines as sha256sum writes them: "<hash>  <path>".
Hashes parse_hashes(const std::string& text) {
    constexpr std::size_t width = 64;
    Hashes hashes;
    for (const std::string_view line : tools::lines_of(text)) {
        if (line.size() <= width + 2 || line.substr(width, 2) != "  ") continue;
        hashes.emplace(line.substr(width + 2), line.substr(0, width));
    }
    return hashes;
}

Hashes recorded(const fs::path& root) {
    return fs::exists(root / manifest) ? parse_hashes(tools::read_file(root / manifest)) : Hashes{};
}

// By CMake, which is here anyway.
Hashes hashes_of(const fs::path& folder, const std::vector<std::string>& files) {
    if (files.empty()) return {};
    tools::Command command;
    command.words = {"cmake", "-E", "sha256sum"};
    command.words.insert(command.words.end(), files.begin(), files.end());
    command.folder = folder;
    return parse_hashes(tools::run(command).output);
}

std::string prefix_of(const std::string& stem) {
    return "lessons/" + stem + "/";
}

Hashes of_lesson(const Hashes& all, const std::string& stem) {
    Hashes some;
    for (const auto& [path, hash] : all) {
        if (path.starts_with(prefix_of(stem))) some.emplace(path, hash);
    }
    return some;
}

std::vector<std::string> files_present(const fs::path& root, const std::string& stem) {
    std::vector<std::string> files;
    const fs::path folder = root / "lessons" / stem;
    if (!fs::is_directory(folder)) return files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file() && !name.starts_with('.'))
            files.push_back(prefix_of(stem) + name);
    }
    return files;
}

// A copy under its hash is whole or not there: it is made under another name first.
void keep(const fs::path& root, const std::string& path, const std::string& hash) {
    if (fs::exists(store(root) / hash)) return;
    const fs::path half = store(root) / fmt::format("{}.half-{}", hash, ::getpid());
    fs::copy_file(root / path, half, fs::copy_options::overwrite_existing);
    fs::rename(half, store(root) / hash);
}

std::optional<std::string> out_of_the_copies(const fs::path& root, const std::string& hash) {
    if (!fs::exists(store(root) / hash)) return std::nullopt;
    const Hashes found = hashes_of(store(root), {hash});
    const auto file = found.find(hash);
    if (file == found.end() || file->second != hash) return std::nullopt;
    return tools::read_file(store(root) / hash);
}

// Looks through the commits that have touched the file. Nothing where there is no git.
std::optional<std::string> out_of_git(const fs::path& root, const std::string& path,
                                      const std::string& hash) try {
    const auto git = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "git");
        tools::Command command;
        command.words = std::move(words);
        command.folder = root;
        return tools::run(command);
    };
    const tools::Outcome commits =
        git({"log", "--format=%H", "--max-count=200", "--diff-filter=AM", "--", path});
    if (!commits.ok()) return std::nullopt;
    fs::create_directories(store(root));
    for (const std::string_view commit : tools::lines_of(commits.output)) {
        const tools::Outcome shown =
            git({"show", fmt::format("{}:./{}", commit, path)});  // ./: from where we are
        if (!shown.ok()) continue;
        const std::string name = fmt::format("from_git.half-{}", ::getpid());
        const fs::path half = store(root) / name;
        tools::write_file(half, shown.output);
        const Hashes found = hashes_of(store(root), {name});
        if (found.empty() || found.begin()->second != hash) continue;
        fs::rename(half, store(root) / hash);
        return shown.output;
    }
    return std::nullopt;
} catch (const std::runtime_error&) {
    return std::nullopt;
}

}  // namespace

void keep_starters(const fs::path& root) noexcept try {
    if (!fs::exists(root / manifest)) return;
    // What was copied last is remembered by the manifest that it was copied by.
    const fs::path done = store(root) / "copied.sha256";
    const std::string now = tools::read_file(root / manifest);
    if (fs::exists(done) && tools::read_file(done) == now) return;
    fs::create_directories(store(root));
    const Hashes all = parse_hashes(now);
    std::vector<std::string> files;
    for (const auto& [path, hash] : all) {
        if (fs::is_regular_file(root / path)) files.push_back(path);
    }
    for (const auto& [path, hash] : hashes_of(root, files)) {
        if (all.at(path) == hash) keep(root, path, hash);
    }
    tools::write_file(done, now);
} catch (...) {  // a full disk, a read-only folder: what needs the copies says so
}

bool is_untouched(const fs::path& root, const tools::Lesson& lesson) {
    const Hashes right = of_lesson(recorded(root), lesson.stem);
    return !right.empty() && hashes_of(root, files_present(root, lesson.stem)) == right;
}

std::vector<std::string> files_gone(const fs::path& root, const tools::Lesson& lesson) {
    std::vector<std::string> gone;
    for (const auto& [path, hash] : of_lesson(recorded(root), lesson.stem)) {
        if (!fs::exists(fs::symlink_status(root / path))) gone.push_back(path);
    }
    return gone;
}

Files starter_of(const fs::path& root, const tools::Lesson& lesson) {
    const Hashes right = of_lesson(recorded(root), lesson.stem);
    if (right.empty()) {
        throw WrongUse(fmt::format("{} does not know the files that lessons/{} began with.",
                                   manifest, lesson.stem));
    }
    const Hashes present = hashes_of(root, files_present(root, lesson.stem));
    Files files;
    for (const auto& [path, hash] : right) {
        const auto here = present.find(path);
        std::optional<std::string> text;
        if (here != present.end() && here->second == hash) text = tools::read_file(root / path);
        if (!text) text = out_of_the_copies(root, hash);
        if (!text) text = out_of_git(root, path, hash);
        if (!text) {
            throw WrongUse(fmt::format(
                "The original of {} is gone: it was edited before the first ./learn, so there is "
                "no copy in .learn/starters, and git has none either. Download the course again "
                "and take the file from there.",
                path));
        }
        files.emplace(path.substr(prefix_of(lesson.stem).size()), *text);
    }
    return files;
}

void lay_out_starter(const fs::path& root, const tools::Lesson& lesson, const fs::path& folder) {
    const Files files = starter_of(root, lesson);
    fs::create_directories(folder);
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (!files.contains(entry.path().filename().string())) fs::remove_all(entry.path());
    }
    for (const auto& [name, text] : files) tools::update_file(folder / name, text);
}

void record_starter(const fs::path& root, const std::string& stem) {
    Hashes all = recorded(root);
    std::erase_if(all, [&](const auto& line) { return line.first.starts_with(prefix_of(stem)); });
    all.merge(hashes_of(root, files_present(root, stem)));
    std::string text;
    for (const auto& [path, hash] : all) text += fmt::format("{}  {}\n", hash, path);
    tools::write_file(root / manifest, text);
}

}  // namespace tutor
