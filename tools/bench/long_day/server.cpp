#include "server.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace long_day {
namespace {

// While a bank hangs a shop may have to wait before it opens; what is under way when it closes has
// its deadline, and then a minute is long.
constexpr auto patience = std::chrono::minutes(1);

std::vector<std::string> words_of(const Life::Options& options) {
    return {options.program.string(),
            fmt::format("--port={}", options.port),
            fmt::format("--bank-port={}", options.bank_port),
            "--database=" + options.database.string(),
            "--workers=8",
            "--unready=50ms",
            "--deadline=2s"};
}

std::string in_words(const tools::Outcome& outcome) {
    return outcome.signal != 0 ? fmt::format("signal {}", outcome.signal)
                               : fmt::format("status {}", outcome.exit_status);
}

}  // namespace

Life::Life(const Options& options) : child_({.words = words_of(options), .most_output = 10'000}) {
    const auto deadline = Clock::now() + patience;
    while (child_.output().find("The shop is open at") == std::string::npos) {
        if (!child_.read_more(deadline))
            throw std::runtime_error("the shop does not open: " + child_.output());
    }
}

void Life::listen(std::chrono::milliseconds time) {
    const auto until = Clock::now() + time;
    while (Clock::now() < until && child_.read_more(until)) continue;
}

std::optional<Figures> Life::figures() const {
    Figures figures;
    std::ifstream status(fmt::format("/proc/{}/status", child_.pid()));
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") status >> figures.resident_kib;
    }
    std::error_code untold;
    const fs::directory_iterator files(fmt::format("/proc/{}/fd", child_.pid()), untold);
    if (untold || figures.resident_kib == 0) return std::nullopt;
    figures.files = static_cast<int>(std::distance(begin(files), end(files)));
    return figures;
}

std::optional<std::string> Life::end_by(int signal) {
    ::kill(child_.pid(), signal);
    if (!child_.await_end(Clock::now() + patience)) return std::nullopt;
    return in_words(child_.end());
}

std::optional<std::string> Life::ended_by_itself() {
    if (!child_.await_end(Clock::now())) return std::nullopt;
    return in_words(child_.end());
}

}  // namespace long_day
