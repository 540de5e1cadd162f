// dev hostile: builds lessons and hands over to the `hostile` of `verify`, which runs their tests
// while threads are held up.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tutor/commands/commands.hpp"
#include "tutor/commands/verifier.hpp"

namespace tutor {
namespace {

struct HostileOptions {
    std::string lesson;  // empty: all
    int seeds = 10;
    int from = 1;
};

// Returns only when something could not be built.
Status dev_hostile(Context& context, const HostileOptions& options) {
    std::vector<tools::Lesson> lessons = context.lessons;
    if (!options.lesson.empty()) lessons = {find_lesson(context, options.lesson)};
    std::vector<std::string> targets = {"verify"};
    for (const tools::Lesson& lesson : lessons) {
        targets.push_back(lesson.stem);
        targets.push_back("solution." + lesson.stem);
    }
    const Verifier verifier(context);
    if (!verifier.build("course", "Building what is tested", targets)) return does_not_compile;

    std::vector<std::string> words = {"hostile"};
    if (!options.lesson.empty()) words.push_back(lessons.front().stem);
    for (const auto& [option, value] :
         {std::pair("--seeds", options.seeds), std::pair("--from", options.from)}) {
        words.emplace_back(option);
        words.push_back(std::to_string(value));
    }
    verifier.take_over(words);
}

}  // namespace

void add_dev_hostile(CLI::App& dev, Request& request) {
    CLI::App* verb = dev.add_subcommand(
        "hostile", "The tests while threads are held up: is the solution green, the starter red?");
    const auto options = std::make_shared<HostileOptions>();
    verb->add_option("lesson", options->lesson, "NN, or its name; without it all lessons");
    verb->add_option("--seeds", options->seeds, "With how many seeds (default 10)")
        ->check(CLI::Range(1, 1'000'000));
    verb->add_option("--from", options->from, "The first of them (default 1)")
        ->check(CLI::NonNegativeNumber);
    request_action(*verb, request,
                   [options](Context& context) { return dev_hostile(context, *options); });
}

}  // namespace tutor
