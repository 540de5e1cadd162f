// Which addresses there are, and what may be sent to them. Each request passes the gate first.
#pragma once

#include <filesystem>
#include <functional>

#include "web/book.hpp"
#include "web/desk.hpp"
#include "web/doorkeeper.hpp"
#include "web/gate.hpp"
#include "web/streams.hpp"

namespace httplib {
class Server;
}

namespace web {

// The page's own files, and the highlighter of the system.
struct Assets {
    std::filesystem::path folder;       // tools/web/page
    std::filesystem::path highlighter;  // highlight.min.js; empty or not there: code stays plain
};

// What is served. All that is referred to must live longer than the server.
struct Site {
    const Book& book;
    const Assets& assets;
    Streams& streams;
    Doorkeeper& doorkeeper;
    // Has something done at the desk, as Desk::ask() does.
    std::function<Json(std::function<Json(Desk&)>)> ask;
};

// Before the server listens.
void add_routes(httplib::Server& server, Gate& gate, const Site& site);

}  // namespace web
