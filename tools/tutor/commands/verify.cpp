// verify: the script in the root builds and asks what judges the whole course, so this one only
// stands in the help.
#include <CLI/CLI.hpp>

#include "tutor/commands/commands.hpp"

namespace tutor {

void add_verify(CLI::App& app, Request& request) {
    CLI::App* verb =
        app.add_subcommand("verify", "Check the whole course (the script in the root does that)");
    request_action(*verb, request, [](Context&) -> int {
        throw WrongUse("verify is for the script in the root: ./learn verify");
    });
}

}  // namespace tutor
