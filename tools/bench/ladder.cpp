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
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process/child.hpp"
#include "process/temporary_folder.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

struct Round {
    std::string title;
    int readers = 12;
    int buyers = 4;
    int workers = 48;
    std::string bank_takes = "0s";
};

const std::vector<Round> all_rounds = {
    {"One: a quick bank, 12 readers and 4 buyers, 48 workers", 12, 4, 48, "0s"},
    {"Two: a bank that takes 50 ms, 12 readers and 4 buyers, 48 workers", 12, 4, 48, "50ms"},
    {"Three: a bank that takes 50 ms, 4 readers and 12 buyers, 8 workers", 4, 12, 8, "50ms"},
};

constexpr int items = 100'000;  // of the shop; ten of each, so that nothing is sold out
constexpr int first_plentiful = 4;

struct Rung {
    std::string name;  // of its folder: solutions/01_global_session
    fs::path program;
};

// What one customer, or all of a crowd, lived to see.
struct Told {
    std::vector<double> waits;  // in milliseconds, also that of a request nobody has answered yet
    std::size_t served = 0;
    std::size_t turned_away = 0;  // told 503
    std::size_t failed = 0;       // told something else, or nothing
    std::size_t never = 0;        // customers who were not answered once

    void add(const Told& other) {
        waits.insert(waits.end(), other.waits.begin(), other.waits.end());
        served += other.served;
        turned_away += other.turned_away;
        failed += other.failed;
        never += other.never;
    }
    double wait(double part) {
        if (waits.empty()) return 0;
        std::sort(waits.begin(), waits.end());
        return waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))];
    }
};

// When a load is counted: not while the customers still come.
enum class Phase { coming, counted, over };

// One customer and her connection, on a thread of her own until the load is over.
class Customer {
 public:
    enum class Reply { right, turned_away, wrong };
    using Ask = std::function<Reply(httplib::Client&)>;  // makes one request

    Customer(int port, Ask ask, const std::atomic<Phase>& phase)
        : client_("127.0.0.1", port), ask_(std::move(ask)), phase_(phase) {
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
        client_.set_read_timeout(60, 0);
        thread_ = std::thread([this] { shop(); });
    }
    Customer(const Customer&) = delete;
    Customer& operator=(const Customer&) = delete;
    ~Customer() { leave(); }

    // When the load is over.
    Told leave() {
        while (!has_left_) {  // she may just be about to ask once more
            client_.stop();
            std::this_thread::sleep_for(milliseconds(1));
        }
        if (thread_.joinable()) thread_.join();
        return told_;
    }

 private:
    void shop() {
        for (Phase phase = phase_; phase != Phase::over; phase = phase_) {
            const auto began = Clock::now();
            const Reply reply = ask_(client_);
            if (phase_ != Phase::coming) count(reply, Clock::now() - began);
            if (reply != Reply::right) std::this_thread::sleep_for(milliseconds(1));  // no rush
        }
        told_.never = told_.served + told_.turned_away + told_.failed == 0 ? 1 : 0;
        has_left_ = true;
    }

    // A request that nobody has answered when the load is over counts with the time it waited.
    void count(Reply reply, Clock::duration waited) {
        told_.waits.push_back(std::chrono::duration<double, std::milli>(waited).count());
        if (phase_ == Phase::over) return;
        if (reply == Reply::right) ++told_.served;
        if (reply == Reply::turned_away) ++told_.turned_away;
        if (reply == Reply::wrong) ++told_.failed;
    }

    httplib::Client client_;
    Ask ask_;
    const std::atomic<Phase>& phase_;
    Told told_;
    std::atomic<bool> has_left_ = false;
    std::thread thread_;
};

Customer::Reply judge(const httplib::Result& reply, int right) {
    if (!reply) return Customer::Reply::wrong;
    if (reply->status == right) return Customer::Reply::right;
    return reply->status == 503 ? Customer::Reply::turned_away : Customer::Reply::wrong;
}

Customer::Ask reader(int number) {
    return [i = number](httplib::Client& client) mutable {
        ++i;
        const bool there = i % 100 != 0;
        const int item = there ? 1 + i % items : items + 1;
        return judge(client.Get("/items/" + std::to_string(item)), there ? 200 : 404);
    };
}

Customer::Ask buyer(std::shared_ptr<std::atomic<int>> next_item) {
    return [next_item = std::move(next_item)](httplib::Client& client) {
        const int item = first_plentiful + (*next_item)++ % (items - first_plentiful);
        const auto body = fmt::format(R"({{"item_id":{},"quantity":1,"card":"bob"}})", item);
        return judge(client.Post("/orders", {{"X-Customer", "bob"}}, body, "application/json"),
                     201);
    };
}

// How many handles of the database file the process has open; nothing where there is no /proc.
std::optional<int> connections_of(pid_t process, const fs::path& database) {
    std::error_code ignored;
    const fs::directory_iterator handles(fmt::format("/proc/{}/fd", process), ignored);
    if (ignored) return std::nullopt;
    return static_cast<int>(
        std::count_if(begin(handles), end(handles), [&](const fs::directory_entry& handle) {
            std::error_code gone;
            return fs::read_symlink(handle.path(), gone) == database;
        }));
}

// A rung's server, with a new database.
class Server {
 public:
    Server(const Rung& rung, const Round& round)
        : database_(fs::canonical(folder_.path()) / "shop.db"),
          child_({.words = {rung.program.string(), "--port", "0", "--database", database_.string(),
                            "--items", std::to_string(items), "--workers",
                            std::to_string(round.workers), "--bank-takes", round.bank_takes},
                  .most_output = 10'000}) {
        static const std::regex address(R"(open at http://127\.0\.0\.1:([0-9]+))");
        const auto deadline = Clock::now() + std::chrono::seconds(20);
        std::smatch match;
        std::string output;
        do {
            if (!child_.read_more(deadline))
                throw std::runtime_error(rung.name + " does not open: " + output);
            output = child_.output();
        } while (!std::regex_search(output, match, address));
        port_ = std::stoi(match[1]);
    }

    int port() const { return port_; }
    std::optional<int> connections() const { return connections_of(child_.pid(), database_); }

    // Takes up what the server says, or it would soon have to wait for us.
    void listen_to_it(milliseconds how_long) {
        const auto until = Clock::now() + how_long;
        while (Clock::now() < until) {
            if (!child_.read_more(until)) std::this_thread::sleep_until(until);
        }
    }

 private:
    tools::TemporaryFolder folder_{tools::place_for_quick_files()};
    fs::path database_;
    tools::Child child_;
    int port_ = 0;
};

struct Result {
    Told readers;
    Told buyers;
    std::optional<int> most_connections;
    std::optional<int> connections_left;
};

Result climb(const Rung& rung, const Round& round, milliseconds length) {
    Server server(rung, round);
    Result result;
    std::atomic<Phase> phase = Phase::coming;
    std::vector<std::unique_ptr<Customer>> readers;
    std::vector<std::unique_ptr<Customer>> buyers;
    const auto comes = [&](Customer::Ask ask) {
        // One after the other: the queue of those who connect is short, and a client finding it full
        // tries again a second later.
        server.listen_to_it(milliseconds(10));
        return std::make_unique<Customer>(server.port(), std::move(ask), phase);
    };
    const auto next_item = std::make_shared<std::atomic<int>>(0);
    for (int i = 0; i < std::max(round.readers, round.buyers); ++i) {
        if (i < round.readers) readers.push_back(comes(reader(i * 997)));
        if (i < round.buyers) buyers.push_back(comes(buyer(next_item)));
    }
    phase = Phase::counted;
    for (const auto end = Clock::now() + length; Clock::now() < end;) {
        server.listen_to_it(std::min(milliseconds(50), length));
        result.most_connections = std::max(result.most_connections, server.connections());
    }
    phase = Phase::over;
    for (const auto& customer : readers) result.readers.add(customer->leave());
    for (const auto& customer : buyers) result.buyers.add(customer->leave());
    server.listen_to_it(milliseconds(300));  // for what was still under way
    result.connections_left = server.connections();
    return result;
}

// Three digits are more than such a run can tell.
std::string rounded(double number) {
    if (number >= 100) return fmt::format("{:.0f}", number);
    return fmt::format("{:.3g}", number);
}

std::string crowd_cells(Told& told, double seconds) {
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
