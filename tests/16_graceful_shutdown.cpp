// 16 graceful shutdown: all who are in when the shop is told to close get an answer, nobody new is
// let in, and at the deadline everybody who waits is let go.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shop/database.hpp"
#include "shop/serve.hpp"
#include "support/await.hpp"
#include "support/bank_server.hpp"
#include "support/catch.hpp"
#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/failing_join.hpp"
#include "support/metrics.hpp"
#include "support/raw_client.hpp"
#include "support/server_process.hpp"
#include "support/stillness.hpp"
#include "support/test_bank.hpp"
#include "support/write_lock.hpp"

using namespace std::chrono_literals;
using support::await;
using support::BankServer;
using support::Crowd;
using support::Customer;
using support::DatabaseFile;
using support::Held;
using support::Pending;
using support::RawClient;
using support::Reply;
using support::ServerProcess;
using support::Step;
using support::TestBank;
using support::Transfer;
using support::WriteLock;

namespace {

constexpr int workers = 8;
constexpr int connections = 4;
constexpr auto soon = 200ms;  // a deadline that the test lets pass
constexpr auto a_moment = 500ms;

// The shop as an operator runs it, with a bank next door.
class Shop {
 public:
    struct Options {
        std::chrono::milliseconds unready{0};
        std::chrono::milliseconds deadline{600'000};
        std::chrono::milliseconds grace{600'000};
        int items = 0;
        int workers = ::workers;
        std::string database = {};  // empty: one of its own
    };

    Shop() : Shop(Options{}) {}
    explicit Shop(Options options) : bank_server_(bank_) {
        if (options.items > 0) shop::fill_shelves(database_.path(), options.items);
        server_options_.database = database_.path();
        server_options_.bank_port = bank_server_.port();
        server_options_.workers = options.workers;
        server_options_.unready = options.unready;
        server_options_.deadline = options.deadline;
        server_options_.grace = options.grace;
        if (!options.database.empty()) server_options_.database = options.database;
    }
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;
    ~Shop() {
        bank_.release_all();
        server_.reset();
        crowd_.join();
    }

    // Does not wait until it is open.
    void starts() { server_.emplace(server_options_); }
    void opens() {
        starts();
        const bool is_open = server_->await_open();
        NEED(is_open, "The shop does not open. " + server_->errors());
    }

    // She keeps her connection, unless she is told to hang up.
    Customer customer(const std::string& name) { return {name, server_->port(), crowd_}; }

    // Somebody new asks, and goes. Status 0: she was not let in.
    int tries(const std::string& path) {
        RawClient somebody(server_->port());
        somebody.asks("GET " + path);
        return somebody.reads_to_the_end().status;
    }
    // Waits until nobody new is let in.
    bool is_closed_to_others() {
        return await([this] { return tries("/readyz") == 0; });
    }

    // As somebody new is told.
    double metric(std::string_view name) {
        RawClient monitoring(server_->port());
        monitoring.asks("GET /metrics");
        const Transfer metrics = monitoring.reads_to_the_end();
        return support::metric({metrics.status, metrics.body, ""}, name);
    }
    // Asks again and again. False when the metric does not get that value.
    bool awaits(std::string_view name, double value) {
        return await([&] { return metric(name) == value; });
    }
    // Somebody orders a teapot, and goes. What she was told.
    int sells_to(const std::string& card) {
        const std::string order = fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"}})", card);
        RawClient customer(server_->port());
        customer.sends(
            fmt::format("POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
                        "Content-Length: {}\r\n\r\n{}",
                        order.size(), order));
        return customer.reads_to_the_end().status;
    }

    // Time for one that goes on without waiting for somebody, and as much more as its threads need
    // a processor. Nothing is judged by it: a shop that waits is not kept waiting for long.
    template <typename Error>
    void has_time_to_err(Error is_made, std::chrono::milliseconds time = 100ms) {
        if (await(is_made, time)) return;
        const auto waits = [this] { return support::all_threads_wait(server_->process()); };
        static_cast<void>(await([&] { return is_made() || waits(); }));
    }

    // On either stream.
    bool has_said(std::string_view word) {
        return (server_->output() + server_->errors()).find(word) != std::string::npos;
    }

    TestBank& bank() { return bank_; }
    ServerProcess& server() { return *server_; }
    Crowd& crowd() { return crowd_; }
    const DatabaseFile& database() const { return database_; }

    void is_told_to_close(int signal = SIGTERM) { server_->send(signal); }
    // Waits for its end, and for every customer's.
    ServerProcess::End ends() {
        const ServerProcess::End end = server_->await_end();
        return end;
    }

 private:
    DatabaseFile database_;
    TestBank bank_;
    BankServer bank_server_;
    Crowd crowd_;
    ServerProcess::Options server_options_;
    std::optional<ServerProcess> server_;
};

std::string told(const Reply& reply) {
    if (!reply.broken_off.empty()) return "\"" + reply.broken_off + "\"";
    if (reply.status == 0) return "nothing: the line went dead";
    if (reply.status >= 400 && !reply.is_json())
        return fmt::format("{} with a body that is not whole: {}", reply.status, reply.body);
    return "\"" + reply.told() + "\"";
}

// Everybody had been served, and the process says so.
void expect_clean(Shop& shop) {
    const ServerProcess::End end = shop.ends();
    EXPECT(end.in_words() == "ended with status 0",
           fmt::format("Everybody was served long before the deadline, and the shop {}. Status 0 "
                       "says that nobody was let go.",
                       end.in_words()));
}

void expect_forced(Shop& shop, const std::string& who) {
    const ServerProcess::End end = shop.ends();
    NEED(end.has_ended,
         fmt::format("{} long after the deadline, and the shop has not ended. Soon somebody will "
                     "kill it.",
                     who));
    EXPECT(end.in_words() == fmt::format("ended with status {}", int(shop::closed_at_deadline)),
           fmt::format("{} when the deadline passed, and the shop {}. Only status {} tells the "
                       "operator that somebody was let go.",
                       who, end.in_words(), int(shop::closed_at_deadline)));
}

// With 503, and an error's body that is whole.
bool is_refused(const Reply& reply) {
    return reply.status == 503 && !reply.text("/error").empty();
}

const char* invitation(const Reply& reply) {
    return reply.headers.contains("Retry-After") ? ", with a Retry-After" : "";
}

// Nobody knows yet whether she has paid: she is told so, and not to come again.
bool is_left_open(const Reply& reply) {
    return (reply.status == 502 || reply.status == 504) && !reply.text("/error").empty() &&
           !reply.headers.contains("Retry-After");
}

// Four customers at the same time, so that the pool opens all its connections for them.
void each_connection_writes(Shop& shop) {
    std::vector<Customer> customers;
    std::vector<Pending> reviews;
    {
        const WriteLock lock(shop.database().path());
        for (int i = 1; i <= connections; ++i) {
            customers.push_back(shop.customer(fmt::format("customer{}", i)));
            reviews.push_back(customers.back().starts_to_review(shop::teapot, "Pours well."));
            NEED(shop.awaits("pool_in_use", i), "A review does not get a connection.");
        }
    }
    for (const Pending& review : reviews) {
        const Reply reply = review.reply();
        NEED(reply.status == 201,
             fmt::format("Four customers waited for another program's lock for a moment, each with "
                         "a connection of the pool. One was told {}.",
                         told(reply)));
    }
}

// Alice was told 201, and the bank thinks about the number for her receipt.
Held has_alices_receipt_at_the_bank(Shop& shop) {
    Held bank = shop.bank().hold("alice", Step::reference);
    NEED(shop.sells_to("alice") == 201, "An order on an ordinary day fails.");
    NEED(bank.is_asked(), "After Alice's 201 nobody writes her receipt.");
    return bank;
}

// Alice, with an order that the bank holds.
struct AtTheBank {
    explicit AtTheBank(Shop& shop)
        : customer(shop.customer("alice")),
          bank(shop.bank().hold("alice", Step::charge)),
          order(customer.starts_to_order(shop::teapot, 1)) {
        NEED(bank.is_asked(), "Alice's order does not get to the bank.");
    }
    Customer customer;
    Held bank;
    Pending order;
};

void expect_deaf(const ServerProcess::End& end) {
    EXPECT(end.in_words() == fmt::format("ended with status {}", int(shop::went_deaf)),
           fmt::format("Listening failed, and the shop {}. Only status {} tells the operator that "
                       "it was not told to close.",
                       end.in_words(), int(shop::went_deaf)));
}

}  // namespace

TEST_CASE("An order that is at the bank when the shop is told to close ends in 201",
          "[pitfall][stage 1]") {
    for (const auto& [signal, name] :
         {std::pair(SIGTERM, "SIGTERM"), std::pair(SIGINT, "SIGINT, a Ctrl-C,")}) {
        Shop shop;
        shop.opens();
        AtTheBank alice(shop);
        shop.is_told_to_close(signal);
        NEED(shop.is_closed_to_others(),
             "The shop was told to close, and a new customer is let in. It will never be empty.");
        shop.has_time_to_err([&] { return shop.server().has_ended(); });
        alice.bank.accept();
        NEED(await([&] { return shop.bank().charges_of("alice") == 1; }),
             "The bank takes no money.");
        const Reply reply = alice.order.reply();
        EXPECT(
            reply.status == 201,
            fmt::format("Alice was at the bank when {} told the shop to close. The bank took her "
                        "money, and she was told {}.",
                        name, told(reply)));
        expect_clean(shop);
    }
}

TEST_CASE("Not ready comes first, and then nobody new is let in", "[pitfall][stage 1]") {
    int said_no = 0;
    int served = 0;
    // The interval is a time, and the test may be held up for longer than that:
    // then it is asked for more.
    for (const auto interval : {500ms, 2000ms, 4000ms}) {
        Shop shop({.unready = interval});
        shop.opens();
        NEED(shop.tries("/readyz") == 200, "The shop is open, and GET /readyz does not say so.");
        AtTheBank alice(shop);
        shop.is_told_to_close();
        said_no = 0;
        served = 0;
        int asked = 0;
        const bool is_closed = await(
            [&] {
                const int status = shop.tries("/readyz");
                ++asked;
                if (status == 503) ++said_no;
                const bool may_buy = served < 3;  // not everybody: the shelf would be empty
                if (status == 503 && shop.tries("/items/1") == 200 &&
                    (!may_buy || shop.sells_to("bob") == 201)) {
                    ++served;
                }
                return status == 0;
            },
            support::patience() + interval);
        NEED(is_closed, "The shop was told to close, and a new customer is let in.");
        const bool was_held_up = asked < 100;
        if ((said_no >= 3 && served >= 3) || !was_held_up) break;
    }
    EXPECT(said_no >= 3,
           fmt::format("The shop was told to close, and from one moment to the next nobody was let "
                       "in. GET /readyz said 503 to {} of those who asked; the load balancer that "
                       "sends customers here has had no time to see it.",
                       said_no));
    EXPECT(served >= 3,
           fmt::format("While GET /readyz says 503 customers still come, to look and to buy, "
                       "because not everybody has heard yet. {} of them were served.",
                       served));
}

TEST_CASE("Everybody who is being served has an answer", "[pitfall][stage 1]") {
    Shop shop({.items = 150});
    shop.opens();
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;
    for (const char* name : {"alice", "bob", "carol"}) {
        customers.push_back(shop.customer(name));
        banks.push_back(shop.bank().hold(name, Step::charge));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        NEED(banks.back().is_asked(), "An order does not get to the bank.");
    }
    std::optional<WriteLock> lock(shop.database().path());
    Customer dave = shop.customer("dave");
    const Pending review = dave.starts_to_review(shop::teapot, "Pours well.");
    NEED(shop.awaits("pool_in_use", 1), "Dave's review does not get a connection.");
    Customer erin = shop.customer("erin");
    const Pending report = erin.starts_to_get("/report");
    // It takes a moment, and the test may be held up for longer than that.
    NEED(await([&] { return report.is_answered() || shop.metric("pool_in_use") == 2; }),
         "Erin's report does not get a connection.");
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(),
         "The shop was told to close, and a new customer is let in. It will never be empty.");
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    lock.reset();
    for (Held& bank : banks) bank.accept();
    for (const Pending& order : orders) {
        const Reply reply = order.reply();
        EXPECT(reply.status == 201,
               fmt::format("Three customers were at the bank when the shop was told to close, and "
                           "the deadline is far. One was told {}.",
                           told(reply)));
    }
    const Reply wrote = review.reply();
    EXPECT(wrote.status == 201,
           fmt::format("Dave waited for another program's lock when the shop was told to close. "
                       "Then it was gone, and he was told {}.",
                       told(wrote)));
    const Reply counted = report.reply();
    EXPECT(counted.status == 200,
           fmt::format("Erin's report was being made when the shop was told to close, and the "
                       "deadline is far. She was told {}.",
                       told(counted)));
    expect_clean(shop);
}

TEST_CASE("The shop does not end before the last reply has left", "[pitfall][stage 1]") {
    Shop shop;
    shop.opens();
    AtTheBank alice(shop);
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(),
         "The shop was told to close, and a new customer is let in. It will never be empty.");
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    shop.server().holds_replies();
    alice.bank.accept();
    static_cast<void>(await([&] {
        return shop.server().has_ended() ||
               shop.database().number("SELECT count(*) FROM orders WHERE state = 'confirmed'") == 1;
    }));
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    shop.server().lets_replies_go();
    const Reply reply = alice.order.reply();
    EXPECT(reply.status == 201,
           fmt::format("Alice has paid, her handler has returned, and the line to her is slow. "
                       "The shop was closing, the deadline is far, and she was told {}.",
                       told(reply)));
    expect_clean(shop);
}

TEST_CASE("A customer who was told 201 gets a receipt", "[pitfall][stage 1]") {
    Shop shop;
    shop.opens();
    Held bank = shop.bank().hold("alice", Step::reference);
    for (const char* name : {"alice", "bob"}) {
        NEED(shop.sells_to(name) == 201, "An order on an ordinary day fails.");
    }
    NEED(bank.is_asked(), "After Alice's 201 nobody writes her receipt.");
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(),
         "The shop was told to close, and a new customer is let in. It will never be empty.");
    shop.has_time_to_err([&] {
        const auto counts = shop.server().counts();
        return !counts || counts->open == 0;
    });
    bank.accept();
    static_cast<void>(shop.ends());
    const auto receipts = shop.database().number("SELECT count(*) FROM receipts");
    EXPECT(receipts == 2,
           fmt::format("Alice and Bob were told 201. When the shop was told to close the bank had "
                       "not given the number for Alice's receipt yet; it did. The shop is closed, "
                       "and {} of 2 receipts are written.",
                       receipts));
    expect_clean(shop);
}

TEST_CASE("Until the deadline a receipt waits for a lock", "[pitfall][stage 1]") {
    Shop shop;
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    std::optional<WriteLock> lock(shop.database().path());
    bank.accept();
    NEED(shop.awaits("pool_in_use", 1), "Alice's receipt does not get a connection.");
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(),
         "The shop was told to close, and a new customer is let in. It will never be empty.");
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    lock.reset();
    static_cast<void>(shop.ends());
    EXPECT(shop.database().number("SELECT count(*) FROM receipts") == 1,
           "Alice was told 201, and her receipt waited for another program's lock when the shop "
           "was told to close. The deadline is far, and the lock was given back: her receipt is "
           "not written.");
    expect_clean(shop);
}

TEST_CASE("The database that is left behind is whole, and has every 201 in it",
          "[pitfall][stage 1]") {
    Shop shop;
    shop.database().run("UPDATE items SET stock = 1000000 WHERE id = 1");
    shop.opens();
    std::mutex mutex;
    std::set<std::string> locations;
    std::atomic<int> accepted = 0;
    std::vector<std::shared_future<void>> customers;
    for (int i = 0; i < workers / 2; ++i) {
        customers.push_back(shop.crowd().start([&, i] {
            Crowd her;
            Customer customer(fmt::format("customer{}", i), shop.server().port(), her);
            Reply reply;
            do {
                reply = customer.orders(shop::teapot, 1);
                if (reply.status != 201) continue;  // everybody was busy, or the shop has closed
                ++accepted;
                const std::lock_guard lock(mutex);
                locations.insert(reply.location);
            } while (reply.status != 0);
        }));
    }
    NEED(await([&] { return accepted >= 50; }), "On an ordinary day nobody can order.");
    shop.is_told_to_close();
    const ServerProcess::End end = shop.ends();
    NEED(end.has_ended, "The shop was told to close, and has not ended.");
    shop.crowd().join();
    EXPECT(
        !std::filesystem::exists(shop.database().path() + "-wal"),
        "The shop is closed, and its -wal is still there. It goes with the last connection that is "
        "closed properly; somebody's was not.");
    CHECK(shop.database().number("SELECT count(*) = 1 FROM pragma_integrity_check WHERE "
                                 "integrity_check = 'ok'") == 1);
    const auto rows =
        shop.database().number("SELECT count(*) FROM orders WHERE state = 'confirmed'");
    EXPECT(rows >= static_cast<int>(locations.size()),
           fmt::format("{} customers were told 201, and {} orders are in the database.",
                       locations.size(), rows));
    EXPECT(shop.database().number("SELECT count(*) FROM orders WHERE state = 'reserved'") == 0,
           "Orders are left that nobody has finished, although the deadline is far.");
    if (end.counts) {  // a process that ends by _Exit does not say
        EXPECT(end.counts->open == 0, "The shop is closed, and a connection is still open.");
    }
    expect_clean(shop);
}

TEST_CASE("At the deadline a customer at a silent bank is let go", "[pitfall][stage 2]") {
    Shop shop({.deadline = soon});
    shop.opens();
    AtTheBank alice(shop);
    shop.is_told_to_close();
    const Reply reply = alice.order.reply();
    EXPECT(is_left_open(reply),
           fmt::format("The bank is silent, and Alice waits for it. At the deadline she was told "
                       "{}{}. Nobody knows whether she has paid: that is a 504 (or a 502) without "
                       "a Retry-After, or she comes again and pays twice.",
                       told(reply), invitation(reply)));
    expect_forced(shop, "Alice was waiting for the bank");
}

TEST_CASE("At the deadline nobody who has paid is told to come again", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon});
    shop.opens();
    AtTheBank alice(shop);
    const WriteLock lock(shop.database().path());
    alice.bank.accept();
    NEED(await([&] { return shop.bank().charges_of("alice") == 1; }), "The bank takes no money.");
    NEED(shop.awaits("pool_in_use", 1), "Alice's order does not get a connection.");
    shop.is_told_to_close();
    const Reply reply = alice.order.reply();
    EXPECT(is_left_open(reply),
           fmt::format("The bank has taken Alice's money, and another program's lock keeps the "
                       "shop from writing it down. At the deadline she was told {}{}. That is a "
                       "504 (or a 502) without a Retry-After, or she comes again and pays twice.",
                       told(reply), invitation(reply)));
    expect_forced(shop, "Alice was waiting for a lock");
}

TEST_CASE("The deadline begins when nobody new is let in", "[pitfall][stage 2]") {
    std::string told_alice;
    std::string ended;
    // Both are times, and the test may be held up for longer than that: then it is asked for more.
    for (const auto time : {500ms, 2000ms, 4000ms}) {
        Shop shop({.unready = time, .deadline = time});
        shop.opens();
        AtTheBank alice(shop);
        shop.is_told_to_close();
        // Alice is waited for between the tries: thousands of them would keep the shop busy.
        const bool is_over = await(
            [&] { return shop.tries("/readyz") == 0 || alice.order.is_answered_within(10ms); },
            support::patience() + time);
        NEED(is_over, "The shop was told to close, and a new customer is let in.");
        shop.has_time_to_err([&] { return shop.server().has_ended(); });
        alice.bank.accept();
        told_alice = told(alice.order.reply());
        ended = shop.ends().in_words();
        if (alice.order.reply().status == 201 && ended == "ended with status 0") break;
    }
    EXPECT(
        told_alice.starts_with("\"201"),
        fmt::format("The bank accepted Alice's order as soon as nobody new was let in: from then "
                    "on she has the deadline's whole time. She was told {}.",
                    told_alice));
    EXPECT(ended == "ended with status 0",
           fmt::format("From the moment when nobody new is let in there was the deadline's whole "
                       "time, and Alice needed almost none of it. The shop {}.",
                       ended));
}

TEST_CASE("At the deadline a receipt that waits for a silent bank is let go",
          "[pitfall][stage 2]") {
    Shop shop({.deadline = soon});
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    shop.is_told_to_close();
    expect_forced(shop, "A receipt was waiting for the bank");
}

TEST_CASE("At the deadline a receipt that waits for a lock is let go", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon});
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    const WriteLock lock(shop.database().path());
    bank.accept();
    NEED(shop.awaits("pool_in_use", 1), "Alice's receipt does not get a connection.");
    shop.is_told_to_close();
    expect_forced(shop, "A receipt was waiting for another program's lock");
}

TEST_CASE("At the deadline a customer who waits for a connection is let go", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon, .items = 4000});
    shop.opens();
    std::vector<Customer> customers;
    std::vector<Pending> reports;
    for (int i = 0; i < connections + 1; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i + 1)));
        reports.push_back(customers.back().starts_to_get("/report"));
    }
    NEED(shop.awaits("pool_waiting", 1),
         "There are four connections, and the fifth customer does not wait for one.");
    shop.is_told_to_close();
    for (const Pending& report : reports) {
        const Reply reply = report.reply();
        NEED(is_refused(reply),
             fmt::format("Four reports have all connections, and the fifth customer waits for one. "
                         "At the deadline somebody was told {}, and not 503.",
                         told(reply)));
    }
    expect_forced(shop, "Five customers were waiting for reports");
}

TEST_CASE("At the deadline nobody waits behind those who never let go", "[pitfall][stage 3]") {
    // Less than the 30 s that the pool lets anybody wait: a shop that keeps them waiting ends first.
    // And more workers: one that has just answered monitoring may be busy for a moment.
    Shop shop({.deadline = soon, .grace = 20'000ms, .workers = 2 * workers});
    shop.opens();
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("bob", Step::charge);
    const Pending order = bob.starts_to_order(shop::teapot, 1);
    NEED(bank.is_asked(), "Bob's order does not get to the bank.");
    shop.server().hangs_from_failpoint(1);
    std::vector<Customer> customers;
    std::vector<Pending> looks;
    for (int i = 1; i <= connections; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i)));
        looks.push_back(customers.back().starts_to_get("/items/1"));
        NEED(shop.awaits("pool_in_use", i), "A customer does not get a connection.");
    }
    bank.accept();
    NEED(shop.awaits("pool_waiting", 1),
         "There are four connections, and Bob, who has paid, does not wait for one.");
    Customer alice = shop.customer("alice");
    const Pending look = alice.starts_to_get("/items/1");
    NEED(shop.awaits("pool_waiting", 2),
         "There are four connections, and Alice does not wait for one.");
    shop.is_told_to_close();
    const std::string all_hang = "Four handlers hang, and each has one of the four connections. ";
    const Reply seen = look.reply();
    NEED(is_refused(seen),
         fmt::format("{}Alice waits for one, and none will come back. At the deadline she was told "
                     "{}, and not 503.",
                     all_hang, told(seen)));
    const Reply paid = order.reply();
    EXPECT(
        is_left_open(paid),
        fmt::format("{}Bob has paid and waits for one. At the deadline he was told {}{}. That is "
                    "a 504 (or a 502) without a Retry-After, or he comes again and pays twice.",
                    all_hang, told(paid), invitation(paid)));
}

TEST_CASE("A query that will not end is interrupted until it does", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon, .items = 4000});
    shop.opens();
    Customer alice = shop.customer("alice");
    const Pending report = alice.starts_to_get("/report");
    NEED(shop.awaits("pool_in_use", 1), "Alice's report does not get a connection.");
    shop.is_told_to_close();
    const Reply reply = report.reply();
    EXPECT(is_refused(reply),
           fmt::format("Alice's report takes hours. At the deadline she was told {}, and not 503.",
                       told(reply)));
    EXPECT(reply.headers.contains("Retry-After"),
           "Alice was let go at the deadline, and not told when she may come again: there is no "
           "Retry-After.");
    expect_forced(shop, "A query was running");
}

TEST_CASE("At the deadline a customer who waits for a lock is let go", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon});
    shop.opens();
    each_connection_writes(shop);
    const auto counts = shop.server().counts();
    NEED(counts, "The shop has ended, and nobody told it to.");
    const WriteLock lock(shop.database().path());
    Customer alice = shop.customer("alice");
    const Pending order = alice.starts_to_order(shop::teapot, 1);
    NEED(shop.awaits("pool_in_use", 1), "Alice's order does not get a connection.");
    shop.is_told_to_close();
    const Reply reply = order.reply();
    EXPECT(is_refused(reply),
           fmt::format("Another program has the write lock for hours, and Alice's order waits for "
                       "it. At the deadline she was told {}, and not 503.",
                       told(reply)));
    EXPECT(counts->longest_busy_timeout_ms <= a_moment / 1ms,
           fmt::format("Before Alice came four customers wrote something at the same time, and a "
                       "connection of one had a busy timeout of {} ms: SQLite waits for a lock for "
                       "so long, and no deadline ends that.",
                       counts->longest_busy_timeout_ms));
    expect_forced(shop, "Alice was waiting for a lock");
}

TEST_CASE("Somebody who never lets go does not keep the shop from closing", "[pitfall][stage 3]") {
    // `who` is known to the operator by this name.
    const auto expect_left_inside = [](Shop& shop, const std::string& who,
                                       const std::string& name) {
        shop.is_told_to_close();
        const ServerProcess::End end = shop.ends();
        NEED(end.has_ended,
             fmt::format("{} hangs: no interrupt reaches it. The deadline and the grace have "
                         "passed, and the shop has not ended. Soon somebody will kill it, and "
                         "nobody will know why.",
                         who));
        EXPECT(end.in_words() == fmt::format("ended with status {}", int(shop::left_inside)),
               fmt::format("{} never returned, and the shop {}. Only status {} tells the operator "
                           "that it ended with somebody inside.",
                           who, end.in_words(), int(shop::left_inside)));
        EXPECT(shop.has_said(name),
               fmt::format("{} never returned, and the shop did not say who was still inside: "
                           "\"{}\".",
                           who, name));
    };
    {
        Shop shop({.deadline = soon, .grace = soon});
        shop.opens();
        shop.server().hangs_from_failpoint(1);
        Customer alice = shop.customer("alice");
        const Pending look = alice.starts_to_get("/items/1");
        NEED(shop.awaits("pool_in_use", 1), "Alice does not get a connection.");
        expect_left_inside(shop, "Alice's handler", "GET /items");
    }
    Shop shop({.deadline = soon, .grace = soon});
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    shop.server().hangs_from_failpoint(1);
    bank.accept();
    NEED(shop.awaits("pool_in_use", 1), "Alice's receipt does not get a connection.");
    expect_left_inside(shop, "The task that writes Alice's receipt", "receipt");
}

TEST_CASE("The grace begins at the deadline", "[pitfall][stage 3]") {
    std::string told_alice;
    std::string ended;
    bool ended_with_bob_inside = false;
    // Both are times, and the test may be held up for longer than that: then it is asked for more,
    // but for less than the server waits for the rest of a request.
    for (const auto time : {1000ms, 2000ms}) {
        Shop shop({.deadline = time, .grace = time});
        shop.opens();
        RawClient bob(shop.server().port());
        bob.sends("GET /items/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        bob.reads_until("}}");  // now he is inside
        bob.sends("GET /items/1 HTTP/1.1\r\nHo");
        AtTheBank alice(shop);
        shop.is_told_to_close();
        told_alice = told(alice.order.reply());
        shop.has_time_to_err([&] { return shop.server().has_ended(); }, time / 2);
        ended_with_bob_inside = shop.server().has_ended();
        bob.hangs_up();
        ended = shop.ends().in_words();
        if (!ended_with_bob_inside &&
            ended == fmt::format("ended with status {}", int(shop::closed_at_deadline))) {
            break;
        }
    }
    EXPECT(!ended_with_bob_inside,
           fmt::format("At the deadline Alice was told {}. Bob was still saying what he wants, and "
                       "had the grace's whole time. The shop ended before it was over.",
                       told_alice));
    EXPECT(
        ended == fmt::format("ended with status {}", int(shop::closed_at_deadline)),
        fmt::format("At the deadline Alice was told {}. Bob, who was still saying what he wants, "
                    "had the grace's whole time to be gone from then on, and went. The shop {}.",
                    told_alice, ended));
}

TEST_CASE("A shop whose listener has ended closes", "[pitfall][stage 3]") {
    {
        Shop shop;
        shop.opens();
        shop.server().goes_deaf();
        const ServerProcess::End end = shop.ends();
        NEED(
            end.has_ended,
            "The socket at which the shop listens is broken. Nobody can come in, and the shop waits "
            "for a signal: somebody who watches the process sees nothing wrong.");
        expect_deaf(end);
    }
    {
        Shop shop({.deadline = soon, .grace = soon});
        shop.opens();
        shop.server().hangs_from_failpoint(1);
        Customer alice = shop.customer("alice");
        const Pending look = alice.starts_to_get("/items/1");
        NEED(shop.awaits("pool_in_use", 1), "Alice does not get a connection.");
        shop.server().goes_deaf();
        const ServerProcess::End end = shop.ends();
        NEED(
            end.has_ended,
            "Listening failed while Alice's handler hung. The deadline and the grace have passed, and "
            "the shop has not ended: nobody can come in, and nothing opens it again.");
        EXPECT(
            end.in_words() != "ended with status 0",
            "Listening failed, Alice's handler never returned, and the shop ended with status 0: "
            "nobody will look.");
        EXPECT(
            shop.has_said("GET /items"),
            "Alice's handler never returned, and the shop did not say who was still inside: \"GET "
            "/items\".");
    }
    Shop shop;
    shop.opens();
    Customer carol = shop.customer("carol");
    CHECK(carol.gets("/readyz").status == 200);
    AtTheBank alice(shop);
    shop.server().goes_deaf();
    NEED(await([&] { return carol.gets("/readyz").status != 200; }),
         "Listening failed while Alice was at the bank. Nobody new can come in, and to Carol, who "
         "is still connected, the shop says that it is ready.");
    const bool has_ended = await([&] {
        shop.is_told_to_close();
        return shop.server().has_ended();
    });
    EXPECT(has_ended,
           "Listening failed, and the shop waits for Alice, who is at the bank. It was told to "
           "close again and again and has not ended: now only SIGKILL is left.");
}

TEST_CASE("A shop whose listener has ended begins to close at once", "[pitfall][stage 3]") {
    Shop shop({.deadline = soon});
    shop.opens();
    AtTheBank alice(shop);
    shop.server().goes_deaf();
    const Reply reply = alice.order.reply();
    NEED(is_left_open(reply),
         fmt::format("Listening failed while Alice was at a silent bank. Nobody new can come in, "
                     "and the shop does not close before she has gone. She was told {}{}.",
                     told(reply), invitation(reply)));
    const ServerProcess::End end = shop.ends();
    expect_deaf(end);
}

TEST_CASE("A shop that was told twice does not say that everybody was served",
          "[pitfall][stage 1]") {
    Shop shop;
    shop.opens();
    AtTheBank alice(shop);
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(), "The shop was told to close, and lets customers in.");
    shop.is_told_to_close();
    const ServerProcess::End end = shop.ends();
    EXPECT((end.has_ended && end.in_words() != "ended with status 0"),
           fmt::format("The shop was told to close, twice, and {} while Alice was at the bank. "
                       "Status 0 would tell the operator that everybody was served.",
                       end.in_words()));
}

TEST_CASE("A shop whose closing fails does not say that it went well", "[pitfall][stage 3]") {
    Shop shop;
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    shop.server().has_a_join_fail();  // of the thread that waits there, and then writes
    shop.is_told_to_close();
    NEED(shop.is_closed_to_others(),
         "The shop was told to close, and a new customer is let in. It will never be empty.");
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    bank.accept();
    const ServerProcess::End end = shop.ends();
    NEED(end.has_ended, "The shop could not wait for one of its threads, and has not ended.");
    const bool has_failed =
        shop.server().errors().find(support::join_has_failed) != std::string::npos;
    const auto receipts = shop.database().number("SELECT count(*) FROM receipts");
    EXPECT(((!has_failed && receipts == 1) || end.in_words() != "ended with status 0"),
           fmt::format("{}, and the shop {}. Status 0 says that everything was done: nobody will "
                       "look.",
                       has_failed ? "While the shop closed, it could not wait for one of its "
                                    "threads: an exception ended what it was doing"
                                  : "Alice was told 201 and has no receipt",
                       end.in_words()));
}

TEST_CASE("A shop whose listener has ended does what it has promised", "[pitfall][stage 3]") {
    Shop shop;
    shop.opens();
    Held bank = has_alices_receipt_at_the_bank(shop);
    shop.server().goes_deaf();
    shop.has_time_to_err([&] { return shop.server().has_ended(); });
    bank.accept();
    const ServerProcess::End end = shop.ends();
    EXPECT(
        shop.database().number("SELECT count(*) FROM receipts") == 1,
        "Listening failed while the bank had Alice's receipt, and then the bank answered. Nobody "
        "new can come in, but she was told 201: her receipt is not written.");
    expect_deaf(end);
}

// What works already.

TEST_CASE("A second signal ends the shop now") {
    const auto expect_end_now = [](Shop& shop, const std::string& meanwhile, int second = SIGTERM) {
        shop.is_told_to_close(second);
        EXPECT(
            shop.ends().has_ended,
            fmt::format("{}, and somebody asks a second time{}. The shop has not ended: now only "
                        "SIGKILL is left.",
                        meanwhile, second == SIGTERM ? "" : ", with a Ctrl-C (SIGINT)"));
    };
    for (const int second : {SIGTERM, SIGINT}) {
        Shop shop({.unready = 600'000ms});
        shop.opens();
        shop.is_told_to_close();
        NEED(await([&] { return shop.tries("/readyz") != 200; }),
             "The shop was told to close, and GET /readyz says 200.");
        expect_end_now(shop, "The shop is not ready any more, and lets customers in", second);
    }
    {
        Shop shop;
        shop.opens();
        AtTheBank alice(shop);
        shop.is_told_to_close();
        NEED(shop.is_closed_to_others(), "The shop was told to close, and lets customers in.");
        expect_end_now(shop, "The shop waits for Alice, who is at the bank");
    }
    {
        Shop shop({.deadline = soon});
        shop.opens();
        AtTheBank alice(shop);
        shop.server().hangs_from_failpoint(1);
        Customer bob = shop.customer("bob");
        const Pending look = bob.starts_to_get("/items/1");
        NEED(shop.awaits("pool_in_use", 1), "Bob does not get a connection.");
        shop.is_told_to_close();
        static_cast<void>(alice.order.reply());  // when the deadline has passed
        expect_end_now(shop, "The deadline has passed, the grace is long, Bob's handler hangs");
    }
}

TEST_CASE("A shop that is told to close before it is open closes") {
    for (int round = 0; round < 5; ++round) {
        Shop shop;
        shop.database().run(
            "INSERT INTO orders (item_id, quantity, card, state) VALUES (1, 1, 'alice', "
            "'reserved')");
        Held bank = shop.bank().hold("alice", Step::charge);
        shop.starts();
        NEED(bank.is_asked(), "An order that an earlier shop has left reserved is not settled.");
        shop.is_told_to_close();
        bank.accept();
        const ServerProcess::End end = shop.ends();
        EXPECT(end.has_ended,
               "The shop was told to close while it opened, and it has not ended. It will not be "
               "told again.");
    }
}

TEST_CASE("A shop that cannot open says why, and ends") {
    Shop shop({.database = "/"});  // a folder
    shop.starts();
    const ServerProcess::End end = shop.ends();
    EXPECT(
        end.in_words() == fmt::format("ended with status {}", int(shop::cannot_open)),
        fmt::format("The shop's database cannot be opened, and the shop {}. Only status {} tells "
                    "the operator that it was never open.",
                    end.in_words(), int(shop::cannot_open)));
    EXPECT(!shop.server().errors().empty(),
           "The shop's database cannot be opened, and the shop does not say so.");
}

TEST_CASE("After a report, an order still waits for a lock") {
    Shop shop;
    shop.opens();
    NEED(shop.tries("/report") == 200, "On an ordinary day there is no report.");
    Customer alice = shop.customer("alice");
    std::optional<WriteLock> lock(shop.database().path());
    const Pending order = alice.starts_to_order(shop::teapot, 1);
    shop.has_time_to_err([&] { return order.is_answered(); });
    lock.reset();
    const Reply reply = order.reply();
    EXPECT(reply.status == 201,
           fmt::format("A report has set its connection's busy timeout and given it back. Alice, "
                       "whose order has it now, met another program's lock for a moment, and was "
                       "told {}: the connection that came back does not wait any more.",
                       told(reply)));
}

TEST_CASE("On an ordinary day customers wait for a lock and for a connection") {
    Shop shop;
    shop.opens();
    std::vector<Customer> customers;
    std::vector<Pending> reviews;
    std::optional<WriteLock> lock(shop.database().path());
    for (int i = 1; i <= connections + 1; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i)));
        reviews.push_back(customers.back().starts_to_review(shop::teapot, "Pours well."));
        NEED(shop.awaits(i <= connections ? "pool_in_use" : "pool_waiting",
                         i <= connections ? i : 1),
             "A review neither gets a connection nor waits for one.");
    }
    // Patience that is cut short is none: a lock is waited for as long as before.
    const auto is_any_answered = [&] {
        return std::any_of(reviews.begin(), reviews.end(),
                           [](const Pending& review) { return review.is_answered(); });
    };
    shop.has_time_to_err(is_any_answered, 2 * a_moment);
    lock.reset();
    for (const Pending& review : reviews) {
        const Reply reply = review.reply();
        EXPECT(reply.status == 201,
               fmt::format("Nobody has told the shop to close. Four customers waited for another "
                           "program's lock, and a fifth for a connection, as one may for half a "
                           "minute. One was told {}.",
                           told(reply)));
    }
}

TEST_CASE("Idle customers do not hold the shop up") {
    Shop shop({.deadline = 4000ms});
    shop.opens();
    std::vector<Customer> customers;
    for (int i = 0; i < 3; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i + 1)));
        CHECK(customers.back().gets("/items/1").status == 200);
    }
    shop.is_told_to_close();
    const ServerProcess::End end = shop.ends();
    EXPECT(end.in_words() == "ended with status 0",
           fmt::format("Three customers stay connected and want nothing, and the shop {}. Up to "
                       "cpp-httplib 0.18.0 it waits for each until the keep-alive time is over.",
                       end.in_words()));
}

TEST_CASE("While everybody waits the shop says that it is alive") {
    for (const std::string where : {"at the bank", "for a report"}) {
        Shop shop({.items = 4000});
        shop.opens();
        std::vector<Customer> customers;
        std::vector<Held> banks;
        std::vector<Pending> waiting;
        for (int i = 1; i <= 2 * workers; ++i) {
            const std::string name = fmt::format("customer{}", i);
            customers.push_back(shop.customer(name));
            banks.push_back(shop.bank().hold(name, Step::charge));
            waiting.push_back(where == "at the bank"
                                  ? customers.back().starts_to_order(shop::teapot, 1)
                                  : customers.back().starts_to_get("/report"));
            NEED(shop.tries("/healthz") == 200,
                 fmt::format("The shop has {} workers. {} customers have come, each of them to "
                             "wait {}, and GET /healthz gets no answer.",
                             workers, i, where));
        }
    }
}

TEST_CASE("On an ordinary day the shop serves") {
    Shop shop;
    shop.opens();
    {
        Customer alice = shop.customer("alice");
        const Reply health = alice.gets("/healthz");
        CHECK(health.status == 200);
        const auto connection = health.headers.find("Connection");
        EXPECT((connection == health.headers.end() || connection->second != "close"),
               "There is room in the shop, and Alice has to connect anew for each request.");
        CHECK(health.body == "ok\n");
        const Reply ready = alice.gets("/readyz");
        CHECK(ready.status == 200);
        CHECK(ready.body == "ready\n");
        CHECK(alice.gets("/items/77").told() == "404 no such item");
        const Reply order = alice.orders(shop::teapot, 2);
        CHECK(order.status == 201);
        CHECK(alice.gets(order.location).number("/order/quantity") == 2);
        CHECK(alice.gets("/items/1").number("/item/stock") == 8);
        CHECK(alice.orders(shop::samovar, 1).told() == "409 sold out");
        const Reply review = alice.reviews(shop::teapot, "Pours well.");
        CHECK(alice.gets(review.location).text("/review/text") == "Pours well.");
        CHECK(alice.gets("/report").body == "presents of three: 0 possible, 0 missed\n");
        shop.bank().decline("alice", Step::charge);
        CHECK(alice.orders(shop::kettle, 1).told() == "402 payment declined");
        CHECK(alice.gets("/items/2").number("/item/stock") == 1);
        shop.bank().mend("alice");
        shop.bank().fail("alice", Step::charge);
        CHECK(alice.orders(shop::kettle, 1).told() == "504 the bank does not answer");
        shop.database().run(
            "CREATE TRIGGER no_reviews BEFORE INSERT ON reviews BEGIN SELECT RAISE(ABORT, 'no'); "
            "END");
        const Reply broken = alice.reviews(shop::teapot, "Pours well.");
        EXPECT((broken.status >= 500 && !broken.headers.contains("Retry-After")),
               fmt::format("On an ordinary day the database refuses a review, and Alice is told "
                           "{}{}. That will not be better when she comes again.",
                           told(broken), invitation(broken)));
    }
    CHECK(await([&] { return shop.database().number("SELECT count(*) FROM receipts") == 1; }));
}
