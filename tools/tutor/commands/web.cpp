// web: the course in a browser.
#include "web/web.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "tutor/commands/commands.hpp"

namespace tutor {

void add_web(CLI::App& app, Request& request) {
    struct Options : web::Options {
        bool no_open = false;
        std::string folder;
    };
    CLI::App* verb = app.add_subcommand("web", "The course in a browser, beside your editor");
    const auto options = std::make_shared<Options>();
    add_lesson_option(*verb, options->lesson);
    verb->add_option(
            "--port", options->port,
            fmt::format("A port of this machine (default: {}; 0: any free one)", web::usual_port))
        ->check(CLI::Range(0, 65535));
    verb->add_flag("--no-open", options->no_open, "Only print the address");
    verb->add_option("--export", options->folder,
                     "Write the book as static pages there, and serve nothing");
    request_action(*verb, request, [options](Context& context) -> int {
        if (!options->folder.empty()) {
            web::export_book(context, options->folder);
            context.screen.line(
                fmt::format("The book is in {}: open its index.html.", options->folder));
            return all_well;
        }
        options->open = !options->no_open;
        return web::serve_course(context, *options);
    });
}

}  // namespace tutor
