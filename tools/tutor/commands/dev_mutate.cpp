// dev mutate: builds a lesson's solution and hands over to the `mutate` of `verify`, which puts one
// small fault after another into it.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tutor/commands/commands.hpp"
#include "tutor/commands/verifier.hpp"

namespace tutor {
namespace {

struct MutateOptions {
    std::string lesson;
    int faults = 0;  // 0: all
    std::string at;  // FILE:LINE; empty: anywhere
    int seed = 1;
    int at_once = 0;  // 0: `verify` decides
    bool tsan = false;
    bool list = false;
};

// Returns only when the solution could not be built.
Status dev_mutate(Context& context, const MutateOptions& options) {
    const tools::Lesson& lesson = find_lesson(context, options.lesson);
    const std::string solution = "solution." + lesson.stem;
    const Verifier verifier(context);
    if (!verifier.build("course", "Building " + solution, {"verify", solution}))
        return does_not_compile;
    if (options.tsan &&
        !verifier.build("tsan", "Building " + solution + " for ThreadSanitizer", {solution}))
        return does_not_compile;

    std::vector<std::string> words = {"mutate", lesson.stem, "--seed",
                                      std::to_string(options.seed)};
    const auto add = [&](const char* option, const std::string& value) {
        words.emplace_back(option);
        words.push_back(value);
    };
    if (options.faults > 0) add("--faults", std::to_string(options.faults));
    if (!options.at.empty()) add("--at", options.at);
    if (options.at_once > 0) add("-j", std::to_string(options.at_once));
    if (options.tsan) add("--tsan", verifier.folder_of("tsan").string());
    if (options.list) words.emplace_back("--list");
    verifier.take_over(words);
}

}  // namespace

void add_dev_mutate(CLI::App& dev, Request& request) {
    CLI::App* verb = dev.add_subcommand(
        "mutate", "Small faults in a solution, one at a time: is there one that no test notices?");
    const auto options = std::make_shared<MutateOptions>();
    verb->add_option("lesson", options->lesson, "NN, or its name")->required();
    verb->add_option("--faults", options->faults, "Try only so many, taken by chance")
        ->check(CLI::Range(1, 1'000'000));
    verb->add_option("--at", options->at,
                     "Only those of a line, such as pool.hpp:117; equivalents as well");
    verb->add_option("--seed", options->seed, "Another number is another chance")
        ->check(CLI::NonNegativeNumber);
    verb->add_option("-j,--at-once", options->at_once, "How many at once")
        ->check(CLI::Range(1, 16));
    verb->add_flag("--tsan", options->tsan, "Ask ThreadSanitizer about those that no test noticed");
    verb->add_flag("--list", options->list, "Only say which faults there are");
    request_action(*verb, request,
                   [options](Context& context) { return dev_mutate(context, *options); });
}

}  // namespace tutor
