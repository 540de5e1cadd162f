// Linked into a server program that tests start (see server_process.hpp). Started by anybody else,
// the program does not notice: this does nothing.
#include "support/server_reporter.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "support/ledger.hpp"
#include "support/line.hpp"
#include "support/tables.hpp"

namespace {

using support::Ledger;
using support::Line;

Line* line = nullptr;  // until the process ends

nlohmann::json counts() {
    const Ledger& ledger = Ledger::instance();
    return {{"opened", ledger.opened_sessions()},
            {"open", ledger.open_sessions()},
            {"transactions", ledger.open_transactions()}};
}

// Answers the test until the process ends. Without the test it has nobody to serve.
void report() {
    while (line->read()) line->write("counts " + counts().dump());
    kill(getpid(), SIGKILL);
}

// A thread that takes no signals, whatever the program does with them.
void start_thread() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread(report).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Before main() begins.
[[maybe_unused]] const bool started = [] {
    const char* number = std::getenv(support::reporter_variable);
    if (number == nullptr) return false;
    line = new Line(std::atoi(number), Line::Waits::for_ever);
    support::have_tables_made();
    Ledger::instance().start();
    Ledger::instance().i_am("main");
    Ledger::instance().sessions_are_kept();
    std::atexit([] {
        nlohmann::json last = counts();
        last["timeline"] = Ledger::instance().timeline();
        line->write("end " + last.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    });
    start_thread();
    return true;
}();

}  // namespace
