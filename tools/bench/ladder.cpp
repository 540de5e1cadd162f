// The ladder: all lessons' servers under the same load, one after the other.
//
//     cmake --preset bench && cmake --build --preset bench && build/bench/bin/ladder
//
// Each server runs as you would start it, with a new database, and gets two crowds over connections
// that stay: readers, who look at items, every hundredth time at one that is not there; and buyers,
// who order an item each. In a round the bank and the number of workers are always the same. A
// rung's row says how many were served and how long they waited, what they were told instead, and
// how many connections the server had open:
// counted from outside, as open handles of the database file.
//
// The load shares the machine with the server, so compare the rows, and not with other machines.
// With `--page book/appendix_ladder.md` the tables also take the place of those in the book.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "load/load.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

struct Round {
    std::string title;
    load::Plan plan;
};

const std::vector<Round> all_rounds = {
    {"One: a quick bank, 12 readers and 4 buyers, 48 workers", {12, 4, 48, "0s"}},
    {"Two: a bank that takes 50 ms, 12 readers and 4 buyers, 48 workers", {12, 4, 48, "50ms"}},
    {"Three: a bank that takes 50 ms, 4 readers and 12 buyers, 8 workers", {4, 12, 8, "50ms"}},
};

struct Rung {
    std::string name;  // of its folder: solutions/01_global_session
    fs::path program;
};

struct Result {
    load::Told readers;
    load::Told buyers;
    std::optional<int> most_connections;
    std::optional<int> connections_left;
};

Result climb(const Rung& rung, const Round& round, milliseconds length) {
    load::Server server(rung.program, round.plan);
    load::Crowd crowd(server, round.plan);
    Result result;
    for (const auto end = Clock::now() + length; Clock::now() < end;) {
        server.listen_to_it(std::min(milliseconds(50), length));
        result.most_connections = std::max(result.most_connections, server.connections());
    }
    auto [readers, buyers] = crowd.leave();
    result.readers = std::move(readers);
    result.buyers = std::move(buyers);
    server.listen_to_it(milliseconds(300));  // for what was still under way
    result.connections_left = server.connections();
    return result;
}

// Three digits are more than such a run can tell.
std::string rounded(double number) {
    if (number >= 100) return fmt::format("{:.0f}", number);
    return fmt::format("{:.3g}", number);
}

std::string crowd_cells(load::Told& told, double seconds) {
    return fmt::format("{} | {} | {}", rounded(static_cast<double>(told.served) / seconds),
                       rounded(told.wait(0.5)), rounded(told.wait(0.99)));
}

std::string row(const Rung& rung, Result& result, double seconds) {
    const auto shown = [](const std::optional<int>& number) {
        return number ? std::to_string(*number) : "";
    };
    return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", rung.name,
                       crowd_cells(result.readers, seconds), crowd_cells(result.buyers, seconds),
                       result.readers.turned_away + result.buyers.turned_away,
                       result.readers.failed + result.buyers.failed,
                       result.readers.never + result.buyers.never, shown(result.most_connections),
                       shown(result.connections_left));
}

// What it was measured on, as far as it matters for the rows.
std::string circumstances(double seconds) {
    double load = 0;
    getloadavg(&load, 1);
    return fmt::format(
        "{} processors, which the load shares with the server; {} s for each server. When it "
        "began, the machine's "
        "load average was {:.1f}{}.\n\n",
        std::thread::hardware_concurrency(), rounded(seconds), load,
        load > 0.5 ? ": it was not quiet, so read the counts, and the times only roughly" : "");
}

// Prints as it goes, and keeps it for the page.
class Report {
 public:
    void add(const std::string& text) {
        fmt::print("{}", text);
        std::fflush(stdout);
        text_ += text;
    }
    // In place of all that stands below the line "<!-- measured -->".
    void write_into(const fs::path& page) const {
        const std::string mark = "<!-- measured -->\n";
        const std::string before = tools::read_file(page);
        const std::size_t at = before.find(mark);
        if (at == std::string::npos)
            throw std::runtime_error(page.string() + " has no line <!-- measured -->");
        const std::string text = text_.substr(0, text_.find_last_not_of('\n') + 1);
        tools::write_file(page, before.substr(0, at + mark.size()) + "\n" + text + "\n");
    }

 private:
    std::string text_;
};

// The servers beside this program, in the lessons' order, the starter before the solution. The
// warm-up takes no orders, and the bonus has another database.
std::vector<Rung> rungs_beside(const fs::path& folder, const std::set<std::string>& only) {
    static const std::regex server(R"((solution\.)?(([0-9]{2})_[a-z_]+)\.server)");
    std::vector<std::pair<std::string, Rung>> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::smatch match;
        const std::string file = entry.path().filename().string();
        if (!std::regex_match(file, match, server)) continue;
        const std::string number = match[3];
        if (only.empty() ? number == "00" || number == "18" : !only.contains(number)) continue;
        const bool is_solution = match[1].matched;
        found.push_back({match[2].str() + (is_solution ? "1" : "0"),
                         {(is_solution ? "solutions/" : "lessons/") + match[2].str(), entry}});
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Rung> rungs;
    for (auto& [key, rung] : found) rungs.push_back(std::move(rung));
    return rungs;
}

int run(int argc, char** argv) {
    double seconds = 3;
    std::vector<std::string> only;
    std::vector<int> rounds = {1, 2, 3};
    fs::path page;
    CLI::App app("All lessons' servers under the same load, as tables in Markdown.");
    app.add_option("--seconds", seconds, "How long each server has the load (default 3)")
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--only", only, "Only these lessons, such as 01,10")->delimiter(',');
    app.add_option("--rounds", rounds, "Which of the three rounds, such as 1,3")
        ->delimiter(',')
        ->check(CLI::Range(1, static_cast<int>(all_rounds.size())));
    app.add_option("--page", page,
                   "Where the tables take the place of what is below <!-- measured -->")
        ->check(CLI::ExistingFile);
    CLI11_PARSE(app, argc, argv);

    const fs::path folder = fs::canonical(argv[0]).parent_path();
    const std::vector<Rung> rungs = rungs_beside(folder, {only.begin(), only.end()});
    if (rungs.empty()) throw std::runtime_error("no servers are built beside this program");
    const milliseconds length(static_cast<long>(seconds * 1000));
    Report report;
    report.add(circumstances(seconds));
    for (const int number : rounds) {
        const Round& round = all_rounds[static_cast<std::size_t>(number - 1)];
        report.add(fmt::format(
            "## {}\n\n"
            "| server | reads/s | p50 ms | p99 ms | orders/s | p50 ms | p99 ms | 503 | errors | "
            "never answered | connections, at most | left |\n"
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: "
            "|\n",
            round.title));
        for (const Rung& rung : rungs) {
            Result result = climb(rung, round, length);
            report.add(row(rung, result, seconds));
        }
        report.add("\n");
    }
    if (!page.empty()) report.write_into(page);
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    return run(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "The ladder cannot be climbed: {}\n", error.what());
    return 2;
}
