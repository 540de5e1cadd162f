// How a lesson's server runs, from its opening to its end. Up to lesson 15, and in lesson 18, that
// is `serve_until_signal`. A lesson with a file serve.cpp defines `serve` there, and its main()
// calls that (common/main).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace httplib {
class Server;
}
namespace http {
class Server;
}

namespace shop {

class Bank;

// What main() has read from the command line. `bank` and what `say` uses outlive the shop.
struct ServeOptions {
    std::string database;  // a file that exists; in lesson 18 a PostgreSQL connection string
    int port = 0;          // on this machine; 0: any that is free
    int workers = 8;
    Bank& bank;
    // From lesson 16 on, once the shop is told to close: how long /readyz says no before new
    // connections are refused, and how long those who are being served have from then on.
    std::chrono::milliseconds unready{0};
    std::chrono::milliseconds deadline{5000};
    // How long those who were let go at the deadline have to be gone, and what works in the
    // background has to end. Then the process goes.
    std::chrono::milliseconds grace{5000};
    // One line to the shop's operator. Thread safe.
    std::function<void(std::string_view)> say;
};

// The process's exit status. A second signal ends the process at once,
// with 128 and its number, or by that signal.
enum ExitStatus {
    closed_in_time = 0,      // everybody who was being served had the answer
    cannot_open = 1,         // the reason is on the standard error
    bad_flags = 2,           // so is this one
    closed_at_deadline = 3,  // somebody had not, and was let go
    left_inside = 4,         // somebody did not go: the process ended with her inside
    went_deaf = 5,           // it stopped listening though nobody had told it to, and then closed
};

// Opens the shop, says so (`say_open`), runs it until SIGINT or SIGTERM comes, and closes it.
// Throws std::runtime_error, in words for the operator, when the shop cannot open. Called once, on
// the main thread, before there is another. Only a lesson with a serve.cpp has one.
int serve(const ServeOptions& options);

// As shop/routes.hpp has it.
using AddRoutes =
    std::function<void(http::Server& server, const std::string& database, Bank& bank)>;

// Does what `serve` says, with the routes that `add_routes` puts on the server. SIGHUP closes the
// shop, too, and so does a listener that has ended. It waits for those inside, but where the server
// has a deadline (http/server.hpp) for no longer than `options` says.
int serve_until_signal(const ServeOptions& options, const AddRoutes& add_routes);

// Binds `server` to `port` of this machine, to any if it is 0, and returns the port. Throws
// std::runtime_error, in words for the operator.
int bind(httplib::Server& server, int port);

// "The shop is open at http://127.0.0.1:8080, its database is shop.db. Ctrl-C closes it."
void say_open(const ServeOptions& options, int port);

}  // namespace shop
