#include "answers/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

#include "course/answer.hpp"
#include "process/command.hpp"
#include "process/temporary_folder.hpp"
#include "text/diff.hpp"
#include "text/patch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace answers {
namespace {

using tools::Answer;
using tools::Overlay;

constexpr std::string_view does_without = "Does without: ";

fs::path solution_of(const fs::path& root, const std::string& stem) {
    return root / "solutions" / stem;
}

fs::path home_of_answers(const fs::path& root) {
    return root / "tests" / "answers";
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    if (!fs::is_directory(folder)) throw std::runtime_error(folder.string() + " is no folder");
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

// Does it for each answer. What goes wrong with one, be it that it cannot be read, is printed, and
// keeps none of the others from being done.
int for_each_answer(const fs::path& root,
                    const std::function<void(const std::string& stem, const Answer&)>& work) {
    int status = 0;
    for (const std::string& stem : names_in(home_of_answers(root))) {
        for (const fs::path& path : tools::answer_paths_of(root, stem)) {
            try {
                work(stem, tools::read_answer(path));
            } catch (const std::runtime_error& error) {
                fmt::print(stderr, "{}\n", error.what());
                status = 1;
            }
        }
    }
    return status;
}

// The words that an answer opens with, without what its files say by themselves.
std::string words_of(const Answer& answer) {
    const std::string diff = tools::read_file(answer.path);
    std::string words;
    for (const std::string_view line : tools::lines_of(tools::read_patch(diff).opening)) {
        if (!line.empty() && !line.starts_with(does_without)) words.append(line).append("\n");
    }
    return words;
}

std::string as_comment(const std::string& words) {
    std::string comment;
    for (const std::string_view line : tools::lines_of(words))
        comment.append("// ").append(line).append("\n");
    return comment.empty() ? comment : comment + "\n";
}

// The first of the files has the words.
void write_folder(const fs::path& folder, const Overlay& overlay, const std::string& words) {
    fs::create_directories(folder);
    bool is_said = words.empty();
    for (const auto& [name, text] : overlay) {
        if (!text) {
            tools::write_file(folder / name, "");
            continue;
        }
        tools::write_file(folder / name, is_said ? *text : as_comment(words) + *text);
        is_said = true;
    }
    if (!is_said)
        throw std::runtime_error(folder.string() +
                                 " has no file that could say by which tests it is rejected");
}

// Of an answer's file, what the diff has of it: the lines that differ, or all of it if that is
// shorter. Empty if nothing differs.
std::string diff_of(const std::string& stem, const std::string& name,
                    const std::optional<std::string>& before, const std::string& after) {
    const std::string label = fmt::format("solutions/{}/{}", stem, name);
    const std::string whole = tools::unified_diff("", after, "/dev/null", label);
    if (!before) return whole;
    const std::string hunks = tools::unified_diff(*before, after, label, label);
    std::string text;
    for (const std::string_view line : tools::lines_of(hunks))
        text.append(line == " " ? "" : line).append("\n");
    return tools::lines_of(text).size() < tools::lines_of(whole).size() ? text : whole;
}

void require_whole_lines(const fs::path& file, const std::string& text) {
    if (!text.ends_with('\n'))
        throw std::runtime_error(file.string() + " does not end with a line end");
    if (text.find('\r') != std::string::npos)
        throw std::runtime_error(file.string() + " has carriage returns");
    if (text.starts_with("<<<<<<< ") || text.find("\n<<<<<<< ") != std::string::npos)
        throw std::runtime_error(file.string() + " has a conflict that is not solved");
}

// A .diff of this answer, which is a folder's; `lines` is how many the folder's files have.
struct Diff {
    std::string text;
    std::size_t lines = 0;
};

Diff diff_of(const fs::path& solution, const std::string& stem, const Answer& answer) {
    std::string words;
    std::string without;
    std::string patches;
    Overlay rest;
    Diff diff;
    for (const auto& [name, text] : tools::overlay_of(answer, solution)) {
        if (!text) {
            without += fmt::format("{}{}\n", does_without, name);
            rest[name] = std::nullopt;
            continue;
        }
        require_whole_lines(answer.path / name, *text);
        diff.lines += tools::lines_of(*text).size();
        const tools::Opening opening = tools::opening_of(*text);
        words += opening.words;
        std::optional<std::string> before;
        if (fs::exists(solution / name)) before = tools::read_file(solution / name);
        const std::string patch = diff_of(stem, name, before, std::string(opening.rest));
        if (!patch.empty()) rest[name] = std::string(opening.rest);
        patches += patch;
    }
    if (rest.empty())
        throw std::runtime_error(answer.path.string() + " differs in nothing from the solution");
    words += without;
    diff.text = words + (words.empty() || patches.empty() ? "" : "\n") + patches;
    return diff;
}

// That the diff comes to what the folder has.
void require_same(const fs::path& solution, const Answer& folder, const Answer& diff) {
    Overlay from_folder = tools::overlay_of(folder, solution);
    for (auto each = from_folder.begin(); each != from_folder.end();) {
        auto& [name, text] = *each;
        if (text) text = std::string(tools::opening_of(*text).rest);
        const bool is_solutions =
            text && fs::exists(solution / name) && *text == tools::read_file(solution / name);
        each = is_solutions ? from_folder.erase(each) : std::next(each);
    }
    if (from_folder != tools::overlay_of(diff, solution) || folder.overlooks != diff.overlooks ||
        folder.rejected_by != diff.rejected_by)
        throw std::runtime_error(folder.path.string() +
                                 " does not come out of the diff as it went in");
}

// Writes the diff into the place of the answer, and makes sure of it, or leaves things as they
// were. Returns whether it was shorter.
bool shrink_one(const fs::path& root, const std::string& stem, const Answer& folder) {
    const fs::path solution = solution_of(root, stem);
    const Diff diff = diff_of(solution, stem, folder);
    if (tools::lines_of(diff.text).size() >= diff.lines) return false;
    const tools::TemporaryFolder aside;
    const fs::path file = fs::path("tests") / "answers" / stem / (folder.name + ".diff");
    fs::create_directories((aside.path() / file).parent_path());
    tools::write_file(aside.path() / file, diff.text);
    require_same(solution, folder, tools::answer_of(aside.path(), stem, folder.name));
    tools::write_file(root / file, diff.text);
    return true;
}

std::optional<std::string> old_solution(const fs::path& root, const std::string& from,
                                        const std::string& stem, const std::string& name) {
    if (fs::is_directory(from)) {
        const fs::path file = fs::path(from) / stem / name;
        if (!fs::exists(file)) return std::nullopt;
        return tools::read_file(file);
    }
    tools::Command command;
    command.words = {"git", "show", fmt::format("{}:./solutions/{}/{}", from, stem, name)};
    command.folder = root;
    const tools::Outcome outcome = tools::run(command);
    if (!outcome.ok()) return std::nullopt;
    return outcome.output;
}

struct Merged {
    std::string text;
    bool has_conflicts = false;
};

Merged merged(const std::string& mine, const std::string& base, const std::string& solution) {
    const tools::TemporaryFolder folder;
    tools::write_file(folder.path() / "answer", mine);
    tools::write_file(folder.path() / "before", base);
    tools::write_file(folder.path() / "solution", solution);
    tools::Command command;
    command.words = {"git", "merge-file",   "-L",     "the answer", "-L",      "the old solution",
                     "-L",  "the solution", "answer", "before",     "solution"};
    command.folder = folder.path();
    const tools::Outcome outcome = tools::run(command);
    if (outcome.exit_status < 0 || outcome.exit_status > 127)
        throw std::runtime_error("git merge-file failed: " + outcome.output);
    return {tools::read_file(folder.path() / "answer"), outcome.exit_status > 0};
}

// The old answer, with what has changed in the solution since.
Overlay rebased(const fs::path& root, const std::string& stem, const Answer& answer,
                const std::string& from, bool& has_conflicts) {
    const fs::path solution = solution_of(root, stem);
    const std::string diff = tools::read_file(answer.path);
    const tools::TemporaryFolder old;
    std::vector<std::string> patched;
    for (const tools::FilePatch& file : tools::read_patch(diff).files) {
        if (file.is_whole()) continue;
        const std::string name = fs::path(file.after).filename().string();
        const auto text = old_solution(root, from, stem, name);
        if (!text)
            throw std::runtime_error(fmt::format("{}: there is no solutions/{}/{} in {}",
                                                 answer.path.string(), stem, name, from));
        tools::write_file(old.path() / name, *text);
        patched.push_back(name);
    }
    Overlay overlay = tools::overlay_of(answer, old.path());
    for (const std::string& name : patched) {
        if (!fs::exists(solution / name)) {
            has_conflicts = true;  // to be laid over another file, or to be written anew
            continue;
        }
        Merged result = merged(*overlay[name], tools::read_file(old.path() / name),
                               tools::read_file(solution / name));
        has_conflicts |= result.has_conflicts;
        overlay[name] = std::move(result.text);
    }
    return overlay;
}

std::optional<Overlay> overlay_if_it_fits(const Answer& answer, const fs::path& solution) try {
    return tools::overlay_of(answer, solution);
} catch (const std::runtime_error&) {
    return std::nullopt;
}

}  // namespace

void lay(const fs::path& root, const std::string& stem, const std::string& name,
         const fs::path& folder) {
    const Answer answer = tools::answer_of(root, stem, name);
    fs::create_directories(folder);
    for (const auto& [file, text] : tools::overlay_of(answer, solution_of(root, stem))) {
        if (!text) {
            fs::remove(folder / file);
        } else {
            tools::update_file(folder / file, *text);
        }
    }
}

int expand(const fs::path& root, const fs::path& into) {
    const bool in_place = fs::weakly_canonical(into) == fs::canonical(home_of_answers(root));
    return for_each_answer(root, [&](const std::string& stem, const Answer& answer) {
        const fs::path folder = into / stem / answer.name;
        if (in_place && !answer.is_diff()) return;
        const Overlay overlay = tools::overlay_of(answer, solution_of(root, stem));
        fs::remove_all(folder);
        write_folder(folder, overlay, answer.is_diff() ? words_of(answer) : "");
        if (in_place) fs::remove(answer.path);
    });
}

int shrink(const fs::path& root, const fs::path& from) {
    const fs::path home = home_of_answers(root);
    const bool in_place = fs::canonical(from) == fs::weakly_canonical(home);
    int status = 0;
    for (const std::string& stem : names_in(from)) {
        for (const std::string& name : names_in(from / stem)) {
            try {
                const Answer folder = tools::read_answer(from / stem / name);
                fs::create_directories(home / stem);
                const bool is_diff = shrink_one(root, stem, folder);
                if (is_diff || !in_place) fs::remove_all(home / stem / name);
                if (is_diff) continue;
                fs::remove(home / stem / (name + ".diff"));
                if (!in_place)
                    fs::copy(folder.path, home / stem / name, fs::copy_options::recursive);
            } catch (const std::runtime_error& error) {
                fmt::print(stderr, "{}\n", error.what());
                status = 1;
            }
        }
    }
    return status;
}

int rebase(const fs::path& root, const std::string& from) {
    return for_each_answer(root, [&](const std::string& stem, const Answer& answer) {
        if (!answer.is_diff()) return;
        bool has_conflicts = false;
        std::optional<Overlay> overlay = overlay_if_it_fits(answer, solution_of(root, stem));
        if (!overlay) overlay = rebased(root, stem, answer, from, has_conflicts);
        const fs::path folder = answer.path.parent_path() / answer.name;
        const tools::TemporaryFolder aside;
        write_folder(aside.path() / answer.name, *overlay, words_of(answer));
        if (!has_conflicts &&
            shrink_one(root, stem, tools::read_answer(aside.path() / answer.name)))
            return;
        fs::copy(aside.path() / answer.name, folder, fs::copy_options::recursive);
        fs::remove(answer.path);
        if (has_conflicts)
            throw std::runtime_error(folder.string() +
                                     ": the solution has changed in the same lines. Solve the "
                                     "conflicts in this folder, then: ./learn dev answers shrink");
    });
}

}  // namespace answers
