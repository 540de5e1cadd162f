// dev verify: builds what `verify` needs of a lesson, or of all lessons, and asks it everything.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tutor/commands/commands.hpp"
#include "tutor/commands/verifier.hpp"
#include "tutor/shipped.hpp"
#include "tutor/starters.hpp"

namespace tutor {
namespace {

Status verify_one(Context& context, const tools::Lesson& lesson, bool refresh) {
    const Screen& screen = context.screen;
    screen.line(screen.strong(name_of(lesson)));
    if (refresh) record_starter(context.root, lesson.stem);
    if (!is_untouched(context.root, lesson)) {
        screen.line(fmt::format(
            "lessons/{0} is not as tests/starters.sha256 has it. If that is meant: ./learn dev "
            "verify {1} --refresh. If not: ./learn reset {1}",
            lesson.stem, lesson.number));
        return red;
    }
    const Verifier verifier(context);
    if (!verifier.build(lesson)) return does_not_compile;
    if (refresh && !verifier.ask({"refresh", lesson.stem})) return red;
    return verifier.ask_everything(lesson) ? all_well : red;
}

// `refresh` first records the starter as it is and writes the chapter's blocks anew.
Status dev_verify(Context& context, const std::string& wanted, bool refresh) {
    if (refresh) record_shipped(context.root);
    Status worst = all_well;
    if (!wanted.empty()) {
        worst = verify_one(context, find_lesson(context, wanted), refresh);
    } else {
        for (const tools::Lesson& lesson : context.lessons)
            worst = std::max(worst, verify_one(context, lesson, refresh));
    }
    for (const std::string& file : changed_since_shipped(context.root)) {
        context.screen.line(
            fmt::format("{} is not as tests/shipped.sha256 has it. If that is meant: ./learn dev "
                        "verify --refresh",
                        file));
        worst = std::max(worst, red);
    }
    return worst;
}

}  // namespace

void add_dev_verify(CLI::App& dev, Request& request) {
    struct Options {
        std::string lesson;
        bool refresh = false;
    };
    CLI::App* verb = dev.add_subcommand("verify", "What a lesson lacks; without one, every lesson");
    verb->alias("check");  // as it was called
    const auto options = std::make_shared<Options>();
    verb->add_option("lesson", options->lesson, "NN, or its name");
    verb->add_flag("--refresh", options->refresh,
                   "First record the starter and write the chapter's blocks");
    request_action(*verb, request, [options](Context& context) {
        return dev_verify(context, options->lesson, options->refresh);
    });
}

}  // namespace tutor
