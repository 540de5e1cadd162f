// A server program as tests see it: what it says, how it ends, what its ledger has counted.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>

#include "shop/database.hpp"
#include "shop/serve.hpp"
#include "support/bank_server.hpp"
#include "support/catch.hpp"
#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"
#include "support/metrics.hpp"
#include "support/server_process.hpp"
#include "support/test_bank.hpp"

using support::BankServer;
using support::Crowd;
using support::Customer;
using support::DatabaseFile;
using support::Held;
using support::Ledger;
using support::Pending;
using support::ServerProcess;
using support::Step;
using support::TestBank;

namespace {

// A port of this machine at which nobody is let in any more: those who have connected fill the queue.
class FullQueue {
 public:
    FullQueue() {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        auto* const address = reinterpret_cast<sockaddr*>(&here);
        REQUIRE(bind(sockets_[0], address, size) == 0);
        REQUIRE(listen(sockets_[0], 0) == 0);
        REQUIRE(getsockname(sockets_[0], address, &size) == 0);
        port_ = ntohs(here.sin_port);
        for (std::size_t i = 1; i < sockets_.size(); ++i) {
            fcntl(sockets_[i], F_SETFL, O_NONBLOCK);
            static_cast<void>(connect(sockets_[i], address, size));
        }
    }
    FullQueue(const FullQueue&) = delete;
    FullQueue& operator=(const FullQueue&) = delete;
    ~FullQueue() {
        for (const int socket : sockets_) close(socket);
    }
    int port() const { return port_; }

 private:
    std::array<int, 4> sockets_{socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0),
                                socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};
    int port_ = 0;
};

ServerProcess::Options options(const std::string& database, int bank_port = 0) {
    return {.database = database, .bank_port = bank_port, .program = REPORTING_SERVER};
}

// A shop that is open, and in it Alice, whose card the bank thinks about.
struct AliceAtTheBank {
    AliceAtTheBank() {
        REQUIRE(server.await_open());
        alice.emplace("alice", server.port(), crowd);
        order.emplace(alice->starts_to_order(shop::teapot, 2));
        REQUIRE(held.is_asked());
    }

    const DatabaseFile database;
    TestBank bank;
    const BankServer bank_server{bank};
    Held held = bank.hold("alice", Step::authorize);
    ServerProcess server{options(database.path(), bank_server.port())};
    Crowd crowd;
    std::optional<Customer> alice;
    std::optional<Pending> order;
};

}  // namespace

TEST_CASE("A server process opens, asks the test's bank, and hands its counts over when it ends") {
    const DatabaseFile database;
    TestBank bank;
    const BankServer bank_server(bank);
    ServerProcess server(options(database.path(), bank_server.port()));
    REQUIRE(server.await_open());
    CHECK(server.port() > 0);
    {
        Crowd crowd;
        Customer alice("alice", server.port(), crowd);
        CHECK(alice.orders(shop::teapot, 2).status == 201);
    }
    CHECK(bank.asked("alice", Step::authorize) == 1);
    CHECK(server.await_word("POST /orders -> 201"));
    REQUIRE(server.counts());
    CHECK(server.counts()->opened == 2);  // main looked into the database
    CHECK(server.counts()->open == 0);
    CHECK(!server.has_ended());
    server.send(SIGTERM);
    const ServerProcess::End end = server.await_end();
    CHECK(end.in_words() == "ended with status 0");
    REQUIRE(end.counts);
    CHECK(end.counts->opened == 2);
    CHECK(end.counts->open == 0);
    CHECK(end.timeline.find("UPDATE items") != std::string::npos);
    CHECK(!server.counts());
    CHECK(server.await_end().in_words() == end.in_words());
    const std::string timeline = Ledger::instance().timeline();
    CHECK(timeline.find("bank: authorize alice") != std::string::npos);
    CHECK(timeline.find("sends the shop SIGTERM") != std::string::npos);
    CHECK(timeline.find("POST /orders -> 201") != std::string::npos);
}

TEST_CASE("A server process that cannot open says why") {
    ServerProcess server(options("/dev/null"));
    CHECK(!server.await_open());
    CHECK(server.await_end().status == shop::cannot_open);
    CHECK(server.errors().find("The shop cannot open") != std::string::npos);
    CHECK(server.output().empty());
}

TEST_CASE("A server process that is killed has nothing to hand over") {
    const DatabaseFile database;
    ServerProcess server(options(database.path()));
    REQUIRE(server.await_open());
    server.send(SIGKILL);
    const ServerProcess::End end = server.await_end();
    CHECK(end.in_words() == "was killed by signal 9");
    CHECK(!end.counts);
}

TEST_CASE("A shop whose listener has ended serves those who are in, closes, and says why") {
    AliceAtTheBank visit;
    visit.server.goes_deaf();
    CHECK(visit.server.await_word("The shop hears nobody any more"));
    visit.held.accept();
    CHECK(visit.order->reply().status == 201);
    visit.crowd.join();
    CHECK(visit.server.await_end().in_words() == "ended with status 5");
}

TEST_CASE("A second signal ends a shop that waits for its customers") {
    AliceAtTheBank visit;
    visit.server.send(SIGTERM);
    REQUIRE(visit.server.await_word("Closing."));
    CHECK(!visit.server.has_ended());
    visit.server.send(SIGINT);
    const ServerProcess::End end = visit.server.await_end();
    CHECK(end.has_ended);
    CHECK(end.status == (end.was_killed ? SIGINT : 128 + SIGINT));
    visit.held.accept();
}

TEST_CASE("A bank's line that is hung up lets everybody go") {
    TestBank bank;
    const BankServer bank_server(bank);
    http::RemoteBank line(bank_server.port());
    Held held = bank.hold("alice", Step::charge);
    Crowd crowd;
    const auto alice = crowd.start([&] {
        try {
            line.charge({shop::teapot, 1, "alice"});
            return false;
        } catch (const shop::BankUnreachable&) {
            return true;
        }
    });
    REQUIRE(held.is_asked());
    line.hang_up();
    CHECK(alice.get());
    CHECK_THROWS_AS(line.charge({shop::teapot, 1, "bob"}), shop::BankUnreachable);
    CHECK(bank.asked("bob", Step::charge) == 0);
    held.accept();
}

TEST_CASE("A bank that lets nobody connect is given up as one that says nothing") {
    const FullQueue bank;
    http::RemoteBank line(bank.port(), std::chrono::seconds(1));
    CHECK_THROWS_AS(line.charge({shop::teapot, 1, "alice"}), shop::BankUnreachable);
}

// What no lesson asks for: the grace is for the background, too.
TEST_CASE("The last shop ends although its sweeper hangs, and says so") {
    const DatabaseFile database;
    database.run(
        "INSERT INTO orders (item_id, quantity, card, state) VALUES (1, 1, 'alice', 'reserved')");
    TestBank bank;
    const BankServer bank_server(bank);
    Held held = bank.hold("alice", Step::charge);
    ServerProcess server({.database = database.path(),
                          .bank_port = bank_server.port(),
                          .grace = std::chrono::milliseconds(200),
                          .program = LAST_SERVER});
    REQUIRE(server.await_open());
    REQUIRE(held.is_asked());
    {
        Crowd crowd;
        Customer monitoring("monitoring", server.port(), crowd);
        // The sweeper has looked for open orders, and a task for missing receipts.
        REQUIRE(support::await_metric(monitoring, "pool_acquired_total", 2));
        REQUIRE(support::await_metric(monitoring, "pool_in_use", 0));
        server.hangs_from_failpoint(1);
        held.accept();
        REQUIRE(support::await_metric(monitoring, "pool_in_use", 1));
    }
    server.send(SIGTERM);
    const ServerProcess::End end = server.await_end();
    CHECK(end.in_words() == "ended with status 4");
    CHECK(server.output().find("Still inside: settling") != std::string::npos);
}
