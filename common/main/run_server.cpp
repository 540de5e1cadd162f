#include "run_server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "http/remote_bank.hpp"
#include "say.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"
#include "slow_bank.hpp"

namespace server {
namespace {

struct ServerOptions {
    int port = 8080;
    int workers = 8;
    int open_files = 0;  // 0: as many as the system lets us
    int items = 0;       // 0: those of the first day
    std::string database;
    int bank_port = 0;  // 0: the bank is in this process
    SlowBankOptions bank;
    std::chrono::milliseconds unready{0};
    std::chrono::milliseconds deadline{0};
    std::chrono::milliseconds grace{0};
};

std::chrono::milliseconds to_milliseconds(const std::string& flag, const std::string& text) {
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
            flag, text + " is not a time; write it like 5s or 250ms, an hour at most");
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

std::unique_ptr<shop::Bank> bank_of(const ServerOptions& options) {
    if (options.bank_port == 0) return std::make_unique<SlowBank>(options.bank);
    return std::make_unique<http::RemoteBank>(options.bank_port);
}

int run(const ServerOptions& options, const OpenDatabase& open_database, const Serve& serve) {
    if (options.open_files > 0) allow_open_files(options.open_files);
    const ShopDatabase database = open_database(options.database, options.items);
    const auto bank = bank_of(options);
    return serve({.database = database.name,
                  .port = options.port,
                  .workers = options.workers,
                  .bank = *bank,
                  .unready = options.unready,
                  .deadline = options.deadline,
                  .grace = options.grace,
                  .say = say});
}

}  // namespace

int run_server(int argc, char** argv, const OpenDatabase& open_database, const Serve& serve) try {
    ServerOptions options;
    std::string bank_takes = "0s";
    std::string unready = "300ms";
    std::string deadline = "5s";
    std::string grace = "5s";
    std::string declines;
    CLI::App app(
        "A lesson's shop, run by hand. Try it with curl; the lesson's chapter has the commands.");
    app.add_option("--port", options.port,
                   "Where to listen, on this machine only; 0 takes a free port (default 8080)")
        ->check(CLI::Range(0, 65535));
    app.add_option(
        "--database", options.database,
        "The database file, made if it is not there (default: a new one, gone at the end); in "
        "lesson 18 the folder of a PostgreSQL, which is gone at the end in any case");
    app.add_option("--items", options.items,
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
    app.add_option("--workers", options.workers, "Threads that serve customers (default 8)")
        ->check(CLI::Range(1, 256));
    app.add_option(
           "--open-files", options.open_files,
           "How many files and sockets the server may have open (default: the system's limit)")
        ->check(CLI::Range(16, 1'000'000));
    app.add_option(
           "--bank-port", options.bank_port,
           "Where another process is the bank, on this machine (default: it is in this one)")
        ->check(CLI::Range(1, 65535));
    app.add_option("--unready", unready,
                   "From lesson 16 on: how long the shop, told to close, says so at /readyz before "
                   "it lets nobody in (default 300ms)");
    app.add_option(
        "--deadline", deadline,
        "From lesson 16 on: how long those who are in have then to be served (default 5s)");
    app.add_option("--grace", grace,
                   "From lesson 16 on: how long those who are let go have then to be gone, before "
                   "the process ends in any case (default 5s)");
    try {
        app.parse(argc, argv);
        options.bank.takes = to_milliseconds("--bank-takes", bank_takes);
        options.unready = to_milliseconds("--unready", unready);
        options.deadline = to_milliseconds("--deadline", deadline);
        options.grace = to_milliseconds("--grace", grace);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? shop::closed_in_time : shop::bad_flags;
    }
    if (declining->count() > 0) options.bank.declines = declines;
    if (declining_capture->count() > 0) options.bank.declines_capture = declines_capture;
    if (losing->count() > 0) options.bank.loses_answer = loses_answer;

    return run(options, open_database, serve);
} catch (const std::exception& error) {
    std::fprintf(stderr, "The shop cannot open: %s\n", error.what());
    return shop::cannot_open;
}

}  // namespace server
