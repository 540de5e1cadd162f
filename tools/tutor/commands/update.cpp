#include "tutor/commands/update.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <set>
#include <system_error>

#include "process/command.hpp"
#include "text/text.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/file_lock.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

using Paths = std::set<std::string>;  // from the root

class Git {
 public:
    explicit Git(fs::path root) : root_(std::move(root)) {}

    tools::Outcome operator()(std::vector<std::string> words) const {
        // As the files are, and in English: we read what it says.
        for (const char* word : {"core.quotePath=false", "-c", "git"})
            words.insert(words.begin(), word);
        tools::Command command;
        command.words = std::move(words);
        command.folder = root_;
        command.environment = {{"LC_ALL", "C"}, {"GIT_TERMINAL_PROMPT", "0"}, {"GIT_PAGER", ""}};
        command.limit = std::chrono::minutes(5);
        command.most_output = 20'000'000;
        return tools::run(command);
    }

    // Throws WrongUse with what git says when it fails.
    std::string must(std::vector<std::string> words) const {
        const std::string verb = words.front();
        const tools::Outcome outcome = (*this)(std::move(words));
        if (!outcome.ok()) {
            throw WrongUse(fmt::format("git {} failed, so the course stays as it is: {}", verb,
                                       last_line(outcome.output)));
        }
        return outcome.output;
    }

    static std::string last_line(const std::string& output) {
        const auto lines = tools::lines_of(output);
        return lines.empty() ? "it does not say why." : std::string(lines.back());
    }

 private:
    fs::path root_;
};

Paths paths_in(const std::string& zero_terminated) {
    Paths paths;
    for (std::size_t at = 0; at < zero_terminated.size();) {
        const std::size_t end = std::min(zero_terminated.find('\0', at), zero_terminated.size());
        if (end > at) paths.insert(zero_terminated.substr(at, end - at));
        at = end + 1;
    }
    return paths;
}

void require_git(const Git& git, const fs::path& root) {
    try {
        git({"--version"});
    } catch (const std::runtime_error&) {
        throw WrongUse("update needs git, which is not installed.");
    }
    const tools::Outcome top = git({"rev-parse", "--show-toplevel"});
    if (top.ok() && fs::equivalent(tools::trimmed(top.output), root)) return;
    if (top.output.find("dubious ownership") != std::string::npos) {
        throw WrongUse(fmt::format(
            "git does not trust this folder, because it belongs to somebody else. If you do: git "
            "config --global --add safe.directory '{}'",
            root.string()));
    }
    throw WrongUse(
        "This copy of the course was not made with git, so it cannot be updated. Clone the course, "
        "and copy your lessons/ and .learn/ into the clone.");
}

void require_no_half_done_work(const Git& git, const fs::path& root) {
    for (const char* what : {"MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD"}) {
        const fs::path file(tools::trimmed(git.must({"rev-parse", "--git-path", what})));
        if (fs::exists(root / file))
            throw WrongUse(
                "A merge or a rebase is under way in this folder: finish it, or abort it, then "
                "./learn update again.");
    }
}

void fetch(const Git& git) {
    const tools::Outcome fetched = git({"fetch", "--quiet"});
    if (fetched.ok()) return;
    const auto lines = tools::lines_of(fetched.output);
    const std::string first = lines.empty() ? "nothing." : std::string(lines.front());
    throw WrongUse(
        fmt::format("Could not check for a newer course, so this one stays as it is. {}{}",
                    fetched.out_of_time ? "The network does not answer." : "git says: ",
                    fetched.out_of_time ? "" : first));
}

// The learner has commits of their own, so the two are merged, by git and its rules.
void merge(const Git& git) {
    const tools::Outcome merged = git({"merge", "--quiet", "--no-edit", "@{upstream}"});
    if (merged.ok()) return;
    const Paths conflicts = paths_in(git({"diff", "--name-only", "-z", "--diff-filter=U"}).output);
    if (conflicts.empty()) {
        const auto lines = tools::lines_of(merged.output);
        throw WrongUse(fmt::format(
            "You have commits of your own, and the newer course could not be merged with them; the "
            "course stays as it is. git says: {}",
            lines.empty() ? "" : std::string(lines.front())));
    }
    git({"merge", "--abort"});
    throw WrongUse(fmt::format(
        "You have commits of your own, and both they and the newer course change {}; the course "
        "stays as it is. git merge @{{upstream}} lets you settle it.",
        fmt::join(conflicts, ", ")));
}

Paths files_of(const Git& git, const std::string& commit) {
    return paths_in(git.must({"ls-tree", "-r", "-z", "--name-only", commit}));
}

// What the newer course has in the place of edited files, for the learner to look at.
fs::path keep_newer(const Git& git, const fs::path& root, const std::string& commit,
                    const std::vector<std::string>& paths) {
    fs::path folder;
    for (int n = 1; folder.empty(); ++n) {
        const fs::path name = fs::path(".learn") / "kept" / fmt::format("update.{}", n);
        fs::create_directories(root / name.parent_path());
        if (fs::create_directory(root / name)) folder = name;
    }
    const Paths newer = files_of(git, commit);
    for (const std::string& path : paths) {
        if (!newer.contains(path)) continue;
        fs::create_directories((root / folder / path).parent_path());
        tools::write_file(root / folder / path, git.must({"show", commit + ":" + path}));
    }
    return folder;
}

// Puts the newer versions of these files in their places;
// of those that it has no more, removes them.
void take(const Git& git, const fs::path& root, const std::string& commit, const Paths& paths) {
    constexpr std::size_t at_a_time = 100;
    std::vector<std::string> words;
    const auto check_out = [&] {
        if (words.empty()) return;
        words.insert(words.begin(), {"checkout", "--quiet", commit, "--"});
        git.must(std::exchange(words, {}));
    };
    const Paths newer = files_of(git, commit);
    for (const std::string& path : paths) {
        if (newer.contains(path)) {
            words.push_back(path);
            if (words.size() == at_a_time) check_out();
        } else {
            fs::remove(root / path);
            std::error_code not_empty;
            for (fs::path folder = fs::path(path).parent_path(); !folder.empty() && !not_empty;
                 folder = folder.parent_path()) {
                fs::remove(root / folder, not_empty);
            }
        }
    }
    check_out();
}

bool is_below(const std::string& path, const std::string& folder) {
    return path.starts_with(folder + "/");
}

// Whether a change to this file can keep an edited lesson from compiling.
bool concerns(const std::string& path, const std::string& stem) {
    const bool is_included =
        path.ends_with(".hpp") && (is_below(path, "common") || is_below(path, "solutions"));
    return is_included || is_below(path, "lessons/" + stem) || is_below(path, "tests/" + stem);
}

std::vector<std::string> stems(const fs::path& root) {
    std::vector<std::string> stems;
    for (const tools::Lesson& lesson : tools::find_lessons(root)) stems.push_back(lesson.stem);
    return stems;
}

std::vector<std::string> doubtful_lessons(std::vector<std::string> lessons, const Paths& kept,
                                          const Paths& changed) {
    std::erase_if(lessons, [&](const std::string& stem) {
        const bool is_edited = std::any_of(kept.begin(), kept.end(), [&](const std::string& path) {
            return is_below(path, "lessons/" + stem);
        });
        return !is_edited || std::none_of(changed.begin(), changed.end(),
                                          [&](const auto& path) { return concerns(path, stem); });
    });
    return lessons;
}

}  // namespace

Update update_course(const Context& context) {
    const fs::path root = fs::absolute(context.root);
    const Git git(root);
    require_git(git, root);
    require_no_half_done_work(git, root);
    if (!git({"rev-parse", "--verify", "--quiet", "@{upstream}"}).ok()) {
        throw WrongUse(
            "This copy follows no other, so there is nothing to update from; git branch "
            "--set-upstream-to makes it follow one.");
    }
    context.screen.passing("Asking for a newer course ...");
    fetch(git);
    context.screen.passing("");

    const std::string newer(tools::trimmed(git.must({"rev-parse", "@{upstream}"})));
    const std::string version(tools::trimmed(git.must({"rev-parse", "--short", newer})));
    Update update;
    update.version = version;
    if (git({"merge-base", "--is-ancestor", newer, "HEAD"}).ok()) {
        update.is_newest = true;
        return update;
    }
    const std::vector<std::string> before = stems(root);
    fs::create_directories(root / "build");
    const FileLock no_build(root / "build" / "lessons.lock");
    if (!git({"merge-base", "--is-ancestor", "HEAD", newer}).ok()) {
        merge(git);
    } else {
        // What differs from the newer course though it should not is edited, or was taken by an
        // update that was broken off and is no different any more.
        const auto differing = [&](std::vector<std::string> words) {
            words.insert(words.begin(), {"diff", "--name-only", "-z", "--no-renames"});
            return paths_in(git.must(std::move(words)));
        };
        const Paths changed = differing({"HEAD", newer});
        const Paths edited = differing({"HEAD"});
        const Paths not_newer = differing({newer});
        const Paths tracked = files_of(git, "HEAD");
        Paths to_take;
        for (const std::string& path : changed) {
            const bool is_stranger = !tracked.contains(path) && fs::exists(root / path);
            const bool is_edited = edited.contains(path) && not_newer.contains(path);
            if (is_edited || (is_stranger && !edited.contains(path))) {
                update.edited.push_back(path);
            } else {
                to_take.insert(path);
            }
        }
        if (!update.edited.empty()) update.copies = keep_newer(git, root, newer, update.edited);
        take(git, root, newer, to_take);
        git.must({"reset", "--quiet", newer});
        Paths kept(update.edited.begin(), update.edited.end());
        std::set_intersection(edited.begin(), edited.end(), not_newer.begin(), not_newer.end(),
                              std::inserter(kept, kept.end()));
        update.doubtful = doubtful_lessons(stems(root), kept, changed);
    }
    update.renamed = find_renamed(before, stems(root));
    const auto was_there = [&](const std::string& stem) {
        return std::find(before.begin(), before.end(), stem) != before.end() ||
               std::any_of(update.renamed.begin(), update.renamed.end(),
                           [&](const auto& each) { return each.second == stem; });
    };
    for (const std::string& stem : stems(root)) {
        if (!was_there(stem)) update.new_lessons.push_back(stem);
    }
    return update;
}

namespace {

Status update(Context& context) {
    const Screen& screen = context.screen;
    const Update update = update_course(context);
    if (update.is_newest) {
        screen.line(fmt::format("This is the newest course ({}).", update.version));
        return all_well;
    }
    screen.line(fmt::format("The course is now at {}.", update.version));
    for (const std::string& stem : update.new_lessons)
        screen.line(fmt::format("New: lessons/{}", stem));
    for (const auto& [from, to] : update.renamed) {
        screen.line(fmt::format("lessons/{} is now lessons/{}.", from, to));
        if (fs::exists(context.root / "lessons" / from))
            screen.line(fmt::format(
                "What you wrote is still in lessons/{}: copy it over, if it fits.", from));
    }
    for (const std::string& path : update.edited)
        screen.line(
            fmt::format("Yours, as you left it, though the course has changed it: {}", path));
    if (!update.copies.empty())
        screen.line(fmt::format("What the course has there: {}", update.copies.string()));
    for (const std::string& stem : update.doubtful)
        screen.line(
            fmt::format("Your lessons/{} may not compile with the newer course: ./learn test {} "
                        "says whether it does.",
                        stem, stem.substr(0, 2)));
    if (!update.doubtful.empty())
        screen.line(
            "If one does not, fix what the compiler names, or start that lesson over: ./learn "
            "reset and its number; what you wrote is kept, to copy from.");
    screen.line("The next ./learn builds what is new.");
    return all_well;
}

}  // namespace

void add_update(CLI::App& app, Request& request) {
    request_action(*app.add_subcommand("update", "Take a newer course with git; your edits stay"),
                   request, update);
}

}  // namespace tutor
