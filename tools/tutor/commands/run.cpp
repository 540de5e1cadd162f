// run: a lesson's server in the place of this program. All that follows the lesson is the server's.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tutor/build_report.hpp"
#include "tutor/commands/commands.hpp"

namespace tutor {
namespace {

// `words` are the lesson, if the first is no flag, and the server's flags. Returns only when the
// server could not be built.
Status run(Context& context, std::vector<std::string> words) {
    std::string wanted;
    if (!words.empty() && !words.front().starts_with('-')) {
        wanted = words.front();
        words.erase(words.begin());
    }
    const tools::Lesson& lesson = find_lesson(context, wanted);
    const auto say = [&](std::string_view word) { context.screen.passing(word); };
    const Build build = run_build(context, lesson, Part::server, {say, {}});
    context.screen.passing("");
    if (!show_and_go_on(context, build)) return does_not_compile;

    const std::string program = executable_of(context, lesson, Part::server).string();
    words.insert(words.begin(), fmt::format("./learn run {}", lesson.number));  // for its --help
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    throw std::system_error(errno, std::generic_category(), program + " cannot be started");
}

}  // namespace

void add_run(CLI::App& app, Request& request) {
    CLI::App* verb =
        app.add_subcommand("run", "Run a lesson's server; run NN --help lists its flags");
    verb->footer("run [lesson] [flags of the server]; without a lesson it is the current one's.");
    // No option of ours, so that CLI11 leaves every word to us: --help after a lesson is the
    // server's, and what follows a flag is no lesson.
    verb->prefix_command();
    verb->set_help_flag();
    verb->callback([verb, &request] {
        const std::vector<std::string> words = verb->remaining();
        if (words == std::vector<std::string>{"--help"} || words == std::vector<std::string>{"-h"})
            throw CLI::CallForHelp();
        request.run = [words] {
            Context context = open_context_here();
            return run(context, words);
        };
    });
}

}  // namespace tutor
