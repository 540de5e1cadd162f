#include "tutor/build.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "process/command.hpp"
#include "stamp/stamp.hpp"
#include "text/text.hpp"
#include "tutor/file_lock.hpp"
#include "tutor/freshen.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

constexpr int most_tries = 5;  // of somebody who saves faster than we build

// What the lesson's tests are made of, as CMake has it.
std::string files_of(const Context& context, const tools::Lesson& lesson) {
    std::vector<fs::path> places = {"lessons/" + lesson.stem, "tests/" + lesson.stem + ".cpp"};
    const fs::path list = context.build() / "stamps" / lesson.stem / "places";
    if (fs::exists(list)) {
        const std::string text = tools::read_file(list);
        const std::vector<std::string_view> lines = tools::lines_of(text);
        places.assign(lines.begin(), lines.end());
    }
    return stamp::text_of(stamp::look(context.root, places));
}

std::string program_of(const Context& context, const Build& build) {
    return stamp::identity_of(executable_of(context, *build.lesson, build.part));
}

bool still_holds(const Context& context, const Build& build) {
    return build.files == files_of(context, *build.lesson) &&
           build.program == program_of(context, build);
}

[[noreturn]] void give_up(const tools::Lesson& lesson) {
    throw std::runtime_error(
        fmt::format("There is no verdict: the files in lessons/{} have changed during each of {} "
                    "builds. When they no longer do, ./learn test {}.",
                    lesson.stem, most_tries, lesson.number));
}

std::unique_ptr<FileLock> lock_builds(const fs::path& root, const BuildHooks& hooks) try {
    return std::make_unique<FileLock>(
        root / "build" / "lessons.lock",
        [&] { hooks.say("Another ./learn is building; waiting for it ..."); }, hooks.cancelled);
} catch (const std::system_error& error) {
    throw std::runtime_error(fmt::format(
        "The folder build/ cannot be written ({}). Copy the course to a folder of yours.",
        error.code().message()));
}

}  // namespace

std::string target_of(const tools::Lesson& lesson, Part part) {
    const bool mine = part == Part::tests || part == Part::server;
    const bool tests = part == Part::tests || part == Part::solutions_tests;
    const char* whose = mine ? "" : part == Part::starters_server ? "starter." : "solution.";
    return whose + lesson.stem + (tests ? ".tests" : ".server");
}

fs::path executable_of(const Context& context, const tools::Lesson& lesson, Part part) {
    return context.build() / "bin" / target_of(lesson, part);
}

Build run_build(const Context& context, const tools::Lesson& lesson, Part part,
                const BuildHooks& hooks) {
    if (!fs::exists(context.build() / "build.ninja")) {
        throw std::runtime_error("The course is not set up yet. ./learn does that.");
    }
    Build build;
    build.lesson = &lesson;
    build.part = part;
    const auto alone = lock_builds(context.root, hooks);
    if (!alone->held()) {
        build.outcome.cancelled = true;
        return build;
    }
    const std::string target = target_of(lesson, part);
    hooks.say(fmt::format("Building {} ...", target));
    tools::Command command;
    command.words = {"cmake", "--build", context.build().string(), "--target", target};
    command.limit = std::chrono::minutes(30);
    command.ends_its_children =
        true;  // else a compiler goes on, and writes over what the next makes
    command.kept_open = alone->descriptor();  // nor may anybody build before it has ended
    command.cancelled = hooks.cancelled;
    // In English and without colour, for we read it before we show it.
    command.environment = {{"LC_ALL", context.screen.has_utf8() ? "C.UTF-8" : "C"},
                           {"LANGUAGE", ""},
                           {"CLICOLOR_FORCE", "0"}};
    freshen(context.root, context.build() / "shared.hashes");
    keep_seeing_new_files(context.build());
    if (part == Part::starters_server)
        lay_out_starter(context.root, lesson, context.build() / "starters" / lesson.stem);
    for (int tries = 0; tries < most_tries; ++tries) {
        build.files = files_of(context, lesson);
        build.outcome = tools::run(command);
        build.outcome.output = tools::printable(build.outcome.output);
        build.program = program_of(context, build);
        if (build.cancelled() || build.files == files_of(context, lesson)) return build;
        hooks.say(fmt::format("Saved meanwhile: building {} again ...", target));
    }
    give_up(lesson);
}

void build_and_use(const Context& context, const tools::Lesson& lesson, const BuildHooks& hooks,
                   const std::function<void(const Build&)>& use) {
    for (int tries = 0; tries < most_tries; ++tries) {
        const Build build = run_build(context, lesson, Part::tests, hooks);
        if (build.cancelled()) return;
        try {
            use(build);
        } catch (const std::runtime_error&) {
            if (still_holds(context, build)) throw;  // else the program was taken away under it
        }
        if ((hooks.cancelled && hooks.cancelled()) || still_holds(context, build)) return;
        hooks.say("Saved meanwhile: once more ...");
    }
    give_up(lesson);
}

}  // namespace tutor
