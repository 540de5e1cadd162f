// 05 the forgotten pragma: every connection is set up, not only the first.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/lock_refusals.hpp"
#include "support/lock_waits.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"

using support::ConnectionRecord;
using support::Customer;
using support::expect_told;
using support::Held;
using support::LockRefusals;
using support::LockWaits;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;

namespace {

constexpr shop::Id nowhere = 77;  // an item that does not exist

// So often does a connection come to the lock in a minute that sleeps a millisecond in between.
constexpr int more_than_a_minute = 60'000;

// Another program at the shop's database: it is in the middle of writing until it commits.
class Warehouse {
 public:
    explicit Warehouse(const RunningShop& shop) : connection_(open(shop.database().path())) {
        connection_.exec("BEGIN IMMEDIATE; UPDATE items SET stock = stock - 1 WHERE id = 1");
    }
    void commits() { connection_.exec("COMMIT"); }

 private:
    static SQLite::Database open(const std::string& file) {
        const support::Ledger::Unseen unseen;
        return SQLite::Database(file, SQLite::OPEN_READWRITE);
    }
    SQLite::Database connection_;
};

// Until the connection behind `request` has come to the lock so often that it must be waiting for
// it, or is told how it ends. Five times are 18 ms by SQLite's busy timeout.
void await_turn(const LockRefusals& refusals, const Pending& request) {
    NEED(support::await([&] { return refusals.count() >= 5 || request.is_answered(); }),
         "A customer's connection neither came to the write lock, which another holds, nor was she "
         "answered.");
}

// The connections that have worked for a customer.
std::vector<ConnectionRecord> at_work(RunningShop& shop) {
    std::vector<ConnectionRecord> connections = shop.ledger().connections();
    const auto is_idle = [](const ConnectionRecord& connection) {
        return !connection.settings ||
               std::all_of(connection.used_by.begin(), connection.used_by.end(),
                           [](const auto& who) { return who == "test"; });
    };
    connections.erase(std::remove_if(connections.begin(), connections.end(), is_idle),
                      connections.end());
    return connections;
}

// "404", or "nothing" when no reply came.
std::string status_of(const Reply& reply) {
    return reply.status == 0 ? "nothing" : std::to_string(reply.status);
}

// The end of a sentence that says what `who` did with an item that is not there; `why` it went
// through if it did.
std::string not_refused(const Reply& reply, const std::string& who, const std::string& why) {
    if (reply.status == 201) return fmt::format("and was told 201. {}", why);
    if (reply.status == 500)
        return fmt::format(
            "and the shop failed: {} was told 500. The timeline has the error. That there is no "
            "such item is a 404.",
            who);
    return fmt::format("and was told {}: that there is no such item is a 404.", status_of(reply));
}

// What to say to somebody who was not served while another was writing.
std::string did_not_wait(RunningShop& shop, const std::string& who, const Reply& reply,
                         int refusals,
                         const std::string& meanwhile = "The warehouse was writing for a moment") {
    std::string text = fmt::format("{}, and {} was told {}. ", meanwhile, who, status_of(reply));
    if (refusals == 0)
        return text + "The connection never came to the write lock; the timeline says what it did.";
    if (refusals > 1) {
        return text + fmt::format(
                          "SQLite refused the connection the write lock {} times, and then it gave "
                          "up: it waits, but not long enough.",
                          refusals);
    }
    text +=
        "SQLite refused the connection the write lock once, and it gave up there and then: it does "
        "not wait for its turn.";
    const auto connections = at_work(shop);
    if (!connections.empty() && connections.back().settings->busy_timeout_ms > 0) {
        text +=
            " It has a busy timeout; but SQLite lets no connection wait that has read in its "
            "transaction before it writes (that is lesson 08).";
    }
    return text;
}

// A busy timeout is between a second and a minute. A connection whose own code does the waiting has
// none, and is judged by how it waits.
void expect_sensible_timeouts(RunningShop& shop) {
    for (const ConnectionRecord& connection : at_work(shop)) {
        const int timeout = connection.settings->busy_timeout_ms;
        if (timeout == 0 || connection.settings->read_only) continue;
        EXPECT(
            timeout >= 1000,
            fmt::format("Connection {} waits {} ms for its turn. The warehouse was done by then; a "
                        "program that writes for a second would have been too slow.",
                        connection.number, timeout));
        EXPECT(
            timeout <= 60'000,
            fmt::format(
                "Connection {} waits up to {} ms for its turn, which is {} minutes: for that long a customer is told nothing. Busy timeouts are in "
                "milliseconds.",
                connection.number, timeout, timeout / 60'000));
    }
}

// The bank may think for long: nobody holds the write lock meanwhile.
void need_no_writer_at_the_bank(RunningShop& shop) {
    NEED(
        shop.ledger().open_writers() == 0,
        "Alice's connection holds the write lock while the bank thinks about her card: nobody else "
        "can write until it answers. Her order has not written anything yet.");
}

// What each of two customers is told who ask three times, in turn: two workers, six connections.
template <typename Ask>
void need_refused_each_time(RunningShop& shop, Ask ask) {
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    for (const char* time : {"first", "second", "third"}) {
        ask(alice, "Alice", time);
        ask(bob, "Bob", time);
    }
}

}  // namespace

TEST_CASE("An order for an item that does not exist is refused", "[pitfall]") {
    RunningShop shop;
    need_refused_each_time(shop, [](Customer& customer, const char* name, const char* time) {
        const Reply order = customer.orders(nowhere, 1);
        NEED(
            order.status == 404,
            fmt::format("{} ordered item 77, which does not exist, for the {} time, {}", name, time,
                        not_refused(order, name,
                                    "orders.item_id REFERENCES items, but the connection that took "
                                    "the order did not look.")));
    });
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.orders_of("bob") == 0);
}

TEST_CASE("A review of an item that does not exist is refused", "[pitfall]") {
    RunningShop shop;
    need_refused_each_time(shop, [](Customer& customer, const char* name, const char* time) {
        const Reply review = customer.reviews(nowhere, "Pours well.");
        NEED(review.status == 404,
             fmt::format("{} reviewed item 77, which does not exist, for the {} time, {}", name,
                         time,
                         not_refused(review, name,
                                     "This route's connection does not enforce foreign keys.")));
    });
    CHECK(shop.reviews() == 0);
}

TEST_CASE("An item that is taken out of the range is not sold any more", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    need_no_writer_at_the_bank(shop);
    shop.database().run("DELETE FROM items WHERE id = 2");
    bank.accept();
    const Reply reply = order.reply();
    EXPECT(shop.orders_of("alice") == 0,
           "The kettle was taken out of the range while Alice was at the bank, and her order for "
           "it is in the database: there is nothing to send her.");
    EXPECT(reply.status == 404,
           "The kettle was taken out of the range while Alice was at the bank. She ordered it, " +
               not_refused(reply, "Alice", "It cannot be sent to her."));
}

TEST_CASE("Every connection enforces foreign keys", "[pitfall]") {
    RunningShop shop;
    for (const char* name : {"alice", "bob"}) {
        Customer customer = shop.customer(name);
        for (int time = 1; time <= 2; ++time) {
            CHECK(customer.gets("/items/1").status == 200);
            CHECK(customer.orders(shop::teapot, 1).status == 201);
            CHECK(customer.gets("/orders/1").status == 200);
            CHECK(customer.reviews(shop::teapot, "Pours well.").status == 201);
            CHECK(customer.gets("/reviews/1").status == 200);
        }
    }
    const std::vector<ConnectionRecord> connections = at_work(shop);
    NEED(!connections.empty(), "Twenty requests were served, and no connection did anything.");
    std::vector<ConnectionRecord> heedless;
    std::copy_if(connections.begin(), connections.end(), std::back_inserter(heedless),
                 [](const ConnectionRecord& connection) {
                     return !connection.settings->foreign_keys && !connection.settings->read_only;
                 });
    EXPECT(heedless.empty(),
           fmt::format(
               "Of {} connections that worked for a customer, {} did not enforce foreign keys "
               "when they began to work. One of them was connection {}, opened by {}.",
               connections.size(), heedless.size(), heedless.empty() ? 0 : heedless.front().number,
               heedless.empty() ? "" : heedless.front().opened_by));
}

TEST_CASE("An order waits for its turn to write", "[pitfall]") {
    const LockRefusals refusals;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Warehouse warehouse(shop);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    await_turn(refusals, order);
    const int refused = refusals.count();
    warehouse.commits();
    const Reply reply = order.reply();
    NEED(reply.status == 201, did_not_wait(shop, "Alice", reply, refused));
    expect_sensible_timeouts(shop);
    EXPECT(shop.stock(shop::teapot) == 7,
           "There were ten teapots, the warehouse took one and Alice two.");
    EXPECT(shop.bank().asked("alice", Step::authorize) == 1,
           "Alice's order was started over when it met the warehouse, and the bank was asked about "
           "her card more than once.");
}

TEST_CASE("A review waits for its turn to write", "[pitfall]") {
    const LockRefusals refusals;
    RunningShop shop;
    Customer bob = shop.customer("bob");
    Warehouse warehouse(shop);
    const Pending review = bob.starts_to_review(shop::teapot, "Pours well.");
    await_turn(refusals, review);
    const int refused = refusals.count();
    warehouse.commits();
    const Reply reply = review.reply();
    NEED(reply.status == 201, did_not_wait(shop, "Bob", reply, refused));
    expect_sensible_timeouts(shop);
    EXPECT(shop.reviews() == 1, "Bob was told 201, and his review is not in the database.");

    // And when the warehouse does not come to an end? SQLite's waits return at once now. (One who
    // sleeps by other means is not judged: his minute is a minute.)
    const LockWaits waits(LockWaits::Length::none);
    Warehouse never_ends(shop);
    const int before = refusals.count();
    const Pending another = bob.starts_to_review(shop::teapot, "Pours well.");
    static_cast<void>(support::await(
        [&] { return refusals.count() - before > more_than_a_minute || another.is_answered(); }));
    EXPECT(
        refusals.count() - before <= more_than_a_minute,
        fmt::format("The warehouse does not stop writing. Bob's connection has come to the write "
                    "lock {} times, and still does not give up: it waits for ever, and Bob and a "
                    "worker with it.",
                    refusals.count() - before));
    never_ends.commits();
    static_cast<void>(another.reply());
}

TEST_CASE("A review waits for an order that is being written", "[pitfall]") {
    const LockRefusals refusals;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::capture);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked to take her money.");
    const Pending look = bob.starts_to_get("/items/1");
    await_turn(refusals, look);
    const bool was_refused = refusals.count() > 0;
    if (was_refused) bank.accept();
    NEED(!was_refused,
         "Bob only looked while Alice's order was being written, and his connection asked for the "
         "write lock.");
    const Reply looked = look.reply();
    EXPECT(
        looked.status == 200,
        fmt::format(
            "Bob only looked while Alice's order was being written, and was told {}. In WAL mode "
            "readers do not wait for the writer, unless the connections share more than the file.",
            status_of(looked)));
    const Pending review = bob.starts_to_review(shop::teapot, "Pours well.");
    await_turn(refusals, review);
    const int refused = refusals.count();
    bank.accept();
    const Reply ordered = order.reply();
    EXPECT(ordered.status == 201,
           fmt::format("Bob reviewed while Alice's order was being written, and she was told {}.",
                       status_of(ordered)));
    const Reply reviewed = review.reply();
    EXPECT(reviewed.status == 201,
           did_not_wait(shop, "Bob", reviewed, refused, "Alice's order was being written"));
}

TEST_CASE("A commit stays committed") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    CHECK(alice.orders(shop::teapot, 1).status == 201);
    CHECK(alice.reviews(shop::teapot, "Pours well.").status == 201);
    EXPECT(shop.database().number("SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 1,
           "The database is not in WAL mode any more: readers and writers wait for each other.");
    for (const ConnectionRecord& connection : at_work(shop)) {
        EXPECT(connection.settings->synchronous >= 1,
               "A connection writes with synchronous = OFF: after a power cut the file may be "
               "corrupt.");
    }
}

TEST_CASE("Others are served while Alice is at the bank") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    need_no_writer_at_the_bank(shop);
    EXPECT(bob.gets("/items/1").status == 200,
           "Bob only looked, and was not served while Alice was at the bank.");
    EXPECT(bob.reviews(shop::teapot, "Pours well.").status == 201,
           "Bob could not review while Alice was at the bank: something of hers is in his way.");
    EXPECT(bob.orders(shop::teapot, 1).status == 201,
           "Bob could not order while Alice was at the bank: something of hers is in his way.");
    bank.decline();
    CHECK(order.reply().status == 402);
    EXPECT(shop.reviews() == 1, "Bob's review went when Alice's card was declined.");
    EXPECT(shop.stock(shop::teapot) == 9, "Bob bought one of ten teapots, and Alice none.");
}

TEST_CASE("A refusal for another reason is not told as a missing item") {
    RunningShop shop;
    for (const char* table : {"orders", "reviews"}) {
        shop.database().run(fmt::format(
            "CREATE TRIGGER refuses_{0} BEFORE INSERT ON {0} BEGIN SELECT RAISE(ABORT, 'no'); END",
            table));
    }
    Customer alice = shop.customer("alice");
    const auto expect_failure = [](const char* what, const Reply& reply) {
        EXPECT(reply.status == 500,
               fmt::format("A trigger refused {}, and Alice was told {}.", what,
                           reply.status == 404 ? "that there is no such item" : status_of(reply)));
    };
    expect_failure("the order", alice.orders(shop::teapot, 2));
    expect_failure("the review", alice.reviews(shop::teapot, "Pours well."));
    EXPECT(shop.stock(shop::teapot) == 10,
           "The database refused Alice's order, and her teapots are out of stock.");
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
    expect_told(bob.gets("/items/77"), "Bob", "404 no such item");
    expect_told(bob.gets("/orders/77"), "Bob", "404 no such order");
    expect_told(bob.gets("/reviews/77"), "Bob", "404 no such review");
    expect_told(bob.orders(shop::samovar, 1), "Bob", "409 sold out");
    expect_told(bob.orders(shop::teapot, 11), "Bob", "409 sold out");
    expect_told(bob.posts("/orders", "a teapot, please"), "Bob", "400 the body is not JSON");
    shop.bank().decline("bob", Step::capture);
    expect_told(bob.orders(shop::teapot, 1), "Bob", "402 payment declined");
    EXPECT(bob.gets("/items/1").number("/item/stock") == 8,
           "There were ten teapots, Bob bought two, and his card was declined for the third.");
    EXPECT(shop.orders_of("bob") == 2, "Bob ordered twice with success.");
    for (const auto& request : shop.ledger().requests()) {
        EXPECT(request.left_open == 0,
               fmt::format(
                   "{} left {} of its connections open. Each request closes its own connection "
                   "here; pools come in lesson 10.",
                   request.name, request.left_open));
    }
    EXPECT(
        shop.ledger().open_connections() == 0,
        "Every customer has been served, and a connection is still open. Each request closes its "
        "own connection here; pools come in lesson 10.");
}
