// dev answers: the answers that are diffs, brought up to date by the program `answers`.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tutor/commands/commands.hpp"
#include "tutor/commands/verifier.hpp"

namespace tutor {
namespace {

// Returns only when it could not be built.
Status dev_answers(Context& context, std::vector<std::string> words) {
    const Verifier verifier(context);
    if (!verifier.build("course", "Building tools/answers", {"answers"})) return does_not_compile;
    const std::filesystem::path program = verifier.folder_of("course") / "bin" / "answers";
    words.insert(words.begin(), {program.string(), "--root", context.root.string()});
    verifier.become(std::move(words));
}

}  // namespace

void add_dev_answers(CLI::App& dev, Request& request) {
    CLI::App* verb = dev.add_subcommand(
        "answers", "Bring the answers that are diffs up to date: --help says how");
    verb->set_help_flag();  // it has its own
    verb->prefix_command();
    request_action(*verb, request,
                   [verb](Context& context) { return dev_answers(context, verb->remaining()); });
}

}  // namespace tutor
