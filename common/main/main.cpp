// The main() of every lesson's server: reads the flags, makes or opens the database, puts the
// lesson's routes on a server and runs it until Ctrl-C.
#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "http/server.hpp"
#include "say.hpp"
#include "shop/database.hpp"
#include "shop/routes.hpp"
#include "slow_bank.hpp"

namespace fs = std::filesystem;

namespace {

struct Flags {
    int port = 8080;
    int workers = 8;
    int open_files = 0;  // 0: as many as the system lets us
    int items = 0;       // 0: those of the first day
    std::string database;
    SlowBank::Habits bank;
};

// A folder of the server's own, gone when the server ends.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "leaklings-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error(
                fmt::format("no folder can be made in {}", fs::temp_directory_path().string()));
        }
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

 private:
    fs::path path_;
};

std::chrono::milliseconds to_milliseconds(const std::string& text) {
    std::size_t used = 0;
    double amount = -1;
    try {
        amount = std::stod(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    const std::string unit = text.substr(used);
    const double factor = unit == "s" ? 1000 : unit == "ms" ? 1 : 0;
    if (used == 0 || factor == 0 || !(amount >= 0 && amount * factor <= 3'600'000)) {
        throw CLI::ValidationError(
            "--bank-takes", text + " is not a time; write it like 5s or 250ms, an hour at most");
    }
    return std::chrono::milliseconds(static_cast<long>(amount * factor));
}

void allow_open_files(int most) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = static_cast<rlim_t>(most);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        throw std::runtime_error(
            fmt::format("{} open files are more than this system allows", most));
    }
}

void make(const fs::path& database, int items) {
    try {
        shop::create_database(database);
        shop::fill_shelves(database, items);
    } catch (const std::exception& error) {
        throw std::runtime_error(
            fmt::format("{} cannot be made: {}", database.string(), error.what()));
    }
}

void run(const Flags& flags, const sigset_t& stop_signals) {
    if (flags.open_files > 0) allow_open_files(flags.open_files);
    std::optional<TemporaryFolder> temporary;
    fs::path database = flags.database;
    if (database.empty()) {
        temporary.emplace();
        database = temporary->path() / "shop.db";
    }
    if (!fs::exists(database)) make(database, flags.items);
    shop::require_database(database);

    SlowBank bank(flags.bank);
    http::Server server(http::Limits{.workers = flags.workers});
    http::configure(server, [](std::string_view line) { say(line); });
    shop::add_routes(server, database.string(), bank);
    server.set_logger([](const httplib::Request& request, const httplib::Response& response) {
        say(fmt::format("{} {} -> {}", request.method, request.path, response.status));
    });
    const std::string host = "127.0.0.1";
    int port = flags.port;
    if (port == 0) {
        port = server.bind_to_any_port(host);
    } else if (!server.bind_to_port(host, port)) {
        port = -1;
    }
    if (port <= 0) {
        throw std::runtime_error(fmt::format(
            "port {} cannot be had: something else listens there, or it is not yours to "
            "take. Stop the other server, or choose another port with --port.",
            flags.port));
    }
    std::thread listening([&server] { server.listen_after_bind(); });
    say(fmt::format("The shop is open at http://{}:{}, its database is {}. Ctrl-C closes it.", host,
                    port, database.string()));

    int signal = 0;
    sigwait(&stop_signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);  // a second Ctrl-C ends it at once
    say("Closing. Requests under way are answered first; Ctrl-C again does not wait for them.");
    while (!server.is_running()) std::this_thread::yield();  // a stop before that would be lost
    server.shut_down([&listening] {
        if (listening.joinable()) listening.join();
    });
}

}  // namespace

int main(int argc, char** argv) try {
    Flags flags;
    std::string bank_takes = "0s";
    std::string declines;
    CLI::App app(
        "A lesson's shop, run by hand. Try it with curl; the lesson's chapter has the commands.");
    app.add_option("--port", flags.port,
                   "Where to listen, on this machine only; 0 takes a free port (default 8080)")
        ->check(CLI::Range(0, 65535));
    app.add_option(
        "--database", flags.database,
        "The database file, made if it is not there (default: a new one, gone at the end)");
    app.add_option("--items", flags.items,
                   "How many items a new database has (default: the three of the first day)")
        ->check(CLI::Range(3, 1'000'000));
    app.add_option("--bank-takes", bank_takes, "How long the bank thinks about a card: 5s, 250ms");
    std::string declines_capture;
    auto* declining = app.add_option("--bank-declines", declines,
                                     "Which card the bank declines; every card when none is named")
                          ->expected(0, 1);
    auto* declining_capture = app.add_option("--bank-declines-capture", declines_capture,
                                             "The same, but only when it comes to taking the money")
                                  ->expected(0, 1);
    std::string loses_answer;
    auto* losing =
        app.add_option("--bank-loses-answer", loses_answer,
                       "Whose charge is made and its answer lost, once for each key; everybody's "
                       "when no card is named")
            ->expected(0, 1);
    app.add_option("--workers", flags.workers, "Threads that serve customers (default 8)")
        ->check(CLI::Range(1, 256));
    app.add_option(
           "--open-files", flags.open_files,
           "How many files and sockets the server may have open (default: the system's limit)")
        ->check(CLI::Range(16, 1'000'000));
    try {
        app.parse(argc, argv);
        flags.bank.takes = to_milliseconds(bank_takes);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 2;
    }
    if (declining->count() > 0) flags.bank.declines = declines;
    if (declining_capture->count() > 0) flags.bank.declines_capture = declines_capture;
    if (losing->count() > 0) flags.bank.loses_answer = loses_answer;

    // Before the first thread, so that every thread inherits the mask and the signals wait for
    // sigwait.
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
    run(flags, stop_signals);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "The shop cannot open: %s\n", error.what());
    return 1;
}
