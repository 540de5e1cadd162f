#include "web/web.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <system_error>

#include "text/text.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/watch/opener.hpp"
#include "tutor/watch/signals.hpp"
#include "web/book.hpp"
#include "web/desk.hpp"
#include "web/gate.hpp"
#include "web/layout.hpp"
#include "web/server.hpp"
#include "web/streams.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

Assets assets_of(const fs::path& root) {
    return {root / "tools" / "web" / "page", LEAKLINGS_HIGHLIGHTER};
}

// By way of a file that only its owner can read: everybody on this machine sees what programs are
// called with.
bool open_in_browser(const tutor::Context& context, const std::string& address) try {
    const fs::path file = context.build() / "web.html";
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    tools::write_file(file, "");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    tools::write_file(file, html_that_leads_to(address));
    return tutor::open_in_browser(fs::absolute(file));
} catch (const std::exception&) {
    return false;
}

void copy_pages(const Book& book, const fs::path& folder) {
    for (const std::string& name : book.page_names()) {
        if (const auto page = book.page(name))
            tools::write_file(folder / (name + ".html"), html_of_page(book, *page));
    }
    for (const std::string& name : book.picture_names())
        tools::write_file(folder / "pictures" / (name + ".svg"), *book.picture(name));
    tools::write_file(folder / "search.json", book.search_index());
}

void copy_assets(const Assets& assets, const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(assets.folder)) {
        if (entry.is_regular_file())
            tools::write_file(folder / entry.path().filename(), tools::read_file(entry.path()));
    }
    if (fs::is_regular_file(assets.highlighter))
        tools::write_file(folder / "highlight.js", tools::read_file(assets.highlighter));
}

}  // namespace

int serve_course(tutor::Context& context, const Options& options) {
    const bool all_done = options.lesson.empty() && tutor::current_lesson(context) == nullptr;
    const tools::Lesson& lesson =
        all_done ? context.lessons.back() : tutor::find_lesson(context, options.lesson);
    const tutor::Screen screen = context.screen;
    const Book book(context.root, context.lessons, Place::here);
    const Assets assets = assets_of(context.root);
    tutor::Signals signals(nullptr);
    Streams streams(most_streams);
    Desk desk(context, streams);
    const Server server(options.port, key_in(context.root / ".learn" / "web.key"), book, assets,
                        desk, streams);
    screen.line(
        "The course is open in your browser, or opens with this address, which is yours alone:");
    screen.line(fmt::format("  {}", screen.strong(server.address())));
    screen.line("Each save is built and tested, as in the watch. Ctrl-C ends it.");
    if (options.open) open_in_browser(context, server.address());
    const int signal = desk.run(signals, lesson);
    screen.line(signal == SIGINT ? "\nClosed. ./learn web goes on from there." : "Closed.");
    return signal == SIGINT ? tutor::all_well : 128 + signal;
}

void export_book(const tutor::Context& context, const fs::path& folder) {
    for (const char* each : {"pictures", "assets"}) fs::create_directories(folder / each);
    copy_pages(Book(context.root, context.lessons, Place::elsewhere), folder);
    copy_assets(assets_of(context.root), folder / "assets");
}

}  // namespace web
