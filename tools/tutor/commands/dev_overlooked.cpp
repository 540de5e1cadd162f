// dev overlooked: how well a hint names what a failing answer overlooks, asked of `verify`.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "course/answer.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/commands/verifier.hpp"

namespace tutor {
namespace {

struct OverlookedOptions {
    std::string lesson;
    bool record = false;
    bool anew = false;
};

// Returns only when what is asked could not be built.
Status dev_overlooked(Context& context, const OverlookedOptions& options) {
    std::vector<tools::Lesson> lessons = context.lessons;
    if (!options.lesson.empty()) lessons = {find_lesson(context, options.lesson)};
    std::vector<std::string> targets = {"verify"};
    for (const tools::Lesson& lesson : lessons) {
        if (!options.record && !options.anew) break;
        targets.push_back(lesson.stem);
        for (const tools::Answer& answer : tools::answers_of(context.root, lesson.stem)) {
            if (answer.is_wrong()) targets.push_back(answer.name + "." + lesson.stem);
        }
    }
    const Verifier verifier(context);
    if (!verifier.build("course", "Building what is asked", targets)) return does_not_compile;
    std::vector<std::string> words = {"overlooked"};
    if (!options.lesson.empty()) words.push_back(lessons.front().stem);
    if (options.record) words.emplace_back("--record");
    if (options.anew) words.emplace_back("--anew");
    verifier.take_over(words);
}

}  // namespace

void add_dev_overlooked(CLI::App& dev, Request& request) {
    CLI::App* verb =
        dev.add_subcommand("overlooked", "Does a hint name what a failing answer overlooks?");
    const auto options = std::make_shared<OverlookedOptions>();
    verb->add_option("lesson", options->lesson, "NN, or its name; without it, all");
    verb->add_flag("--record", options->record,
                   "First run the wrong answers and record how they fail");
    verb->add_flag("--anew", options->anew, "Run them, and hold what they do against the record");
    request_action(*verb, request,
                   [options](Context& context) { return dev_overlooked(context, *options); });
}

}  // namespace tutor
