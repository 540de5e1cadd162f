#include "course/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "text/patch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

constexpr std::string_view rejected_by = "Rejected by:";
constexpr std::string_view overlooks = "Overlooks:";
constexpr std::string_view does_without = "Does without:";

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    if (!fs::is_directory(folder)) return entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

std::string name_of(const fs::path& path) {
    return (path.extension() == ".diff" ? path.stem() : path.filename()).string();
}

// What stands behind the key, if the line has it.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
    if (!line.starts_with(key)) return std::nullopt;
    return std::string(trimmed(line.substr(key.size())));
}

// Returns the files that it does without.
std::vector<std::string> read_words(std::string_view words, Answer& answer) {
    std::vector<std::string> without;
    bool inside = false;  // of what it overlooks, which may have several lines
    for (const std::string_view line : lines_of(words)) {
        if (const auto test = value_of(line, rejected_by)) {
            answer.rejected_by.push_back(*test);
            inside = false;
        } else if (const auto file = value_of(line, does_without)) {
            without.push_back(*file);
            inside = false;
        } else if (const auto what = value_of(line, overlooks)) {
            answer.overlooks += *what;
            inside = true;
        } else if (trimmed(line).empty()) {
            inside = false;
        } else if (inside) {
            answer.overlooks += " ";
            answer.overlooks += trimmed(line);
        } else {
            throw std::runtime_error(
                fmt::format("{}: a line that is neither Rejected by, Overlooks nor Does without: "
                            "{}",
                            answer.path.string(), line));
        }
    }
    return without;
}

Overlay overlay_of_folder(const fs::path& folder) {
    Overlay overlay;
    for (const fs::path& file : entries_of(folder)) {
        std::optional<std::string>& text = overlay[file.filename().string()];
        if (fs::file_size(file) > 0) text = read_file(file);
    }
    return overlay;
}

Overlay overlay_of_diff(Answer answer, const fs::path& solution) {
    const std::string diff = read_file(answer.path);
    const Patch patch = read_patch(diff);
    Overlay overlay;
    for (const std::string& file : read_words(patch.opening, answer)) overlay[file] = std::nullopt;
    for (const FilePatch& file : patch.files) {
        const fs::path name = fs::path(file.after).filename();
        try {
            if (!overlay.emplace(name.string(), std::nullopt).second)
                throw PatchError("is in the diff twice");
            if (!file.is_whole() && !fs::is_regular_file(solution / name))
                throw PatchError("is not there");
            overlay[name.string()] =
                applied(file, file.is_whole() ? std::string() : read_file(solution / name));
        } catch (const PatchError& error) {
            throw std::runtime_error(
                fmt::format("{} does not fit {}: {}\nThis brings all answers up to date with the "
                            "solutions: ./learn dev answers rebase",
                            answer.path.string(), (solution / name).string(), error.what()));
        }
    }
    if (overlay.empty())
        throw std::runtime_error(answer.path.string() + " differs in nothing from the solution");
    return overlay;
}

}  // namespace

std::vector<fs::path> Answer::files() const {
    return is_diff() ? std::vector{path} : entries_of(path);
}

Answer read_answer(const fs::path& path) {
    Answer answer;
    answer.name = name_of(path);
    answer.path = path;
    if (answer.is_diff()) {
        const std::string diff = read_file(path);
        try {
            read_words(read_patch(diff).opening, answer);
        } catch (const PatchError& error) {
            throw std::runtime_error(path.string() + ", " + error.what());
        }
        return answer;
    }
    for (const fs::path& file : entries_of(path)) {
        if (fs::is_regular_file(file)) read_words(opening_of(read_file(file)).words, answer);
    }
    return answer;
}

std::vector<fs::path> answer_paths_of(const fs::path& root, const std::string& stem) {
    std::vector<fs::path> paths = entries_of(root / "tests" / "answers" / stem);
    std::sort(paths.begin(), paths.end(),
              [](const fs::path& a, const fs::path& b) { return name_of(a) < name_of(b); });
    return paths;
}

std::vector<Answer> answers_of(const fs::path& root, const std::string& stem) {
    std::vector<Answer> answers;
    for (const fs::path& path : answer_paths_of(root, stem)) answers.push_back(read_answer(path));
    return answers;
}

Answer answer_of(const fs::path& root, const std::string& stem, const std::string& name) {
    const fs::path folder = root / "tests" / "answers" / stem / name;
    const fs::path diff = folder.string() + ".diff";
    if (fs::is_regular_file(diff)) return read_answer(diff);
    if (fs::is_directory(folder)) return read_answer(folder);
    throw std::runtime_error("there is no answer " + folder.string());
}

Overlay overlay_of(const Answer& answer, const fs::path& solution) {
    return answer.is_diff() ? overlay_of_diff(answer, solution) : overlay_of_folder(answer.path);
}

Opening opening_of(std::string_view text) {
    constexpr std::string_view comment = "// ";
    Opening opening;
    opening.rest = text;
    for (const std::string_view line : lines_of(text)) {
        const bool is_comment = line.starts_with(comment);
        const std::string_view words = line.substr(is_comment ? comment.size() : 0);
        if (opening.words.empty() && !words.starts_with(rejected_by) &&
            !words.starts_with(overlooks))
            return opening;
        if (!is_comment) break;
        opening.words.append(words).append("\n");
        opening.rest.remove_prefix(std::min(line.size() + 1, opening.rest.size()));
    }
    for (const std::string_view separator : {"\n", "//\n"}) {
        if (opening.rest.starts_with(separator)) {
            opening.rest.remove_prefix(separator.size());
            break;
        }
    }
    return opening;
}

}  // namespace tools
