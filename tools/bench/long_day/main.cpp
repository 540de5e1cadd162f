// A long day: the last server under a crowd that buys, reads, dawdles, hangs up and talks nonsense,
// with a bank in all its moods, while the server is killed and told to close by turns.
//
//     cmake --build --preset course --target long_day && build/course/bin/long_day --minutes 60
//
// In the first three quarters of the day a life of the server ends every half minute, by SIGKILL and
// by SIGTERM in turn. In the last quarter one life goes on undisturbed, and each time the crowd rests
// it is looked at what the server has: memory and open files must not grow. In the end a last server
// brings to its end what was left, and the books are balanced. Exits with 1 when something is wrong.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bank.hpp"
#include "books.hpp"
#include "crowd.hpp"
#include "process/temporary_folder.hpp"
#include "server.hpp"
#include "shop/serve.hpp"

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace long_day {
namespace {

constexpr int looks = 5;        // at an undisturbed server
constexpr int more_files = 12;  // a pool has four connections, of three files each
constexpr double more_memory = 1.25;
constexpr long more_kib = 8 * 1024;

class Day {
 public:
    Day(fs::path program, milliseconds length)
        : program_(std::move(program)), length_(length), began_(Clock::now()) {
        open_books(database_);
    }

    // Returns what was wrong.
    std::vector<std::string> run() {
        {
            Crowd crowd(port_, told_);
            disturbed();
            undisturbed(crowd);
        }
        evening();
        return std::move(wrong_);
    }

 private:
    using Ending = std::optional<std::string>;

    Life::Options options() const { return {program_, database_, port_, bank_.port()}; }

    void say(const std::string& text) const {
        const std::chrono::duration<double> since = Clock::now() - began_;
        fmt::print("{:8.1f} s  {}\n", since.count(), text);
        std::fflush(stdout);
    }

    void complain(std::string text) {
        say("WRONG: " + text);
        wrong_.push_back(std::move(text));
    }

    // Listens to a life for so long. The most that the server had meanwhile.
    Figures live(Life& life, milliseconds time) {
        Figures most;
        for (const auto until = Clock::now() + time; Clock::now() < until;) {
            life.listen(milliseconds(50));
            if (const auto now = life.figures()) {
                most.resident_kib = std::max(most.resident_kib, now->resident_kib);
                most.files = std::max(most.files, now->files);
            }
            if (const Ending ending = life.ended_by_itself()) {
                complain("a server ended by itself, with " + *ending + ": " + life.output());
                return most;
            }
        }
        return most;
    }

    void disturbed() {
        const auto half_minute = std::clamp(length_ / 24, milliseconds(1500), milliseconds(30'000));
        const auto end = began_ + length_ * 3 / 4;
        const Moods moods(bank_, half_minute / 4);
        for (int number = 1; Clock::now() < end; ++number) {
            Life life(options());
            const auto opened = Clock::now();
            const Figures most = live(life, half_minute);
            const bool kills = number % 2 == 0;
            if (!life.ended_by_itself()) end_life(life, kills);
            const std::chrono::duration<double> lived = Clock::now() - opened;
            say(fmt::format("life {}: {:.1f} s, {}; at most {:.1f} MiB, {} files", number,
                            lived.count(), last_ending_,
                            static_cast<double>(most.resident_kib) / 1024, most.files));
        }
    }

    void end_life(Life& life, bool kills) {
        const Ending ending = life.end_by(kills ? SIGKILL : SIGTERM);
        last_ending_ =
            fmt::format("{}: {}", kills ? "SIGKILL" : "SIGTERM", ending.value_or("does not end"));
        const bool is_known = ending == "status 0" || ending == "status 3" || ending == "signal 9";
        if (!is_known) complain("a server was told to close: " + last_ending_);
    }

    void undisturbed(Crowd& crowd) {
        Life life(options());
        const auto part = length_ / 4 / looks;
        std::vector<Figures> all;
        for (int look = 1; look <= looks; ++look) {
            {
                const Moods moods(bank_, part / 10);
                live(life, part);
            }
            const Figures now = at_rest(life, crowd);
            all.push_back(now);
            say(fmt::format("undisturbed, the crowd rests: {:.1f} MiB, {} files",
                            static_cast<double>(now.resident_kib) / 1024, now.files));
        }
        if (static_cast<double>(all.back().resident_kib) >
            static_cast<double>(all.front().resident_kib) * more_memory + more_kib)
            complain("the server's memory grows");
        if (all.back().files > all.front().files + more_files)
            complain("the server's open files grow in number");
        end_life(life, false);
        say(last_ending_);
    }

    // Until the crowd has hung up and the server has noticed.
    Figures at_rest(Life& life, Crowd& crowd) {
        std::thread away([&crowd] { crowd.rests(); });
        std::optional<Figures> before;
        Figures now;
        for (int same = 0, waits = 0; same < 3 && waits < 100; ++waits) {
            life.listen(milliseconds(200));
            now = life.figures().value_or(Figures{});
            same = before && before->files == now.files ? same + 1 : 0;
            before = now;
        }
        away.join();
        crowd.goes_on();
        return now;
    }

    // What has been left undone is done by the next server.
    void evening() {
        {
            Life life(options());
            const auto deadline = Clock::now() + std::chrono::minutes(2);
            int left = unfinished(database_);
            say(fmt::format("the evening: {} orders are not at their end", left));
            for (; left > 0 && Clock::now() < deadline; left = unfinished(database_))
                life.listen(milliseconds(200));
            end_life(life, false);
            if (last_ending_ != "SIGTERM: status 0") complain("nobody was there: " + last_ending_);
        }
        const Balance books = balance(database_, bank_.payments(), told_);
        for (const std::string& each : books.wrong) complain(each);
        if (books.confirmed == 0) complain("nobody could buy anything");
        report(books);
    }

    void report(const Balance& books) const {
        fmt::print(
            "\n{} orders confirmed, {} declined, {} payments; {} waited for a bank that hung\n",
            books.confirmed, books.declined, books.payments, bank_.hung());
        fmt::print("What they were told (0: nothing):\n");
        for (const auto& [what, statuses] : told_.counts()) {
            fmt::print("  {:<24}", what);
            for (const auto& [status, count] : statuses) fmt::print(" {}: {},", status, count);
            fmt::print("\n");
        }
    }

    const fs::path program_;
    const milliseconds length_;
    const Clock::time_point began_;
    const tools::TemporaryFolder folder_{tools::place_for_quick_files()};
    const fs::path database_ = folder_.path() / "shop.db";
    DayBank bank_;
    Told told_;
    const int port_ = free_port();
    std::string last_ending_;
    std::vector<std::string> wrong_;

    // One that was free a moment ago.
    static int free_port() {
        httplib::Server server;
        return support::Listening(server).port();
    }
};

int run(int argc, char** argv) {
    double minutes = 60;
    fs::path program = fs::canonical(argv[0]).parent_path() / "solution.17_opening_day.server";
    CLI::App app("The last server through a long day; in the end the books are balanced.");
    app.add_option("--minutes", minutes, "How long the day is (default 60)")
        ->check(CLI::Range(0.2, 100'000.0));
    app.add_option("--server", program, "The server (default: the solution of lesson 17)")
        ->check(CLI::ExistingFile);
    CLI11_PARSE(app, argc, argv);

    Day day(program, milliseconds(static_cast<long>(minutes * 60'000)));
    const std::vector<std::string> wrong = day.run();
    for (const std::string& each : wrong) fmt::print("WRONG: {}\n", each);
    fmt::print("{}\n", wrong.empty() ? "The books are balanced, and nothing has grown."
                                     : fmt::format("{} things are wrong.", wrong.size()));
    return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace long_day

int main(int argc, char** argv) try {
    return long_day::run(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "The day broke off: {}\n", error.what());
    return 2;
}
