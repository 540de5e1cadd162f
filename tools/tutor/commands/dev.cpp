#include "tutor/commands/dev.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <regex>
#include <stdexcept>
#include <vector>

#include "course/answer.hpp"
#include "process/command.hpp"
#include "text/text.hpp"
#include "tutor/build.hpp"
#include "tutor/diagnostics.hpp"
#include "tutor/file_lock.hpp"
#include "tutor/shipped.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

constexpr const char* pattern = "00_warm_up";
constexpr const char* chapter_pattern = "tools/tutor/commands/new_chapter.md";

std::string title_of(const std::string& stem) {
    std::string title = tools::replaced(stem.substr(3), "_", " ");
    title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    return title;
}

void require_free(const Desk& desk, const std::string& stem) {
    static const std::regex form("[0-9][0-9]_[a-z0-9][a-z0-9_]*");
    if (!std::regex_match(stem, form)) {
        throw WrongUse(fmt::format(
            "{} is no name for a lesson: it is two digits and words, such as 19_lost_update.",
            stem));
    }
    for (const tools::Lesson& lesson : desk.lessons) {
        if (lesson.number == stem.substr(0, 2))
            throw WrongUse(
                fmt::format("There is a lesson {} already: {}.", lesson.number, lesson.stem));
    }
    for (const fs::path& path :
         {fs::path("solutions") / stem, fs::path("tests") / (stem + ".cpp"),
          fs::path("tests/answers") / stem, fs::path("book") / (stem + ".md")}) {
        if (fs::exists(desk.root / path))
            throw WrongUse(fmt::format("{} is there already.", path.string()));
    }
}

// Copies a file, or a folder with all that is in it, and calls it by its new name inside, too.
void copy_renamed(const fs::path& from, const fs::path& to, const std::string& stem) {
    if (!fs::exists(from)) {
        throw WrongUse(fmt::format(
            "A new lesson begins as a copy of the warm-up, and {} is not there.", from.string()));
    }
    if (fs::is_directory(from)) {
        fs::create_directories(to);
        for (const auto& entry : fs::directory_iterator(from))
            copy_renamed(entry.path(), to / entry.path().filename(), stem);
        return;
    }
    fs::create_directories(to.parent_path());
    const std::string name = stem.substr(0, 2) + " " + tools::replaced(stem.substr(3), "_", " ");
    tools::write_file(to, tools::replaced(tools::replaced(tools::read_file(from), pattern, stem),
                                          "00 warm-up", name));
}

// Below the last line that has `what` in it; false when none has.
bool add_line_after_last(const fs::path& file, std::string_view what, const std::string& line) {
    if (!fs::exists(file)) return false;
    const std::string text = tools::read_file(file);
    const std::size_t last = text.rfind(what);
    if (last == std::string::npos) return false;
    const std::size_t end = std::min(text.find('\n', last), text.size());
    tools::write_file(file, text.substr(0, end) + "\n" + line + text.substr(end));
    return true;
}

// What the course check builds of a lesson, by target.
std::vector<std::string> targets_of(const Desk& desk, const tools::Lesson& lesson) {
    std::vector<std::string> targets = {"check", lesson.stem, "solution." + lesson.stem};
    for (const tools::Answer& answer : tools::answers_of(desk.root, lesson.stem)) {
        if (answer.is_right() || answer.is_wrong())
            targets.push_back(answer.name + "." + lesson.stem);
    }
    return targets;
}

class CourseCheck {
 public:
    explicit CourseCheck(Desk& desk) : desk_(desk), build_(folder_of("course")) {}

    bool build(const tools::Lesson& lesson) {
        return build("course", "Building " + lesson.stem, targets_of(desk_, lesson));
    }

    // In one of the presets.
    bool build(const std::string& preset, const std::string& what,
               const std::vector<std::string>& targets) {
        fs::create_directories(desk_.root / "build");
        const FileLock alone(folder_of(preset + ".lock"), [&] {
            desk_.screen.passing("Another ./learn is building; waiting for it ...");
        });
        if (!fs::exists(folder_of(preset) / "build.ninja") &&
            !did("Configuring", {"cmake", "--preset", preset}))
            return false;
        std::vector<std::string> words = {"cmake", "--build", folder_of(preset).string(),
                                          "--target"};
        words.insert(words.end(), targets.begin(), targets.end());
        return did(what, words);
    }

    // This program becomes the check, or another, which has the terminal and Ctrl-C for itself.
    [[noreturn]] void take_over(std::vector<std::string> words) const {
        words.insert(words.begin(), {(build_ / "bin" / "check").string(), "--root",
                                     desk_.root.string(), "--build", build_.string()});
        become(std::move(words));
    }

    [[noreturn]] void become(std::vector<std::string> words) const {
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        ::execv(pointers.front(), pointers.data());
        throw std::runtime_error(
            fmt::format("{} cannot be started: {}", words.front(), std::strerror(errno)));
    }

    fs::path folder_of(const std::string& preset) const { return desk_.root / "build" / preset; }

    // Whether it is content; what it says is shown.
    bool asks(std::vector<std::string> words) {
        words.insert(words.begin(), {(build_ / "bin" / "check").string(), "--root",
                                     desk_.root.string(), "--build", build_.string()});
        desk_.screen.passing("Checking ...");
        const tools::Outcome outcome = run(std::move(words));
        desk_.screen.passing("");
        desk_.screen.text(outcome.output);
        return outcome.ok();
    }

    // Everything that it knows to ask of a lesson.
    bool asks_everything(const tools::Lesson& lesson) {
        bool content = asks({"solution", lesson.stem, "--times", times});
        content &= asks({"starter", lesson.stem, "--times", times});
        for (const std::string& target : targets_of(desk_, lesson)) {
            const std::string answer = target.substr(0, target.find('.'));
            if (answer.starts_with("right_")) content &= asks({"right", lesson.stem, answer});
            if (answer.starts_with("wrong_")) content &= asks({"wrong", lesson.stem, answer});
        }
        content &= asks({"answers", lesson.stem});
        content &= asks({"chapter", lesson.stem});
        return content;
    }

 private:
    static constexpr const char* times = "5";

    tools::Outcome run(std::vector<std::string> words) const {
        tools::Command command;
        command.words = std::move(words);
        command.folder = desk_.root;
        command.limit = std::chrono::hours(1);
        return tools::run(command);
    }

    bool did(const std::string& what, std::vector<std::string> words) const {
        desk_.screen.passing(what + " ...");
        const tools::Outcome outcome = run(std::move(words));
        desk_.screen.passing("");
        if (outcome.ok()) return true;
        desk_.screen.line(desk_.screen.bad(what + " failed:"));
        desk_.screen.text(tools::printable(outcome.output));
        return false;
    }

    Desk& desk_;
    fs::path build_;
};

Status check_one(Desk& desk, const tools::Lesson& lesson, bool refresh) {
    const Screen& screen = desk.screen;
    screen.line(screen.strong(name_of(lesson)));
    if (refresh) record_starter(desk.root, lesson.stem);
    if (!is_untouched(desk.root, lesson)) {
        screen.line(fmt::format(
            "lessons/{0} is not as tests/starters.sha256 has it. If that is meant: ./learn dev "
            "check {1} --refresh. If not: ./learn reset {1}",
            lesson.stem, lesson.number));
        return red;
    }
    CourseCheck check(desk);
    if (!check.build(lesson)) return does_not_compile;
    if (refresh && !check.asks({"refresh", lesson.stem})) return red;
    return check.asks_everything(lesson) ? all_well : red;
}

}  // namespace

Status dev_new(Desk& desk, const std::string& stem) {
    require_free(desk, stem);
    const std::string number = stem.substr(0, 2);
    const fs::path& root = desk.root;
    const auto begin = [&](const std::string& before, const std::string& after) {
        copy_renamed(root / (before + pattern + after), root / (before + stem + after), stem);
    };
    begin("lessons/", "");
    begin("solutions/", "");
    begin("tests/", ".cpp");
    begin("tests/answers/", "");
    const std::string chapter =
        tools::replaced(tools::replaced(tools::read_file(root / chapter_pattern), "@NN@", number),
                        "@TITLE@", title_of(stem));
    tools::write_file(root / "book" / (stem + ".md"), chapter);
    add_line_after_last(root / "book/SUMMARY.md", ".md)",
                        fmt::format("- [{} · {}]({}.md)", number, title_of(stem), stem));
    add_line_after_last(root / "README.md", "](book/",
                        fmt::format("| [{} {}](book/{}.md) | The disease in one line. | 20 min |",
                                    number, tools::replaced(stem.substr(3), "_", " "), stem));
    record_starter(root, stem);

    const Screen& screen = desk.screen;
    screen.line(fmt::format("Lesson {} begins as the warm-up under its name:", stem));
    for (const char* path :
         {"lessons/{}/", "solutions/{}/", "tests/{}.cpp", "tests/answers/{}/", "book/{}.md"})
        screen.line("  " + fmt::format(fmt::runtime(path), stem));
    screen.line(
        "It has a line in book/SUMMARY.md and in the README's table: move and correct them.");
    screen.line(
        fmt::format("How to go on: ./learn dev check {} --refresh, then CONTRIBUTING.md", number));
    return all_well;
}

Status dev_check(Desk& desk, const std::string& wanted, bool refresh) {
    if (refresh) record_shipped(desk.root);
    Status worst = all_well;
    if (!wanted.empty()) {
        worst = check_one(desk, find_lesson(desk, wanted), refresh);
    } else {
        for (const tools::Lesson& lesson : desk.lessons)
            worst = std::max(worst, check_one(desk, lesson, refresh));
    }
    for (const std::string& file : changed_since_shipped(desk.root)) {
        desk.screen.line(
            fmt::format("{} is not as tests/shipped.sha256 has it. If that is meant: ./learn dev "
                        "check --refresh",
                        file));
        worst = std::max(worst, red);
    }
    return worst;
}

Status dev_mutate(Desk& desk, const std::string& wanted, const FaultWishes& wishes) {
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    const std::string solution = "solution." + lesson.stem;
    CourseCheck check(desk);
    if (!check.build("course", "Building " + solution, {"check", solution}))
        return does_not_compile;
    if (wishes.tsan &&
        !check.build("tsan", "Building " + solution + " for ThreadSanitizer", {solution}))
        return does_not_compile;

    std::vector<std::string> words = {"mutate", lesson.stem, "--seed", std::to_string(wishes.seed)};
    const auto add = [&](const char* option, const std::string& value) {
        words.emplace_back(option);
        words.push_back(value);
    };
    if (wishes.faults > 0) add("--faults", std::to_string(wishes.faults));
    if (wishes.at_once > 0) add("-j", std::to_string(wishes.at_once));
    if (wishes.tsan) add("--tsan", check.folder_of("tsan").string());
    if (wishes.list) words.emplace_back("--list");
    check.take_over(std::move(words));
}

Status dev_overlooked(Desk& desk, const std::string& wanted, bool record, bool anew) {
    std::vector<tools::Lesson> lessons = desk.lessons;
    if (!wanted.empty()) lessons = {find_lesson(desk, wanted)};
    std::vector<std::string> targets = {"check"};
    for (const tools::Lesson& lesson : lessons) {
        if (!record && !anew) break;
        targets.push_back(lesson.stem);
        targets.push_back("solution." + lesson.stem);
    }
    CourseCheck check(desk);
    if (!check.build("course", "Building what is asked", targets)) return does_not_compile;
    std::vector<std::string> words = {"overlooked"};
    if (!wanted.empty()) words.push_back(lessons.front().stem);
    if (record) words.emplace_back("--record");
    if (anew) words.emplace_back("--anew");
    check.take_over(std::move(words));
}

Status dev_answers(Desk& desk, std::vector<std::string> words) {
    CourseCheck check(desk);
    if (!check.build("course", "Building tools/answers", {"answers"})) return does_not_compile;
    const fs::path program = check.folder_of("course") / "bin" / "answers";
    words.insert(words.begin(), {program.string(), "--root", desk.root.string()});
    check.become(std::move(words));
}

}  // namespace tutor
