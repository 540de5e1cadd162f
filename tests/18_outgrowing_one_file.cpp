// 18 outgrowing one file: several shops over one PostgreSQL sell nothing twice, leave room for
// others, and get over it when the database says "once more" or is restarted.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "18_outgrowing_one_file/silent_network.hpp"
#include "postgres/connection.hpp"
#include "postgres/deployment.hpp"
#include "postgres/orders.hpp"
#include "postgres/private_server.hpp"
#include "shop/database.hpp"
#include "shop/serve.hpp"
#include "support/await.hpp"
#include "support/bank_server.hpp"
#include "support/catch.hpp"
#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/gate.hpp"
#include "support/ledger.hpp"
#include "support/meanwhile.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/postgres_ledger.hpp"
#include "support/raw_client.hpp"
#include "support/server_process.hpp"
#include "support/shop_server.hpp"
#include "support/test_bank.hpp"
#include "support/test_clock.hpp"

using support::await;
using support::BankServer;
using support::Crowd;
using support::Customer;
using support::Gate;
using support::Held;
using support::metric;
using support::Pending;
using support::PostgresLedger;
using support::RawClient;
using support::Reply;
using support::ServerProcess;
using support::ShopServer;
using support::Step;
using support::TestBank;
using support::TestClock;

namespace {

constexpr int cup = 4;                          // a hundred of them
constexpr std::chrono::milliseconds soon(200);  // a deadline that the test lets pass

constexpr int most_connections = 22;  // which do not come out even
constexpr int superusers_own = 4;     // of these
constexpr int share =                 // of each shop
    (most_connections - superusers_own - postgres::connections_of_others) / postgres::shops;

// The test's own, for all tests of this process. That "nobody" has a copy of what is committed is
// of interest only to a test that asks for it.
postgres::PrivateServer& server() {
    static postgres::PrivateServer one(
        {fmt::format("max_connections={}", most_connections),
         fmt::format("superuser_reserved_connections={}", superusers_own),
         "synchronous_standby_names=nobody", "synchronous_commit=local", "log_statement=all",
         "log_connections=on"});
    return one;
}

// One day of the business: one PostgreSQL, as on the first day,
// one bank, and the customers of several shops.
class Day {
 public:
    Day() : ledger_(server()) {
        support::Ledger::instance().connections_are_elsewhere();
        ledger_.run("DROP FUNCTION IF EXISTS make_trouble, wait_for_a_copy CASCADE");
        ledger_.run("DROP SEQUENCE IF EXISTS troubles, commits");
        ledger_.run("TRUNCATE orders");
        ledger_.run("DELETE FROM items");
        ledger_.run(
            fmt::format("INSERT INTO items VALUES (1, 'Teapot', 10), (2, 'Kettle', 1), (3, "
                        "'Samovar', 0), ({}, 'Cup', 100)",
                        cup));
    }
    Day(const Day&) = delete;
    Day& operator=(const Day&) = delete;

    TestBank& bank() { return bank_; }
    Crowd& crowd() { return crowd_; }
    PostgresLedger& ledger() { return ledger_; }

    void stop_postgres() {
        support::Ledger::instance().note("PostgreSQL is stopped");
        server().stop();
    }
    void start_postgres() {
        server().start();
        ledger_.reconnect();
        support::Ledger::instance().note("PostgreSQL is back");
    }
    void restart_postgres() {
        stop_postgres();
        start_postgres();
    }

    std::int64_t stock(shop::Id item) {
        return ledger_.number(fmt::format("SELECT stock FROM items WHERE id = {}", item));
    }
    std::int64_t orders_of(const std::string& card, const std::string& state = "confirmed") {
        return ledger_.number(fmt::format(
            "SELECT count(*) FROM orders WHERE card = '{}' AND state = '{}'", card, state));
    }
    // What is reserved now has been for an hour.
    void let_reservations_age() {
        ledger_.run("UPDATE orders SET reserved_at = now() - interval '1 hour'");
    }
    // Goods that are neither in stock nor anybody's; below zero: they are both.
    std::int64_t missing(shop::Id item, int there_were) {
        return there_were - stock(item) -
               ledger_.number(fmt::format(
                   "SELECT coalesce(sum(quantity), 0) FROM orders WHERE item_id = {} AND state <> "
                   "'declined'",
                   item));
    }

 private:
    PostgresLedger ledger_;
    TestBank bank_;
    Crowd crowd_;
};

// The shops in this process. Their clock stands still: nobody waits or tries in vain.
class Shops : public Day {
 public:
    static constexpr int workers = 20;  // each shop's

    explicit Shops(int shops, const std::string& address = server().address()) {
        postgres::watch_statements([](const std::string& user, const std::string& sql) {
            if (user == "shop") support::Ledger::instance().note(sql);
        });
        for (int i = 0; i < shops; ++i) {
            shops_.push_back(std::make_unique<ShopServer>(address, bank(), workers));
        }
    }
    Shops(const Shops&) = delete;
    Shops& operator=(const Shops&) = delete;
    ~Shops() {
        bank().release_all();
        clock_.advance(std::chrono::hours(1));
        crowd().join();
        shops_.clear();
        postgres::watch_statements(nullptr);
    }

    // In ten seconds a round of their sweepers begins.
    void time_passes(std::chrono::seconds time) { clock_.advance(time); }

    // A shop that steps aside for longer each time takes its time. One that does not count its tries
    // goes by the clock, and that is put forward then.
    bool answers_in_the_end(const Pending& request) {
        if (request.is_answered_within(4 * support::patience())) return true;
        clock_.advance(std::chrono::hours(1));
        return request.is_answered_within(support::patience());
    }
    Reply reply_in_the_end(const Pending& request) {
        static_cast<void>(answers_in_the_end(request));
        return request.reply();
    }

    // Of the first shop, or of that one.
    Customer customer(const std::string& name, std::size_t shop = 0) {
        return {name, shops_[shop]->port(), crowd()};
    }
    // The first one's.
    int port() const { return shops_.front()->port(); }

 private:
    TestClock clock_;
    std::vector<std::unique_ptr<ShopServer>> shops_;
};

// Each shop a process of its own, as they are in earnest.
class Processes : public Day {
 public:
    static constexpr int workers = 8;  // each shop's

    // How they close is as `closing` says.
    explicit Processes(int shops, ServerProcess::Options closing = {}) : counter_(bank()) {
        closing.database = server().address();
        closing.bank_port = counter_.port();
        closing.workers = workers;
        for (int i = 0; i < shops; ++i) {
            shops_.push_back(std::make_unique<ServerProcess>(closing));
        }
        for (const auto& shop : shops_) {
            NEED(shop->await_open(), "A shop does not open: " + shop->errors());
        }
    }
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;
    ~Processes() {
        bank().release_all();
        crowd().join();
    }

    Customer customer(const std::string& name, std::size_t shop) {
        return {name, shops_[shop]->port(), crowd()};
    }
    ServerProcess& first() { return *shops_.front(); }
    void kill(std::size_t shop) {
        shops_[shop]->send(SIGKILL);
        static_cast<void>(shops_[shop]->await_end());
    }
    // In ten seconds a round of its sweeper begins.
    void time_passes(std::size_t shop, std::chrono::seconds time) {
        shops_[shop]->time_passes(time);
    }
    bool all_are_open() {
        return std::none_of(shops_.begin(), shops_.end(),
                            [](const auto& shop) { return shop->has_ended(); });
    }

 private:
    BankServer counter_;
    std::vector<std::unique_ptr<ServerProcess>> shops_;
};

std::string ended_with(int status) {
    return fmt::format("ended with status {}", status);
}

// What a card has come to.
std::string in_words(int charges) {
    return charges == 0   ? "has not been charged"
           : charges == 1 ? "has been charged"
                          : fmt::format("has been charged {} times", charges);
}

// It is not known whether she has paid: she is not asked to come again.
bool is_unknown(const Reply& reply) {
    return (reply.status == 502 || reply.status == 504) && reply.headers.count("Retry-After") == 0;
}

// She was let go before she could pay, and may come again.
bool is_refused(const Reply& reply) {
    return reply.status == 503 && reply.headers.count("Retry-After") != 0;
}

// Somebody else works with the shop's database, and has locked something in it until he finishes.
class Colleague {
 public:
    explicit Colleague(const std::string& lock) : connection_(server().keepers_address()) {
        connection_.exec("BEGIN");
        connection_.exec(lock);
    }
    void finishes() { connection_.exec("ROLLBACK"); }

 private:
    postgres::Connection connection_;
};

// May read, and nobody may write orders.
constexpr const char* the_orders = "LOCK TABLE orders IN SHARE MODE";

// Has the database say "once more" (or something else) when an order is written, so and so often.
struct Trouble {
    std::string sqlstate = "40001";
    std::string text;
    std::string on = "INSERT";  // of an order; it is an UPDATE that confirms or declines it
    bool at_commit = false;
    int times = 1;
    std::string of = {};  // orders in that state alone
};

void have(PostgresLedger& ledger, const Trouble& trouble) {
    ledger.run("DROP SEQUENCE IF EXISTS troubles");
    ledger.run("CREATE SEQUENCE troubles");  // counts what is rolled back as well
    ledger.run(fmt::format(
        "CREATE OR REPLACE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql "
        "SECURITY DEFINER AS $$ BEGIN IF '{}' NOT IN ('', NEW.state) THEN RETURN NULL; "
        "END IF; IF nextval('troubles') <= {} THEN RAISE EXCEPTION '{}' USING ERRCODE = "
        "'{}'; END IF; RETURN NULL; END $$",
        trouble.of, trouble.times, trouble.text, trouble.sqlstate));
    ledger.run("DROP TRIGGER IF EXISTS trouble ON orders");
    ledger.run(
        fmt::format("CREATE CONSTRAINT TRIGGER trouble AFTER {} ON orders {} FOR EACH ROW EXECUTE "
                    "FUNCTION make_trouble()",
                    trouble.on, trouble.at_commit ? "DEFERRABLE INITIALLY DEFERRED" : ""));
}

constexpr int for_ever = 1'000'000'000;

// How often the database was asked to do it.
std::int64_t tries(PostgresLedger& ledger) {
    return ledger.number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM troubles");
}

// What a customer may be told when the database was lost under her order: that she has it, that
// she may come again, or, if she may have paid, that this is not known. Nothing may be lost in any
// case. `who` is she, as a failure names her.
void expect_no_harm(Day& shops, const std::string& card, const Reply& reply,
                    const std::string& what, const std::string& who) {
    const int charged = shops.bank().charges_of(card);
    EXPECT((reply.status == 201 || (charged == 0 && reply.status == 503) || is_unknown(reply)),
           fmt::format("{}. {} was told \"{}\", and her card {}.", what, who, reply.told(),
                       in_words(charged)));
    EXPECT(charged <= 1, fmt::format("{}. {}'s card {}.", what, who, in_words(charged)));
    const auto orders = shops.orders_of(card);
    if (reply.status == 201) {
        EXPECT((orders == 1 && charged == 1),
               fmt::format("{}. {} was told that the order is hers. There are {} of hers that are "
                           "paid, and her card {}.",
                           what, who, orders, in_words(charged)));
    } else {
        const auto reserved = shops.orders_of(card, "reserved");
        EXPECT(orders + reserved >= charged,
               fmt::format(
                   "{}. {} was not told that it is hers, her card was charged, and there is no "
                   "order of hers.",
                   what, who));
    }
}

void expect_nothing_lost(Day& shops, shop::Id item, int there_were, const std::string& what) {
    const auto missing = shops.missing(item, there_were);
    EXPECT(
        missing == 0,
        fmt::format("{}. There were {}; what is left and what is ordered differ from that by {}.",
                    what, there_were, missing));
}

// Alice has paid for a cup in spite of `what`.
void expect_what_she_paid_for(Day& shops, const Pending& order, const std::string& what) {
    const Reply reply = order.reply();
    EXPECT((reply.status == 201 && shops.orders_of("alice") == 1),
           fmt::format("{}, her card {}, and she is told \"{}\".", what,
                       in_words(shops.bank().charges_of("alice")), reply.told()));
    EXPECT(shops.bank().charges_of("alice") == 1,
           fmt::format("Her card {}.", in_words(shops.bank().charges_of("alice"))));
    expect_nothing_lost(shops, cup, 100, "Alice has ordered a cup");
}

// Has so many connections of one shop stand idle in its pool, each of them used, if it has as many
// for those who look.
void have_idle_connections(Shops& shops, int connections, std::size_t shop = 0) {
    Colleague colleague("LOCK TABLE items");
    std::vector<Customer> customers;
    std::vector<Pending> looks;
    Customer observer = shops.customer("observer", shop);
    const auto waiting = [&] {
        return static_cast<int>(metric(observer.gets("/metrics"), "pool_waiting"));
    };
    for (int i = 0; i < connections; ++i) {
        customers.push_back(shops.customer(fmt::format("early{}", i + 1), shop));
        looks.push_back(customers.back().starts_to_get("/items/1"));
        NEED(await([&] { return shops.ledger().connections_at_a_lock() + waiting() == i + 1; }),
             fmt::format("{} customers look at a teapot, and there are not as many connections.",
                         i + 1));
    }
    colleague.finishes();
    for (const Pending& look : looks) {
        NEED(look.reply().status == 200, "On a quiet day a customer cannot look at a teapot.");
    }
}

// So the connections on which they order have been used before.
void have_been_here(const std::vector<Customer*>& customers) {
    for (Customer* customer : customers) {
        NEED(customer->gets("/items/1").status == 200,
             "On a quiet day a customer cannot look at a teapot.");
    }
}

std::string order_of(shop::Id item, const std::string& card) {
    return fmt::format(R"({{"item_id":{},"quantity":1,"card":"{}"}})", item, card);
}

// What monitoring is told that comes after all others.
int status_of(int port, const std::string& path) {
    RawClient monitoring(port);
    monitoring.asks("GET " + path);
    return monitoring.reads_to_the_end().status;
}

// Who writes an order waits then for a lock that is number 18, and does not come. "UPDATE" is the confirmation.
// The first who would end that is ignored, or everybody.
void have_orders_wait(PostgresLedger& ledger, const std::string& on, bool until_it_comes) {
    // One that comes between two waits is caught by the block around them.
    const std::string wait =
        "BEGIN PERFORM pg_advisory_xact_lock(18); RETURN NULL; EXCEPTION WHEN query_canceled THEN NULL; END;";
    const std::string again_and_again = fmt::format(
        "LOOP BEGIN LOOP {} END LOOP; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;",
        wait);
    ledger.run(fmt::format(
        "CREATE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
        "set_config('lock_timeout', '0', true); {} END $$",
        until_it_comes ? again_and_again
                       : wait + " PERFORM pg_advisory_xact_lock(18); RETURN NULL;"));
    ledger.run(fmt::format(
        "CREATE TRIGGER trouble AFTER {} ON orders FOR EACH ROW EXECUTE FUNCTION make_trouble()",
        on));
}

// The first COMMIT after such a step ("INSERT" is the reservation, "UPDATE" the confirmation) is done, and its answer
// waits until a copy elsewhere has it, which never comes.
void have_a_commit_wait(PostgresLedger& ledger, const std::string& on) {
    ledger.run("CREATE SEQUENCE commits");
    ledger.run(
        "CREATE FUNCTION wait_for_a_copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "AS $$ BEGIN IF nextval('commits') = 1 THEN PERFORM set_config('synchronous_commit', "
        "'on', true); END IF; RETURN NULL; END $$");
    ledger.run(
        fmt::format("CREATE TRIGGER wait_for_a_copy AFTER {} ON orders FOR EACH ROW EXECUTE "
                    "FUNCTION wait_for_a_copy()",
                    on));
}

constexpr const char* number_18 = "SELECT pg_advisory_xact_lock(18)";

}  // namespace

TEST_CASE("There are more customers than connections, and everybody is served",
          "[pitfall][stage 1]") {
    constexpr int customers = 8;  // in each shop
    Shops shops(postgres::shops);
    PostgresLedger& ledger = shops.ledger();
    // The sweepers have been here, and customers who only looked: their connections count as well.
    const auto sweeps = [&] { return ledger.times_written("reserved_at < now()"); };
    const int sweeps_before = sweeps();
    shops.time_passes(std::chrono::seconds(10));
    static_cast<void>(await([&] { return sweeps() >= sweeps_before + postgres::shops; }));
    for (std::size_t shop = 0; shop < postgres::shops; ++shop) {
        have_idle_connections(shops, share, shop);
    }
    std::vector<Customer> observers;
    std::vector<Customer> crowd;
    std::vector<Pending> orders;
    for (std::size_t shop = 0; shop < postgres::shops; ++shop) {
        observers.push_back(shops.customer("observer", shop));
        for (int i = 0; i < customers; ++i) {
            crowd.push_back(shops.customer(fmt::format("customer{}", crowd.size() + 1), shop));
        }
    }

    Colleague colleague(the_orders);
    for (Customer& customer : crowd) orders.push_back(customer.starts_to_order(cup, 1));
    const auto answered = [&] {
        return static_cast<int>(
            std::count_if(orders.begin(), orders.end(),
                          [](const Pending& order) { return order.is_answered(); }));
    };
    const auto waiting = [&] {
        double all = 0;
        for (Customer& observer : observers)
            all += metric(observer.gets("/metrics"), "pool_waiting");
        return static_cast<int>(all);
    };
    NEED(await([&] {
             return ledger.connections_at_a_lock() + waiting() + answered() ==
                    static_cast<int>(crowd.size());
         }),
         fmt::format("{} customers have ordered, and not all of them wait or have an answer. The "
                     "shops have {} connections: the shares of all come to {}.",
                     crowd.size(), ledger.connections(), share * postgres::shops));

    std::string others = "another connection can be had";
    try {
        const postgres::Connection reports(server().address("reports"));
    } catch (const postgres::Error& error) {
        others = error.what();
    }
    const int connections = ledger.connections();
    for (const Pending& order : orders) {
        if (!order.is_answered()) continue;
        NEED(order.reply().status == 201,
             fmt::format(
                 "{} shops are busy, and the database has no connection left. The next customer is "
                 "told \"{}\".",
                 static_cast<int>(postgres::shops), order.reply().told()));
    }
    EXPECT(others == "another connection can be had",
           fmt::format("The shops are busy: they have {} connections. A colleague who is called to "
                       "help is told: {}",
                       connections, others));
    EXPECT(most_connections - superusers_own - connections >= postgres::connections_of_others,
           fmt::format(
               "The database has {} connections, {} of them for superusers. The shops have {}: "
               "that leaves less than {} to all others.",
               most_connections, superusers_own, connections, postgres::connections_of_others));
    colleague.finishes();
    int served = 0;
    for (const Pending& order : orders) served += order.reply().status == 201 ? 1 : 0;
    EXPECT(served == static_cast<int>(crowd.size()),
           fmt::format("Of {} customers {} were served.", crowd.size(), served));
    const int in_the_end = ledger.connections();
    EXPECT(
        in_the_end <= share * postgres::shops,
        fmt::format("{} shops have served their customers, and have {} connections all together: "
                    "{} are each one's share.",
                    static_cast<int>(postgres::shops), in_the_end, share));
    EXPECT(
        std::max(connections, in_the_end) >= share * postgres::shops,
        fmt::format("{} shops were busy, customers waited, and the shops had {} connections all "
                    "together: {} are each one's share.",
                    static_cast<int>(postgres::shops), std::max(connections, in_the_end), share));
    expect_nothing_lost(shops, cup, 100, "32 customers have ordered in four shops");
}

TEST_CASE("A shop that could not ask at first takes no more than its share", "[pitfall][stage 1]") {
    Shops shops(1);
    shops.stop_postgres();
    Customer alice = shops.customer("alice");
    static_cast<void>(shops.reply_in_the_end(alice.starts_to_get("/items/1")));
    shops.start_postgres();
    const Reply look = alice.gets("/items/1");
    NEED(look.status == 200,
         fmt::format("PostgreSQL is back, and Alice is told \"{}\".", look.told()));
    const int most = static_cast<int>(metric(alice.gets("/metrics"), "pool_max"));
    EXPECT(most <= share,
           fmt::format("PostgreSQL was down when a shop had its first customer, and could not be "
                       "asked how many connections it has. Now the shop takes {}, and its share is "
                       "{}.",
                       most, share));
}

TEST_CASE("The last kettle is sold once, in whichever shop", "[pitfall][stage 1]") {
    Processes shops(2);
    Customer alice = shops.customer("alice", 0);
    Customer bob = shops.customer("bob", 1);
    have_been_here({&alice, &bob});
    Colleague colleague("SELECT FROM items WHERE id = 2 FOR UPDATE");
    const Pending alices = alice.starts_to_order(shop::kettle, 1);
    const Pending bobs = bob.starts_to_order(shop::kettle, 1);
    const auto is_on_its_way = [&] {
        return shops.ledger().connections_at_a_lock() + static_cast<int>(alices.is_answered()) +
                   static_cast<int>(bobs.is_answered()) ==
               2;
    };
    NEED(await(is_on_its_way), "Alice's and Bob's orders do not get to the database.");
    colleague.finishes();

    const std::multiset<int> told{alices.reply().status, bobs.reply().status};
    const auto stock = shops.stock(shop::kettle);
    EXPECT(stock == 0,
           fmt::format(
               "There was one kettle. Alice was told \"{}\" in one shop, Bob \"{}\" in another; "
               "now the stock is {}.",
               alices.reply().told(), bobs.reply().told(), stock));
    EXPECT(
        (told == std::multiset<int>{201, 409}),
        fmt::format("Alice and Bob want the last kettle. One should have it, and the other be told "
                    "that it is sold out. Alice was told \"{}\", Bob \"{}\".",
                    alices.reply().told(), bobs.reply().told()));
    EXPECT(shops.bank().charges().size() == 1,
           fmt::format("There was one kettle, and {} cards were charged.",
                       shops.bank().charges().size()));
    EXPECT(shops.ledger().connections_idle_in_transaction() == 0,
           "Both have their answers, and a transaction is still open.");
}

TEST_CASE("Nobody gets more than three, in however many shops she orders", "[pitfall][stage 1]") {
    Processes shops(2);
    Customer here = shops.customer("alice", 0);
    Customer there = shops.customer("alice", 1);
    have_been_here({&here, &there});
    Colleague colleague(the_orders);
    const Pending teapots = here.starts_to_order(shop::teapot, 2);
    const Pending cups = there.starts_to_order(cup, 2);
    NEED(await([&] {
             return shops.ledger().connections_at_a_lock() +
                        static_cast<int>(teapots.is_answered()) +
                        static_cast<int>(cups.is_answered()) ==
                    2;
         }),
         "Alice's orders do not get to the database.");
    colleague.finishes();

    const std::multiset<int> told{teapots.reply().status, cups.reply().status};
    const auto bought =
        shops.ledger().number("SELECT sum(quantity) FROM orders WHERE card = 'alice'");
    EXPECT(
        bought <= postgres::most_for_one_card,
        fmt::format("Nobody gets more than three. Alice wants two teapots here and two cups there, "
                    "at the same time, is told \"{}\" and \"{}\", and now has {}: each order has "
                    "looked before the other was there to be seen.",
                    teapots.reply().told(), cups.reply().told(), bought));
    EXPECT(
        (told == std::multiset<int>{201, 409}),
        fmt::format("Nobody gets more than three. Alice wants two and two, and was told \"{}\" and "
                    "\"{}\".",
                    teapots.reply().told(), cups.reply().told()));
    expect_nothing_lost(shops, shop::teapot, 10, "Alice has ordered teapots");
    expect_nothing_lost(shops, cup, 100, "Alice has ordered cups");
}

TEST_CASE("Work that the database takes back is done again from the beginning",
          "[pitfall][stage 1]") {
    const std::vector<Trouble> days = {
        {.text = "could not serialize access due to read/write dependencies among transactions",
         .at_commit = true},
        {.text = "could not serialize access due to concurrent update", .times = 2},
        {.sqlstate = "40P01", .text = "deadlock detected"},
        {.text = "konnte Zugriff nicht serialisieren", .on = "UPDATE", .at_commit = true},
        {.sqlstate = "40P01", .text = "Verklemmung entdeckt", .on = "UPDATE", .times = 2},
        {.sqlstate = "55P03", .text = "canceling statement due to lock timeout"},
    };
    Shops shops(1);
    int day = 0;
    for (const Trouble& trouble : days) {
        have(shops.ledger(), trouble);
        const std::string alice = fmt::format("alice{}", ++day);
        const Reply reply = shops.customer(alice).orders(cup, 1);
        const std::string what =
            fmt::format("When Alice's order is {}, the database says {} {}: {}",
                        trouble.on == "INSERT" ? "reserved" : "confirmed",
                        trouble.times == 1 ? "once" : fmt::format("{} times", trouble.times),
                        trouble.sqlstate, trouble.text);
        EXPECT(reply.status == 201,
               fmt::format("{}. Nobody did anything wrong. She was told \"{}\", and her card "
                           "{}.",
                           what, reply.told(), in_words(shops.bank().charges_of(alice))));
        EXPECT(shops.bank().charges_of(alice) == 1,
               fmt::format("{}. Her card {}.", what, in_words(shops.bank().charges_of(alice))));
        EXPECT(shops.orders_of(alice) == 1,
               fmt::format("{}. She has {} orders.", what, shops.orders_of(alice)));
        expect_nothing_lost(shops, cup, 100, what);
    }

    have(shops.ledger(), {.text = "could not serialize access", .on = "UPDATE", .times = 2});
    shops.bank().decline("bob", Step::charge);
    const Reply reply = shops.customer("bob").orders(cup, 1);
    EXPECT(reply.status == 402,
           fmt::format("Bob's card was declined, and he was told \"{}\".", reply.told()));
    expect_nothing_lost(shops, cup, 100, "Bob's card was declined");
    EXPECT(shops.orders_of("bob", "reserved") == 0,
           "Bob's card was declined, and what he wanted is reserved for him.");
}

TEST_CASE("A database that says no each time is not asked for ever", "[pitfall][stage 1]") {
    Shops shops(1);
    have(shops.ledger(), {.text = "could not serialize access", .times = for_ever});
    Customer alice = shops.customer("alice");
    const Pending order = alice.starts_to_order(cup, 1);
    const bool is_told = shops.answers_in_the_end(order);
    const auto asked = tries(shops.ledger());
    const double acquired =
        metric(shops.customer("observer").gets("/metrics"), "pool_acquired_total");
    have(shops.ledger(), {.text = "nothing", .times = 0});  // a shop that still tries gets through
    NEED(is_told,
         fmt::format("The database has said no {} times, the shop goes on asking it, and Alice is "
                     "told nothing.",
                     asked));
    const Reply reply = order.reply();
    EXPECT(reply.status == 503,
           fmt::format(
               "There is too much going on in the database for Alice's order, and she was told "
               "\"{}\". 503 says that it is not her fault and will pass.",
               reply.told()));
    EXPECT(shops.bank().charges().empty(), "Nothing was reserved, and her card was charged.");
    EXPECT(
        (acquired < 0 || acquired >= static_cast<double>(asked)),
        fmt::format("Alice's order was tried {} times, and {} times a connection was acquired for "
                    "it: between two tries it is kept from those who could use it.",
                    asked, acquired));
    const Reply again = alice.orders(cup, 1);
    EXPECT(again.status == 201, fmt::format("Alice comes again and is told \"{}\".", again.told()));
    have(shops.ledger(), {.text = "could not serialize access"});
    const Reply later = alice.orders(cup, 1);
    EXPECT(later.status == 201,
           fmt::format("An hour ago the database said no each time. Now it says so once, and Alice "
                       "is told \"{}\".",
                       later.told()));
    expect_nothing_lost(shops, cup, 100, "Alice has ordered");
}

TEST_CASE("An order that is wrong stays wrong, and is not tried again") {
    Shops shops(1);
    for (const std::string sqlstate : {"23514", "22003", "XX000", "57014", "P0001"}) {
        have(shops.ledger(),
             {.sqlstate = sqlstate, .text = "deadlock, could not serialize", .times = for_ever});
        const Reply reply = shops.customer("alice").orders(cup, 1);
        EXPECT(tries(shops.ledger()) == 1,
               fmt::format(
                   "The database says {} to Alice's order, which it will say again. The shop has "
                   "tried {} times.",
                   sqlstate, tries(shops.ledger())));
        EXPECT(reply.status == 500,
               fmt::format("The database says {} to Alice's order. She was told \"{}\".", sqlstate,
                           reply.told()));
        EXPECT(shops.bank().charges().empty(), "Nothing was reserved, and her card was charged.");
    }
    expect_nothing_lost(shops, cup, 100, "No order has succeeded");
}

TEST_CASE("After a restart of PostgreSQL the first customers are served", "[pitfall][stage 2]") {
    Shops shops(1);
    have_idle_connections(shops, 3);
    shops.restart_postgres();
    int day = 0;
    for (const char* how :
         {"PostgreSQL was restarted in the night", "An operator has ended all connections"}) {
        int turned_away = 0;
        std::string told;
        for (int i = 0; i < 3; ++i) {
            const std::string card = fmt::format("customer{}", ++day);
            Customer customer = shops.customer(card);
            for (const Reply& reply : {customer.gets("/items/1"), customer.orders(cup, 1)}) {
                if (reply.status == 200 || reply.status == 201) continue;
                ++turned_away;
                told = reply.told();
            }
        }
        EXPECT(turned_away == 0,
               fmt::format("{}, and is well. Of the next six requests {} failed, as \"{}\".", how,
                           turned_away, told));
        if (day > 3) break;
        have_idle_connections(shops, 3);
        shops.ledger().run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'");
        NEED(await([&] { return shops.ledger().connections() == 0; }),
             "The connections do not end.");
    }
    expect_nothing_lost(shops, cup, 100, "Some customers have ordered");
}

TEST_CASE("A request whose connection is ended is served on another", "[pitfall][stage 2]") {
    Shops shops(1);
    PostgresLedger& ledger = shops.ledger();
    const Reply hers = shops.customer("alice").orders(cup, 1);
    NEED(hers.status == 201, fmt::format("Alice orders a cup, and is told \"{}\".", hers.told()));
    Colleague colleague("LOCK TABLE items, orders");
    std::vector<Customer> customers;
    for (const char* who : {"alice", "bob", "carol"}) customers.push_back(shops.customer(who));
    const std::vector<std::pair<std::string, Pending>> all = {
        {"Alice looks at her order", customers[0].starts_to_get(hers.location)},
        {"Bob looks at a teapot", customers[1].starts_to_get("/items/1")},
        {"Carol orders a cup", customers[2].starts_to_order(cup, 1)}};
    NEED(await([&] { return ledger.connections_at_a_lock() >= 2; }),
         "Customers come, and do not get to the database.");
    const auto connections = [&] {
        return ledger.texts("SELECT pid FROM pg_stat_activity WHERE usename = 'shop'");
    };
    const auto ended = connections();
    ledger.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'");
    NEED(await([&] {
             const auto now = connections();
             return std::none_of(ended.begin(), ended.end(),
                                 [&](const auto& pid) { return now.count(pid) > 0; });
         }),
         "The connections do not end.");
    colleague.finishes();
    for (const auto& [what, request] : all) {
        const Reply reply = shops.reply_in_the_end(request);
        EXPECT((reply.status == 200 || reply.status == 201),
               fmt::format("{}, and meanwhile an operator has ended all connections. PostgreSQL is "
                           "well, and the customer is told \"{}\".",
                           what, reply.told()));
    }
    expect_nothing_lost(shops, cup, 100, "Alice and Carol have ordered a cup each");
}

TEST_CASE("While PostgreSQL is down the customers are told to come again", "[pitfall][stage 2]") {
    Shops shops(1);
    have_idle_connections(shops, 3);
    shops.stop_postgres();
    std::vector<std::pair<std::string, Pending>> all;
    for (int i = 0; i < 4; ++i) {
        all.emplace_back("looks at a teapot", shops.customer("alice").starts_to_get("/items/1"));
    }
    all.emplace_back("looks at an order", shops.customer("alice").starts_to_get("/orders/1"));
    all.emplace_back("orders a cup", shops.customer("alice").starts_to_order(cup, 1));
    for (const auto& [what, request] : all) {
        const Reply reply = shops.reply_in_the_end(request);
        EXPECT(reply.status == 503,
               fmt::format("PostgreSQL is down. Alice {} and is told \"{}\": 503 says that "
                           "it is not her fault and will pass.",
                           what, reply.told()));
        EXPECT(is_refused(reply), fmt::format("PostgreSQL is down. Alice {} and is told \"{}\", "
                                              "and not when to come again: Retry-After.",
                                              what, reply.told()));
    }
    shops.start_postgres();
    const Reply reply = shops.customer("alice").orders(cup, 1);
    EXPECT(reply.status == 201,
           fmt::format("PostgreSQL is back, and Alice is told \"{}\".", reply.told()));
}

TEST_CASE("A reservation that may have been committed is not a reason to come again") {
    for (const bool is_tried_again : {false, true}) {
        Shops shops(1);
        PostgresLedger& ledger = shops.ledger();
        have_a_commit_wait(ledger, "INSERT");
        const Pending order = shops.customer("alice").starts_to_order(cup, 1);
        NEED(await([&] { return ledger.commits_unanswered() == 1; }),
             "Alice's order does not get to the COMMIT of its reservation.");
        if (is_tried_again) {
            // A colleague is first in line for the orders: the next try has to wait for him.
            std::optional<Colleague> colleague;
            const support::Meanwhile locking([&] {
                try {
                    colleague.emplace("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
                } catch (const postgres::Error&) {  // it went down before it was his turn
                }
            });
            NEED(await([&] {
                     return ledger.number("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1;
                 }),
                 "A colleague does not wait for the orders.");
            ledger.end_unanswered_commits();
            static_cast<void>(await([&] {
                return order.is_answered() ||
                       (ledger.commits_unanswered() == 0 && ledger.connections_at_a_lock() == 1);
            }));
            shops.stop_postgres();
        } else {
            shops.stop_postgres();
        }
        const Reply reply = shops.reply_in_the_end(order);
        shops.start_postgres();
        shops.let_reservations_age();
        shops.time_passes(std::chrono::seconds(10));
        NEED(await([&] { return shops.orders_of("alice", "reserved") == 0; }),
             "PostgreSQL is back, and Alice's order stays reserved.");
        EXPECT((reply.status != 503 || shops.bank().charges_of("alice") == 0),
               fmt::format("PostgreSQL committed Alice's reservation{} before it could say so. "
                           "She was told \"{}\", to come again; then the sweeper settled her "
                           "order, and the bank took her money. Who comes again pays twice.",
                           is_tried_again ? ", and the connection was ended" : " and went down",
                           reply.told()));
    }
}

TEST_CASE("A shop that opens while PostgreSQL is down serves as soon as it is back") {
    Day day;
    day.stop_postgres();
    ServerProcess shop({.database = server().address()});
    const bool is_open = shop.await_open();
    {
        Customer alice("alice", shop.port(), day.crowd());
        std::string told = "nothing";
        if (is_open) {
            const Pending look = alice.starts_to_get("/items/1");
            static_cast<void>(look.is_answered_within(4 * support::patience()));
            told = look.reply().told();
        }
        day.start_postgres();
        NEED(is_open, "PostgreSQL is down, and a shop that is started does not open: it says \"" +
                          shop.errors() + "\".");
        EXPECT(told.starts_with("503"),
               fmt::format("PostgreSQL has been down since before the shop was opened. Alice is "
                           "told \"{}\": 503 says that it is not her fault and will pass.",
                           told));
        const Reply reply = alice.orders(cup, 1);
        EXPECT(reply.status == 201,
               fmt::format("PostgreSQL is back, and Alice is told \"{}\".", reply.told()));
    }
    expect_nothing_lost(day, cup, 100, "Alice has ordered a cup");
}

TEST_CASE("A network that says nothing holds no customer for ever") {
    SilentNetwork network;
    Shops shops(1, network.address());
    Customer alice = shops.customer("alice");
    const Pending look = alice.starts_to_get("/items/1");
    const bool is_watched =
        await([&] { return network.is_watched() || look.is_answered(); }) && !look.is_answered();
    constexpr int enough = 5;
    int seen = 0;
    const auto is_over = [&] {
        for (; seen < network.connects(); ++seen) {  // eight seconds in all: no sweeper comes by
            if (seen < 2) shops.time_passes(std::chrono::seconds(seen == 0 ? 6 : 2));
        }
        return look.is_answered() || seen > enough;
    };
    static_cast<void>(await(is_over, 4 * support::patience()));
    const int connects = network.connects();
    network.breaks();
    const Reply reply = look.reply();
    EXPECT(is_watched,
           "A connection is open whose other end is not heard of any more, and the system is not "
           "asked to notice (keepalives, tcp_user_timeout).");
    EXPECT(connects <= enough,
           fmt::format("The network says nothing. The shop has tried {} times to connect, while "
                       "Alice and a worker wait: each try takes as long as a connect may.",
                       connects));
    EXPECT(reply.status == 503,
           fmt::format("The network says nothing. Alice is told \"{}\": 503 says that it is not "
                       "her fault and will pass.",
                       reply.told()));
}

TEST_CASE("What one customer leaves in a connection is gone for the next", "[pitfall][stage 2]") {
    Shops shops(1);
    PostgresLedger& ledger = shops.ledger();
    // What a trigger, a report or a library does with a connection, the shop does not see. This one
    // counts first what is there already.
    ledger.run("CREATE SEQUENCE troubles");
    ledger.run("GRANT USAGE ON troubles TO shop");
    ledger.run(
        "CREATE OR REPLACE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM nextval('troubles') FROM pg_prepared_statements; "
        "PERFORM nextval('troubles') FROM pg_listening_channels(); "
        "EXECUTE 'PREPARE a_report AS SELECT 1'; EXECUTE 'LISTEN news'; "
        "PERFORM pg_advisory_lock(18); CREATE TEMP TABLE items (id bigint, title text, stock "
        "integer); PERFORM set_config('search_path', 'nowhere', false); RETURN NULL; END $$");
    ledger.run(
        "CREATE TRIGGER trouble AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION "
        "make_trouble()");
    const Reply order = shops.customer("alice").orders(cup, 1);
    const auto locks = ledger.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
    const Reply look = shops.customer("bob").gets("/items/1");
    const Reply another = shops.customer("carol").orders(cup, 1);
    EXPECT(order.status == 201,
           fmt::format("Alice orders a cup, and is told \"{}\".", order.told()));
    EXPECT(locks == 0,
           "Alice has her cup. A lock that was taken while she ordered belongs to the connection, "
           "and is held by a shop in which nobody does anything.");
    EXPECT(
        look.status == 200,
        fmt::format("While Alice ordered, a temporary table was made that is called as one of the "
                    "shop's, and search_path was set. Bob, who comes next, looks at a teapot and "
                    "is told \"{}\".",
                    look.told()));
    EXPECT((another.status == 201 && tries(ledger) == 0),
           fmt::format("While Alice ordered, a statement was prepared, and a LISTEN begun. Carol, "
                       "who orders next, is told \"{}\", and finds {} of them in her connection.",
                       another.told(), tries(ledger)));
}

TEST_CASE("A customer at the bank while PostgreSQL restarts gets what she pays for",
          "[pitfall][stage 2]") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    Held bank = shops.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(cup, 1);
    NEED(bank.is_asked(), "Alice does not get to the bank.");
    EXPECT(shops.ledger().connections_idle_in_transaction() == 0,
           "Alice is at the bank, and a transaction is open.");
    shops.restart_postgres();
    bank.accept();
    expect_what_she_paid_for(shops, order,
                             "Alice was at the bank while PostgreSQL was restarted. It is back");
}

TEST_CASE("A customer who has paid while no connection could be had gets what she paid for",
          "[pitfall][stage 3]") {
    Shops shops(1);
    PostgresLedger& ledger = shops.ledger();
    Customer alice = shops.customer("alice");
    Held bank = shops.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(cup, 1);
    NEED(bank.is_asked(), "Alice does not get to the bank.");
    ledger.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'");
    NEED(await([&] { return ledger.connections() == 0; }), "The connections do not end.");
    const auto refused = [&] {
        return ledger.times_written("connection slots are reserved") +
               ledger.times_written("too many clients");
    };
    std::vector<postgres::Connection> others;
    bool has_room = true;
    while (has_room) {
        try {
            others.emplace_back(server().address());
        } catch (const postgres::Error&) {
            has_room = false;
        }
    }
    const int refused_before = refused();
    bank.accept();
    NEED(await([&] { return refused() > refused_before || order.is_answered(); }),
         "Alice has paid, and her order does not go on.");
    others.clear();
    expect_what_she_paid_for(
        shops, order,
        "Alice has paid, and at that moment PostgreSQL had no connection to spare. A moment later "
        "it had");
}

TEST_CASE("A customer who has paid while PostgreSQL was down gets what she paid for",
          "[pitfall][stage 3]") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    Customer observer = shops.customer("observer");
    Held bank = shops.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(cup, 1);
    NEED(bank.is_asked(), "Alice does not get to the bank.");
    shops.stop_postgres();
    bank.accept();
    // Not all shops count what fails: one that tries again elsewhere than at its pool needs no more.
    const auto has_failed = [&] {
        return order.is_answered() || metric(observer.gets("/metrics"), "pool_failed_total") > 0;
    };
    static_cast<void>(await(has_failed, std::chrono::seconds(2)));
    shops.start_postgres();
    expect_what_she_paid_for(
        shops, order,
        "Alice has paid, and at that moment PostgreSQL was down. A moment later it was back");
}

TEST_CASE("A customer who has paid waits for a connection for longer", "[pitfall][stage 3]") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    Held bank = shops.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(cup, 1);
    NEED(bank.is_asked(), "Alice does not get to the bank.");

    Customer observer = shops.customer("observer");
    const auto told = [&](const char* name) { return metric(observer.gets("/metrics"), name); };
    Colleague colleague("LOCK TABLE items");
    std::vector<Customer> others;
    std::vector<Pending> looks;
    const auto one_more_looks = [&] {
        others.push_back(shops.customer(fmt::format("other{}", others.size() + 1)));
        looks.push_back(others.back().starts_to_get("/items/1"));
    };
    const auto are_there = [&](std::size_t customers) {
        return shops.ledger().connections_at_a_lock() + told("pool_waiting") ==
               static_cast<double>(customers);
    };
    for (int i = 0; i < share; ++i) {
        one_more_looks();
        NEED(await([&] { return are_there(looks.size()); }),
             "A customer who looks at a teapot has no connection, and does not wait for one.");
    }
    bank.accept();
    const auto waits = [&] { return order.is_answered() || are_there(looks.size() + 1); };
    NEED(await(waits), "Alice has paid, and her order does not go on.");
    const int open = shops.ledger().connections();
    EXPECT(open <= share,
           fmt::format("This shop's share of the connections is {}. Others look at teapots on all "
                       "of them, Alice has paid, and {} are open.",
                       share, open));
    one_more_looks();  // who has not paid
    static_cast<void>(
        await([&] { return looks.back().is_answered() || are_there(looks.size() + 1); }));
    shops.time_passes(std::chrono::seconds(3));
    // Those who give up after two seconds do so now; not every shop has somebody who does.
    const std::chrono::milliseconds patience = support::patience();
    static_cast<void>(await([&] { return looks.back().is_answered(); }, patience / 5));
    static_cast<void>(await([&] { return order.is_answered() || told("pool_timeouts_total") > 1; },
                            patience / 20));
    colleague.finishes();
    expect_what_she_paid_for(
        shops, order,
        "Alice has paid, and for three seconds others had all connections of the shop. Then they "
        "came back");
}

TEST_CASE("A customer who has paid is worth more tries than one who has not",
          "[pitfall][stage 3]") {
    Shops shops(1);
    have(shops.ledger(), {.text = "could not serialize access", .times = for_ever});
    const Pending hers = shops.customer("alice").starts_to_order(cup, 1);
    const bool is_told = shops.answers_in_the_end(hers);
    constexpr int enough = 60;  // a shop that goes by the time has tried far more often
    const int patience = static_cast<int>(std::min<std::int64_t>(tries(shops.ledger()), enough));
    have(shops.ledger(), {.text = "could not serialize access", .times = patience - 1});
    NEED(is_told, "The database has said no again and again, and Alice is told nothing.");

    Customer bob = shops.customer("bob");
    Held bank = shops.bank().hold("bob", Step::charge);
    const Pending his = bob.starts_to_order(cup, 1);
    const bool is_at_the_bank =
        await([&] { return shops.bank().asked("bob", Step::charge) > 0 || his.is_answered(); },
              4 * support::patience());
    NEED((is_at_the_bank && !his.is_answered()),
         fmt::format("Before a shop tells a customer to come again it tries {} times. For Bob one "
                     "time less was enough, and he does not get to the bank.",
                     patience));
    have(shops.ledger(), {.text = "could not serialize access", .on = "UPDATE", .times = patience});
    shops.time_passes(
        std::chrono::minutes(1));  // the bank takes its time, and it is not the shop's
    bank.accept();
    static_cast<void>(his.is_answered_within(4 * support::patience()));
    const Reply reply = his.reply();
    EXPECT((reply.status == 201 && shops.orders_of("bob") == 1),
           fmt::format("A customer who has not paid is told to come again when the database has "
                       "said no {}. Bob has paid, after a minute at the bank, and it said no as "
                       "often. His card {}, and he is told \"{}\".",
                       patience == 1 ? "once" : fmt::format("{} times", patience),
                       in_words(shops.bank().charges_of("bob")), reply.told()));
    expect_nothing_lost(shops, cup, 100, "Bob has ordered a cup");
}

TEST_CASE("Nobody who has paid is told to come again") {
    for (const std::string sqlstate : {"40001", "XX000"}) {
        Shops shops(1);
        have(shops.ledger(), {.sqlstate = sqlstate,
                              .text = "could not serialize access",
                              .on = "UPDATE",
                              .times = for_ever,
                              .of = "confirmed"});
        Customer alice = shops.customer("alice");
        const Pending order = alice.starts_to_order(cup, 1);
        const Reply reply = shops.reply_in_the_end(order);
        have(shops.ledger(), {.text = "nothing", .times = 0});
        EXPECT(is_unknown(reply),
               fmt::format("Alice has paid, and it cannot be written down ({}). She was told "
                           "\"{}\"{}. If she comes again she pays twice: 502 or 504, and no "
                           "Retry-After.",
                           sqlstate, reply.told(),
                           reply.headers.count("Retry-After") == 0 ? "" : ", with Retry-After"));
        EXPECT(shops.orders_of("alice", "reserved") == 1,
               "Alice has paid, and there is no order of hers by which that could be settled.");
        expect_nothing_lost(shops, cup, 100, "Alice has ordered a cup");
    }
}

TEST_CASE("A paid order that could not be written down is confirmed when PostgreSQL is back") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    Customer bob = shops.customer("bob");
    Held alices = shops.bank().hold("alice", Step::charge);
    Held bobs = shops.bank().hold("bob", Step::charge);
    const Pending with_a_key = alice.starts_to_order(cup, 1, "her cup");
    const Pending without = bob.starts_to_order(cup, 1);
    NEED((alices.is_asked() && bobs.is_asked()), "Alice and Bob do not get to the bank.");
    shops.stop_postgres();
    alices.accept();
    bobs.accept();
    for (const Pending* order : {&with_a_key, &without}) {
        const Reply reply = shops.reply_in_the_end(*order);
        EXPECT(is_unknown(reply),
               fmt::format(
                   "A customer has paid, and PostgreSQL is down. The customer is told "
                   "\"{}\". If they come again they pay twice: 502 or 504, and no Retry-After.",
                   reply.told()));
    }
    shops.start_postgres();

    const Reply again = alice.orders(cup, 1, "her cup");
    EXPECT(again.status == 201,
           fmt::format("PostgreSQL is back. Alice comes again with her key, and is told \"{}\".",
                       again.told()));
    shops.let_reservations_age();
    shops.time_passes(std::chrono::seconds(10));
    EXPECT(
        await([&] { return shops.orders_of("bob") == 1; }),
        fmt::format("Bob has paid, and did not come again. An hour later his order is as it was: "
                    "{} are reserved for him. The shop has said: {} failures.",
                    shops.orders_of("bob", "reserved"),
                    metric(alice.gets("/metrics"), "sweeper_failures_total")));
    for (const std::string card : {"alice", "bob"}) {
        EXPECT((shops.bank().charges_of(card) == 1 && shops.orders_of(card) == 1),
               fmt::format("PostgreSQL was down, and is back. The card of {} {}, for {} orders.",
                           card, in_words(shops.bank().charges_of(card)), shops.orders_of(card)));
    }
    expect_nothing_lost(shops, cup, 100, "Alice and Bob have ordered a cup each");
}

TEST_CASE("Another shop settles what a killed one left behind") {
    Processes shops(2);
    Customer alice = shops.customer("alice", 0);
    Customer bob = shops.customer("bob", 0);
    Held alices = shops.bank().hold("alice", Step::charge);
    Held bobs = shops.bank().hold("bob", Step::charge);
    const Pending paid = alice.starts_to_order(cup, 1);
    const Pending declined = bob.starts_to_order(cup, 1);
    NEED((alices.is_asked() && bobs.is_asked()), "Alice and Bob do not get to the bank.");
    shops.kill(0);
    alices.accept();
    bobs.decline();
    shops.let_reservations_age();
    const auto reserved = [&] {
        return shops.ledger().number("SELECT count(*) FROM orders WHERE state = 'reserved'");
    };
    const bool is_settled = await([&] {
        shops.time_passes(1, std::chrono::seconds(10));
        return reserved() == 0;
    });
    EXPECT(
        is_settled,
        fmt::format("Alice and Bob were at the bank when their shop was killed. An hour later {} "
                    "orders are still reserved, although there is another shop.",
                    reserved()));
    EXPECT((shops.orders_of("alice") == 1 && shops.bank().charges_of("alice") == 1),
           fmt::format("Alice's card {}, and she has {} orders.",
                       in_words(shops.bank().charges_of("alice")), shops.orders_of("alice")));
    EXPECT((shops.orders_of("bob") == 0 && shops.bank().charges_of("bob") == 0),
           fmt::format("Bob's card was declined. It {}, and he has {} orders.",
                       in_words(shops.bank().charges_of("bob")), shops.orders_of("bob")));
    expect_nothing_lost(shops, cup, 100, "Alice has ordered a cup, Bob was declined");
}

TEST_CASE("A customer with a key has one order, in however many shops she says it",
          "[pitfall][stage 1]") {
    Processes shops(2);
    Customer here = shops.customer("alice", 0);
    Customer there = shops.customer("alice", 1);
    Colleague colleague(the_orders);
    const Pending once = here.starts_to_order(cup, 1, "her cup");
    const Pending twice = there.starts_to_order(cup, 1, "her cup");
    NEED(await([&] {
             return shops.ledger().connections_at_a_lock() + static_cast<int>(once.is_answered()) +
                        static_cast<int>(twice.is_answered()) ==
                    2;
         }),
         "Alice's orders do not get to the database.");
    colleague.finishes();
    for (const Pending* order : {&once, &twice}) {
        EXPECT(
            order->reply().status == 201,
            fmt::format("Alice says what she wants in two shops at the same time, under one key. "
                        "In one of them she is told \"{}\".",
                        order->reply().told()));
    }
    const Reply later = there.orders(cup, 1, "her cup");
    EXPECT((later.location == once.reply().location && later.location == twice.reply().location),
           fmt::format("Under one key Alice is told of several orders: {}, {}, {}.",
                       once.reply().location, twice.reply().location, later.location));
    EXPECT((shops.orders_of("alice") == 1 && shops.bank().charges_of("alice") == 1),
           fmt::format("Alice wants one cup. She has {} orders, and her card {}.",
                       shops.orders_of("alice"), in_words(shops.bank().charges_of("alice"))));
    shops.bank().fail("alice", Step::charge);
    const Reply has_paid = here.orders(cup, 1, "her cup");
    EXPECT(has_paid.status == 201,
           fmt::format("Alice has paid for her cup. Then the bank is silent, she says the same key "
                       "again, and is told \"{}\".",
                       has_paid.told()));
    shops.bank().mend("alice");
    shops.bank().decline("bob", Step::charge);
    Customer bob = shops.customer("bob", 0);
    CHECK(bob.orders(cup, 1, "his cup").told() == "402 payment declined");
    shops.bank().mend("bob");
    shops.bank().fail("bob", Step::charge);
    const Reply cannot_pay = bob.orders(cup, 1, "his cup");
    EXPECT(cannot_pay.status == 402,
           fmt::format("The bank has declined Bob's card. Then it is silent, he says the same key "
                       "again, and is told \"{}\".",
                       cannot_pay.told()));
    const Reply another = here.orders(cup, 2, "her cup");
    EXPECT(another.status == 422,
           fmt::format("Alice says the same key for another order, and is told \"{}\".",
                       another.told()));
    expect_nothing_lost(shops, cup, 100, "Alice has ordered a cup");
}

TEST_CASE("An order that a restart cuts off is done again, or nobody has paid for it",
          "[pitfall][stage 2]") {
    Shops shops(2);
    std::vector<Customer> customers;
    std::vector<Pending> orders;
    {
        std::optional<Colleague> colleague(std::in_place, the_orders);
        for (std::size_t i = 0; i < 6; ++i) {
            customers.push_back(shops.customer(fmt::format("customer{}", i + 1), i % 2));
            orders.push_back(customers.back().starts_to_order(cup, 1));
        }
        NEED(await([&] { return shops.ledger().connections_at_a_lock() >= 2; }),
             "The orders do not get to the database.");
        shops.restart_postgres();  // and his connection has ended, too
    }
    for (std::size_t i = 0; i < orders.size(); ++i) {
        expect_no_harm(shops, fmt::format("customer{}", i + 1), orders[i].reply(),
                       "PostgreSQL was restarted in the middle of an order", "A customer");
    }
    expect_nothing_lost(shops, cup, 100,
                        "Six customers have ordered, and PostgreSQL was restarted");
    const Reply reply = customers[0].gets("/items/1");
    EXPECT(reply.status == 200,
           fmt::format("PostgreSQL is back, and a customer is told \"{}\".", reply.told()));
}

TEST_CASE("Four busy shops get over a restart of PostgreSQL", "[pitfall][stage 2]") {
    constexpr int customers = 2 * postgres::shops;
    Processes shops(postgres::shops);
    shops.ledger().run(fmt::format("UPDATE items SET stock = 1000000 WHERE id = {}", cup));
    struct Visits {
        std::vector<std::string> served;  // the cards that paid
        std::string told;                 // what should not be
    };
    std::atomic<int> served = 0;
    Gate back;
    std::atomic<bool> is_over = false;
    std::vector<std::shared_future<Visits>> all;
    // Each orders again and again, each time with another card, until she was served after the
    // restart; a customer who is told to come again comes when PostgreSQL is back.
    for (int i = 0; i < customers; ++i) {
        all.push_back(shops.crowd().start([&, i] {
            Customer customer =
                shops.customer("regular", static_cast<std::size_t>(i % postgres::shops));
            Visits visits;
            for (int visit = 1; !is_over && visits.told.empty(); ++visit) {
                const bool was_back = back.is_open();
                const std::string card = fmt::format("customer{}-{}", i + 1, visit);
                const Reply reply = customer.posts("/orders", order_of(cup, card));
                if (reply.status == 201) {
                    visits.served.push_back(card);
                    ++served;
                    if (was_back) return visits;
                } else if (reply.status == 503 || is_unknown(reply)) {
                    static_cast<void>(back.wait());
                } else {
                    visits.told = reply.told();
                }
            }
            return visits;
        }));
    }
    const bool were_served = await([&] { return served >= customers; });
    shops.restart_postgres();
    back.open();
    const bool all_served = await([&] {
        return std::all_of(all.begin(), all.end(), [](const auto& visits) {
            return visits.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        });
    });
    is_over = true;
    EXPECT(were_served, "On a quiet day nobody can buy a cup.");

    std::set<std::string> paid;
    for (const support::Charge& charge : shops.bank().charges()) {
        const bool once = paid.insert(charge.card).second;
        EXPECT(once,
               fmt::format(
                   "PostgreSQL was restarted. {} ordered once, and her card was charged twice.",
                   charge.card));
    }
    const auto orders = shops.ledger().texts("SELECT card FROM orders");
    const auto confirmed =
        shops.ledger().texts("SELECT card FROM orders WHERE state = 'confirmed'");
    for (const auto& each : all) {
        const Visits visits = each.get();
        EXPECT(
            visits.told.empty(),
            fmt::format("PostgreSQL was restarted while the shops were busy. A customer was told "
                        "\"{}\": 503 says that it is not her fault and will pass.",
                        visits.told));
        for (const std::string& card : visits.served) {
            EXPECT(confirmed.count(card) == 1,
                   fmt::format("{} was told that the order is hers, and it is not in the database.",
                               card));
        }
    }
    for (const std::string& card : paid) {
        EXPECT(orders.count(card) == 1,
               fmt::format("{}'s card was charged, and there is no order of hers.", card));
    }
    expect_nothing_lost(shops, cup, 1'000'000,
                        "PostgreSQL was restarted while the shops were busy");
    EXPECT(all_served, "PostgreSQL is back, and not every customer is served.");
    EXPECT(shops.all_are_open(), "PostgreSQL was restarted, and a shop has ended.");
}

TEST_CASE("An answer to COMMIT that is lost does no harm", "[pitfall][stage 2]") {
    for (const char* step : {"INSERT", "UPDATE"}) {
        Shops shops(1);
        PostgresLedger& ledger = shops.ledger();
        have_a_commit_wait(ledger, step);
        Customer alice = shops.customer("alice");
        const Pending order = alice.starts_to_order(cup, 1);
        NEED(await([&] { return ledger.commits_unanswered() == 1; }),
             "No COMMIT of Alice's order is under way.");
        ledger.end_unanswered_commits();
        const std::string what =
            fmt::format("Alice's order is {}, the COMMIT is done, and its answer is lost",
                        step == std::string("INSERT") ? "reserved" : "confirmed");
        const Reply reply = order.reply();
        expect_no_harm(shops, "alice", reply, what, "alice");
        EXPECT(reply.status == 201,
               fmt::format("{}. PostgreSQL is there, and can be asked again. She was told \"{}\".",
                           what, reply.told()));
        expect_nothing_lost(shops, cup, 100, what);
        const auto orders = ledger.number("SELECT count(*) FROM orders");
        EXPECT(orders == 1, fmt::format("{}. She wanted one cup, and {} orders are written down.",
                                        what, orders));
    }
}

TEST_CASE("PostgreSQL ends a statement that does not end by itself") {
    for (const std::string limit : {"statement_timeout", "lock_timeout"}) {
        Shops shops(1);
        PostgresLedger& ledger = shops.ledger();
        // Each order that is written down looks at the limit that its connection has, and counts
        // what is none.
        ledger.run("CREATE SEQUENCE troubles");
        ledger.run(
            fmt::format("CREATE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql SECURITY "
                        "DEFINER AS $$ BEGIN IF (SELECT setting::bigint NOT BETWEEN 1 AND 60000 "
                        "FROM pg_settings WHERE name = '{}') THEN PERFORM nextval('troubles'); END "
                        "IF; RETURN NULL; END $$",
                        limit));
        ledger.run(
            "CREATE TRIGGER trouble AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION "
            "make_trouble()");
        for (const char* who : {"alice", "bob"}) {
            const Reply reply = shops.customer(who).orders(cup, 1);
            NEED(reply.status == 201,
                 fmt::format("{} orders a cup, and is told \"{}\".", who, reply.told()));
            EXPECT(tries(ledger) == 0,
                   fmt::format("{}'s order was written down on a connection with no {}, or one of "
                               "more than a minute. {} has a customer, a worker and a connection "
                               "for as long.",
                               who, limit,
                               limit == "lock_timeout" ? "A lock that is not given back"
                                                       : "A statement that does not end"));
        }
    }
}

TEST_CASE("At the deadline nobody waits for a statement that does not end") {
    for (const bool has_paid : {false, true}) {
        Processes shops(1, {.deadline = soon});
        have_orders_wait(shops.ledger(), has_paid ? "UPDATE" : "INSERT", false);
        Customer alice = shops.customer("alice", 0);
        const Colleague colleague(number_18);
        const Pending order = alice.starts_to_order(cup, 1);
        NEED(await([&] { return shops.ledger().connections_at_a_lock() == 1; }),
             "Alice's order does not get to the database.");
        shops.first().send(SIGTERM);
        const std::string what = fmt::format(
            "{} in PostgreSQL her order waits for a lock that does not come. The shop was told to "
            "close, and the deadline has passed.",
            has_paid ? "Alice has paid, and" : "Alice has not paid yet:");
        const Reply reply = order.reply();
        EXPECT((has_paid ? is_unknown(reply) : is_refused(reply)),
               fmt::format(
                   "{} She was told \"{}\"{}, and not {}.", what, reply.told(),
                   reply.headers.count("Retry-After") == 0 ? "" : ", with a Retry-After",
                   has_paid ? "504 (or 502) without a Retry-After" : "503 with a Retry-After"));
        const ServerProcess::End end = shops.first().await_end();
        EXPECT(end.in_words() == ended_with(shop::closed_at_deadline),
               fmt::format("{} It {}. Only status {} tells the operator that somebody was let go.",
                           what, end.in_words(), int(shop::closed_at_deadline)));
    }
}

TEST_CASE("A statement that does not end does not keep the shop from closing") {
    Processes shops(1, {.deadline = soon, .grace = soon});
    have_orders_wait(shops.ledger(), "INSERT", true);
    Customer alice = shops.customer("alice", 0);
    const Colleague colleague(number_18);
    const Pending order = alice.starts_to_order(cup, 1);
    NEED(await([&] { return shops.ledger().connections_at_a_lock() == 1; }),
         "Alice's order does not get to the database.");
    shops.first().send(SIGTERM);
    const ServerProcess::End end = shops.first().await_end();
    NEED(
        end.has_ended,
        "Alice's order waits for a lock that a colleague does not give back, and cannot be "
        "cancelled. The shop was told to close, its deadline and its grace are over, and it has not "
        "ended.");
    const bool is_let_go =
        end.in_words() == ended_with(shop::closed_at_deadline) && order.reply().status == 503;
    const bool is_named =
        end.in_words() == ended_with(shop::left_inside) &&
        shops.first().output().find("Still inside: POST /orders") != std::string::npos;
    EXPECT((is_let_go || is_named),
           fmt::format("Alice's order waited for a lock when the grace was over, and could not be "
                       "cancelled. The shop {}. "
                       "Either she is told 503, and it ends with status {}; or it says that POST "
                       "/orders is still inside, and ends with status {}.",
                       end.in_words(), int(shop::closed_at_deadline), int(shop::left_inside)));
}

TEST_CASE("A silent bank does not keep the shop from closing") {
    for (const bool is_deaf : {false, true}) {
        Processes shops(1, {.deadline = soon});
        Customer alice = shops.customer("alice", 0);
        Held bank = shops.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(cup, 1);
        NEED(bank.is_asked(), "Alice does not get to the bank.");
        if (is_deaf) {
            shops.first().goes_deaf();
        } else {
            shops.first().send(SIGTERM);
        }
        const std::string why = is_deaf ? "Listening failed" : "The shop was told to close";
        const int expected = is_deaf ? shop::went_deaf : shop::closed_at_deadline;
        const Reply reply = order.reply();
        EXPECT(is_unknown(reply),
               fmt::format("{} while Alice was at a silent bank, and the deadline has passed. She "
                           "was told \"{}\": nobody knows whether she has paid, so that is a 504 "
                           "without a Retry-After.",
                           why, reply.told()));
        const ServerProcess::End end = shops.first().await_end();
        EXPECT(end.in_words() == ended_with(expected),
               fmt::format("{} while Alice was at a silent bank, and the shop {}. Only status {} "
                           "tells the operator what happened.",
                           why, end.in_words(), expected));
    }
}

TEST_CASE("Told to close, the shop first says so at /readyz") {
    Processes shops(1, {.unready = std::chrono::hours(1)});
    const auto asks = [&](const std::string& path) {
        return shops.customer("monitoring", 0).gets(path);
    };
    for (const char* path : {"/healthz", "/readyz"}) {
        const Reply reply = asks(path);
        NEED(reply.status == 200,
             fmt::format("The shop is open, and GET {} says \"{}\".", path, reply.told()));
    }
    shops.first().send(SIGTERM);
    NEED(await([&] { return asks("/readyz").status == 503; }),
         fmt::format("The shop was told to close, and GET /readyz says \"{}\": the load balancer "
                     "goes on sending customers here.",
                     asks("/readyz").told()));
    const Reply look = asks("/items/1");
    EXPECT(look.status == 200,
           fmt::format("The shop is about to close, and lets customers in. Alice looks at a teapot "
                       "and is told \"{}\".",
                       look.told()));
    const auto connection = look.headers.find("Connection");
    EXPECT((connection != look.headers.end() && connection->second == "close"),
           "The shop is about to close, and Alice is not told to come over another connection next "
           "time.");
    shops.first().send(SIGTERM);
    const ServerProcess::End end = shops.first().await_end();
    EXPECT(end.has_ended,
           "The shop is about to close, and somebody asks a second time. The shop has not ended: "
           "now only SIGKILL is left.");
}

TEST_CASE("The shop says that it is alive while everybody waits") {
    constexpr int customers = 2 * Shops::workers;
    for (const std::string where : {"at the bank", "for PostgreSQL"}) {
        Shops shops(1);
        std::optional<Colleague> colleague;
        if (where == "for PostgreSQL") colleague.emplace("LOCK TABLE items, orders");
        std::vector<Held> bank;
        std::vector<std::unique_ptr<RawClient>> waiting;
        for (int i = 1; i <= customers; ++i) {
            const std::string card = fmt::format("customer{}", i);
            bank.push_back(shops.bank().hold(card, Step::charge));
            waiting.push_back(std::make_unique<RawClient>(shops.port()));
            if (colleague && i % 3 != 0) {
                waiting.back()->asks(i % 3 == 1 ? "GET /items/1" : "GET /orders/1");
            } else {
                const std::string order = order_of(cup, card);
                waiting.back()->sends(
                    fmt::format("POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
                                "Content-Length: {}\r\n\r\n{}",
                                order.size(), order));
            }
            if (i % 4 != 0)
                continue;  // more in one moment than the system keeps waiting cost a second
            for (const char* path : {"/healthz", "/metrics", "/readyz"}) {
                const int status = status_of(shops.port(), path);
                NEED(status == 200,
                     fmt::format(
                         "The shop has {} workers. {} customers have come, each of them to "
                         "wait {}, and GET {} {}.",
                         Shops::workers, i, where, path,
                         status == 0 ? "gets no answer" : fmt::format("is told {}", status)));
            }
        }
        if (colleague) continue;
        const auto at_the_bank = [&] {
            int all = 0;
            for (int i = 1; i <= customers; ++i) {
                all += shops.bank().asked(fmt::format("customer{}", i), Step::charge);
            }
            return all;
        };
        EXPECT(
            await([&] { return at_the_bank() > most_connections / postgres::shops; }),
            fmt::format("Of {} customers who want to pay only {} get to the bank: as many as the "
                        "shop has connections. Nobody needs one there.",
                        customers, at_the_bank()));
    }
}

TEST_CASE("Customers who only stay connected leave room for the others") {
    Processes shops(1);
    shops.first().lets_idle_customers_stay();
    std::vector<std::unique_ptr<RawClient>> staying;
    for (int i = 1; i <= Processes::workers; ++i) {
        auto customer = std::make_unique<RawClient>(shops.first().port());
        customer->sends("GET /items/1 HTTP/1.1\r\nHost: shop\r\n\r\n");
        customer->reads_until("}\n");
        const std::string& reply = customer->received();
        NEED(!reply.empty(),
             fmt::format("{} customers have looked at a teapot and stay connected if they may, and "
                         "the next one gets no answer.",
                         i - 1));
        if (reply.find("Connection: close") == std::string::npos) {
            staying.push_back(std::move(customer));
        }
    }
    const int status = status_of(shops.first().port(), "/healthz");
    EXPECT(status == 200,
           fmt::format("{0} customers came to {0} workers, have looked at a teapot and stay "
                       "connected if they may, and GET /healthz {1}.",
                       Processes::workers,
                       status == 0 ? "gets no answer" : fmt::format("is told {}", status)));
}

TEST_CASE("On an ordinary day the shop serves") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    const Reply look = alice.gets("/items/1");
    CHECK(look.number("/item/stock") == 10);
    const auto connection = look.headers.find("Connection");
    EXPECT((connection == look.headers.end() || connection->second != "close"),
           "There is room in the shop, and Alice has to connect anew for each request.");
    CHECK(alice.gets("/items/77").told() == "404 no such item");
    CHECK(alice.gets("/orders/77").told() == "404 no such order");
    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 201);
    CHECK(alice.gets(order.location).number("/order/quantity") == 2);
    CHECK(alice.gets("/items/1").number("/item/stock") == 8);
    CHECK(alice.orders(77, 1).told() == "404 no such item");
    CHECK(alice.orders(shop::samovar, 1).told() == "409 sold out");
    shops.bank().decline("bob", Step::charge);
    CHECK(shops.customer("bob").orders(shop::kettle, 1).told() == "402 payment declined");
    CHECK(shops.stock(shop::kettle) == 1);
}

TEST_CASE("A look does not wait for somebody's order") {
    Shops shops(1);
    const Reply hers = shops.customer("alice").orders(cup, 1);
    NEED(hers.status == 201, fmt::format("Alice orders a cup, and is told \"{}\".", hers.told()));
    Colleague colleague(the_orders);
    Customer bob = shops.customer("bob");
    const Pending order = bob.starts_to_order(cup, 1);
    NEED(await([&] { return shops.ledger().connections_at_a_lock() == 1; }),
         "Bob's order does not get to the database.");
    Customer carol = shops.customer("carol");
    const std::string path = fmt::format("/items/{}", cup);
    const Reply look = carol.gets(path);
    const Reply another = shops.customer("alice").gets(hers.location);
    colleague.finishes();
    EXPECT((look.status == 200 && look.number("/item/stock") == 99),
           fmt::format("Bob's order of a cup waits in the database. Carol looks at a cup and is "
                       "told \"{}\": of a hundred one was sold.",
                       look.told()));
    EXPECT(
        another.status == 200,
        fmt::format("Bob's order of a cup waits in the database. Alice looks at hers and is told "
                    "\"{}\".",
                    another.told()));
    EXPECT(order.reply().status == 201, fmt::format("Bob is told \"{}\".", order.reply().told()));
}

TEST_CASE("To look at an item costs a few statements on a connection that is there already") {
    Shops shops(1);
    Customer alice = shops.customer("alice");
    static_cast<void>(alice.gets("/items/1"));
    const auto statements = [&] {
        return shops.ledger().times_written("LOG:  execute") +
               shops.ledger().times_written("LOG:  statement");
    };
    const int connections = shops.ledger().times_written("connection authorized: user=shop");
    const int before = statements();
    constexpr int looks = 20;
    for (int i = 0; i < looks; ++i) {
        NEED(alice.gets("/items/1").status == 200, "Alice cannot look at a teapot.");
    }
    const int each = (statements() - before) / looks;
    const int opened =
        shops.ledger().times_written("connection authorized: user=shop") - connections;
    EXPECT(
        opened == 0,
        fmt::format(
            "Alice has looked at {} teapots, one after the other, and {} connections were opened "
            "for it, each with a process of its own.",
            looks, opened));
    EXPECT(each <= 7, fmt::format("To look at an item takes {} journeys to the database.", each));
}
