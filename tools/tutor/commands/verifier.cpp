#include "tutor/commands/verifier.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "course/answer.hpp"
#include "text/text.hpp"
#include "tutor/file_lock.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

// What it needs of a lesson, by target; itself first.
std::vector<std::string> targets_of(const Context& context, const tools::Lesson& lesson) {
    std::vector<std::string> targets = {"verify", lesson.stem, "solution." + lesson.stem};
    for (const tools::Answer& answer : tools::answers_of(context.root, lesson.stem)) {
        if (answer.is_right() || answer.is_wrong())
            targets.push_back(answer.name + "." + lesson.stem);
    }
    return targets;
}

}  // namespace

Verifier::Verifier(const Context& context) : context_(context), build_(folder_of("course")) {}

fs::path Verifier::folder_of(const std::string& preset) const {
    return context_.root / "build" / preset;
}

bool Verifier::build(const tools::Lesson& lesson) const {
    return build("course", "Building " + lesson.stem, targets_of(context_, lesson));
}

bool Verifier::build(const std::string& preset, const std::string& what,
                     const std::vector<std::string>& targets) const {
    fs::create_directories(context_.root / "build");
    const FileLock alone(folder_of(preset + ".lock"), [&] {
        context_.screen.passing("Another ./learn is building; waiting for it ...");
    });
    if (!fs::exists(folder_of(preset) / "build.ninja") &&
        !did("Configuring", {"cmake", "--preset", preset}))
        return false;
    std::vector<std::string> words = {"cmake", "--build", folder_of(preset).string(), "--target"};
    words.insert(words.end(), targets.begin(), targets.end());
    return did(what, words);
}

bool Verifier::ask(const std::vector<std::string>& words) const {
    context_.screen.passing("Checking ...");
    const tools::Outcome outcome = run(command_line(words));
    context_.screen.passing("");
    context_.screen.text(outcome.output);
    return outcome.ok();
}

bool Verifier::ask_everything(const tools::Lesson& lesson) const {
    constexpr const char* times = "5";
    bool content = ask({"solution", lesson.stem, "--times", times});
    content &= ask({"starter", lesson.stem, "--times", times});
    for (const std::string& target : targets_of(context_, lesson)) {
        const std::string answer = target.substr(0, target.find('.'));
        if (answer.starts_with("right_")) content &= ask({"right", lesson.stem, answer});
        if (answer.starts_with("wrong_")) content &= ask({"wrong", lesson.stem, answer});
    }
    content &= ask({"answers", lesson.stem});
    content &= ask({"chapter", lesson.stem});
    return content;
}

void Verifier::take_over(const std::vector<std::string>& words) const {
    become(command_line(words));
}

void Verifier::become(std::vector<std::string> words) const {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(pointers.front(), pointers.data());
    throw std::runtime_error(
        fmt::format("{} cannot be started: {}", words.front(), std::strerror(errno)));
}

std::vector<std::string> Verifier::command_line(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {(build_ / "bin" / "verify").string(), "--root",
                                    context_.root.string(), "--build", build_.string()};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

tools::Outcome Verifier::run(std::vector<std::string> words) const {
    tools::Command command;
    command.words = std::move(words);
    command.folder = context_.root;
    command.limit = std::chrono::hours(1);
    return tools::run(command);
}

bool Verifier::did(const std::string& what, std::vector<std::string> words) const {
    context_.screen.passing(what + " ...");
    const tools::Outcome outcome = run(std::move(words));
    context_.screen.passing("");
    if (outcome.ok()) return true;
    context_.screen.line(context_.screen.bad(what + " failed:"));
    context_.screen.text(tools::printable(outcome.output));
    return false;
}

}  // namespace tutor
