// dev new: begins a lesson that `verify` takes: the warm-up under another name, with a chapter to
// be written over.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <string_view>

#include "text/text.hpp"
#include "tutor/commands/commands.hpp"
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

void require_free(const Context& context, const std::string& stem) {
    static const std::regex form("[0-9][0-9]_[a-z0-9][a-z0-9_]*");
    if (!std::regex_match(stem, form)) {
        throw WrongUse(fmt::format(
            "{} is no name for a lesson: it is two digits and words, such as 19_lost_update.",
            stem));
    }
    for (const tools::Lesson& lesson : context.lessons) {
        if (lesson.number == stem.substr(0, 2))
            throw WrongUse(
                fmt::format("There is a lesson {} already: {}.", lesson.number, lesson.stem));
    }
    for (const fs::path& path :
         {fs::path("solutions") / stem, fs::path("tests") / (stem + ".cpp"),
          fs::path("tests/answers") / stem, fs::path("book") / (stem + ".md")}) {
        if (fs::exists(context.root / path))
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

Status dev_new(Context& context, const std::string& stem) {
    require_free(context, stem);
    const std::string number = stem.substr(0, 2);
    const fs::path& root = context.root;
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
    add_line_after_last(root / "README.md", " min |",
                        fmt::format("| [{} {}](book/{}.md) | The disease in one line. | 20 min |",
                                    number, tools::replaced(stem.substr(3), "_", " "), stem));
    record_starter(root, stem);

    const Screen& screen = context.screen;
    screen.line(fmt::format("Lesson {} begins as the warm-up under its name:", stem));
    for (const char* path :
         {"lessons/{}/", "solutions/{}/", "tests/{}.cpp", "tests/answers/{}/", "book/{}.md"})
        screen.line("  " + fmt::format(fmt::runtime(path), stem));
    screen.line(
        "It has a line in book/SUMMARY.md and in the README's table: move and correct them.");
    screen.line(
        fmt::format("How to go on: ./learn dev verify {} --refresh, then CONTRIBUTING.md", number));
    return all_well;
}

}  // namespace

void add_dev_new(CLI::App& dev, Request& request) {
    CLI::App* verb = dev.add_subcommand("new", "Begin a lesson: 19_name");
    const auto stem = std::make_shared<std::string>();
    verb->add_option("name", *stem, "Two digits and words, such as 19_lost_update")->required();
    request_action(*verb, request, [stem](Context& context) { return dev_new(context, *stem); });
}

}  // namespace tutor
