#include "support/child_shop.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/bank_server.hpp"
#include "support/channel.hpp"
#include "support/failpoints.hpp"
#include "support/ledger.hpp"
#include "support/patience.hpp"
#include "support/program.hpp"
#include "support/shop_server.hpp"

extern char** environ;

namespace support {
namespace {

using json = nlohmann::json;

constexpr const char* wire_variable = "LEAKLINGS_CHILD_SHOP";  // the number of the child's end

pid_t start_anew(int wire) {
    std::vector<char*> environment;
    for (char** each = environ; *each != nullptr; ++each) environment.push_back(*each);
    std::string variable = fmt::format("{}={}", wire_variable, wire);
    environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string name = own_program().string();
    const std::array<char*, 2> arguments{name.data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t process = -1;
    const int status = posix_spawn(&process, name.c_str(), &actions, nullptr, arguments.data(),
                                   environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (status != 0) throw std::runtime_error("no process can be started for the test's shop");
    return process;
}

// In the child: what the parent wishes and what happens, until one of the two ends it.
void run_shop(Channel& line) {
    const json options = json::parse(line.read().value_or("null"));
    Ledger& ledger = Ledger::instance();
    ledger.start();
    const auto plan_death = [&] {
        die_at_failpoint(options.at("dies_at_failpoint"), [&](const std::string& step) {
            line.write("dies " + json{{"step", step}, {"timeline", ledger.timeline()}}.dump());
        });
    };
    if (options.at("counts_opening")) plan_death();
    FailpointBank bank(options.at("bank"));
    std::optional<ShopServer> shop(std::in_place, options.at("database").get<std::string>(), bank,
                                   options.at("workers").get<int>(),
                                   options.at("copies_replies").get<bool>());
    if (!options.at("counts_opening")) plan_death();
    line.write(fmt::format("open {}", shop->port()));
    for (auto word = line.read(); word; word = line.read()) {
        if (*word == "close") {
            shop.reset();
            line.write("closed " + json{{"timeline", ledger.timeline()}}.dump());
            return;
        }
        line.write("counts " + json{{"opened", ledger.opened_connections()},
                                    {"open", ledger.open_connections()},
                                    {"transactions", ledger.open_transactions()}}
                                   .dump());
    }
    // The test is gone, or wants no more of this shop.
}

}  // namespace

struct ChildShop::BankCounter : BankServer {
    using BankServer::BankServer;
};

ChildShop::ChildShop(const DatabaseFile& database, TestBank& bank)
    : ChildShop(database, bank, Options{}) {}

ChildShop::ChildShop(const DatabaseFile& database, TestBank& bank, Options options)
    : bank_(bank), counter_(std::make_unique<BankCounter>(bank)) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
        throw std::runtime_error("no line can be laid to the test's shop");
    }
    line_ = std::make_unique<Channel>(ends[0]);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    {
        const Channel childs_end(ends[1]);  // closed here as soon as the child has it
        process_ = start_anew(ends[1]);
    }
    line_->write(json{{"database", database.path()},
                      {"bank", counter_->port()},
                      {"workers", options.workers},
                      {"dies_at_failpoint", options.dies_at_failpoint},
                      {"counts_opening", options.counts_opening},
                      {"copies_replies", options.copies_replies}}
                     .dump());
    const auto [word, rest] = hear();
    if (word == "open") {
        port_ = std::stoi(rest);
    } else if (word != "dies") {
        throw std::runtime_error("the shop in its own process did not open: " + rest);
    }
}

ChildShop::~ChildShop() {
    bank_.release_all();
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    crowd_.join();
}

Customer ChildShop::customer(const std::string& name) {
    return {name, port_, crowd_};
}

ChildShop::Counts ChildShop::counts() {
    line_->write("counts");
    const auto [word, rest] = hear();
    if (word != "counts") throw std::runtime_error("the shop in its own process is gone");
    const json counts = json::parse(rest);
    return {counts.at("opened"), counts.at("open"), counts.at("transactions")};
}

ChildShop::End ChildShop::await_end() {
    while (!hear().first.empty()) continue;
    int status = 0;
    // The line is down, so it is dying, unless it is only late: then it is asked no more.
    if (line_->is_down() && waitpid(process_, &status, 0) == process_) {
        process_ = -1;
        end_.killed = WIFSIGNALED(status);
        end_.status = end_.killed ? WTERMSIG(status) : WEXITSTATUS(status);
    } else {
        end_.status = -1;
    }
    return end_;
}

ChildShop::End ChildShop::close() {
    bank_.release_all();
    crowd_.join();
    line_->write("close");
    return await_end();
}

// The next line's first word and the rest; nothing when the line is down, or silent for too long.
std::pair<std::string, std::string> ChildShop::hear() {
    const std::string text = line_->read().value_or("");
    const auto space = text.find(' ');
    std::pair<std::string, std::string> heard(
        text.substr(0, space), space == std::string::npos ? "" : text.substr(space + 1));
    if (heard.first == "dies" || heard.first == "closed") {
        const json last = json::parse(heard.second);
        end_.step = last.value("step", "");
        end_.timeline = last.at("timeline");
    }
    return heard;
}

void be_a_child_shop_if_asked() {
    const char* wire = std::getenv(wire_variable);
    if (wire == nullptr) return;
    Channel line(std::stoi(wire), Channel::Waits::for_ever);
    try {
        run_shop(line);
    } catch (const std::exception& error) {
        line.write(std::string("failed ") + error.what());
        _exit(1);
    }
    _exit(0);  // not by `exit`: a test run is under way in this process, and has nothing to report
}

}  // namespace support
