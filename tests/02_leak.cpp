// 02 the leak: when a request ends, in any way, its connection ends with it.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/lock_refusals.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"
#include "support/write_lock.hpp"

using support::Customer;
using support::expect_told;
using support::Held;
using support::LockRefusals;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;
using support::WriteLock;

namespace {

constexpr int customers = 3;

// Looks at every request that the shop has handled so far: when its handler was over, before the
// first byte of the reply left, was a connection open that it had opened?
// Then: who closed the closed ones?
void expect_no_connection_left_behind(RunningShop& shop, const std::string& what_they_did) {
    const auto requests = shop.ledger().requests();
    const auto leaving = std::count_if(requests.begin(), requests.end(),
                                       [](const auto& request) { return request.left_open > 0; });
    EXPECT(
        leaving == 0,
        fmt::format(
            "{} of {} customers {}, and when they were answered their connections were still open. "
            "Each keeps its file handles and its transaction; the shop dies on the day when there are none left.",
            leaving, requests.size(), what_they_did));
    const auto connections = shop.ledger().connections();
    EXPECT(std::none_of(connections.begin(), connections.end(),
                        [](const auto& connection) {
                            return !connection.is_open() &&
                                   connection.closed_by != connection.opened_by;
                        }),
           "A connection was closed by another thread than the one that opened it: somebody else "
           "clears up after the requests, and nobody knows when.");
    EXPECT(shop.ledger().open_connections() == 0,
           "All customers have been answered, and connections are open.");
}

}  // namespace

TEST_CASE("A customer who is told 404 leaves no connection behind", "[pitfall]") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    CHECK(bob.gets("/items/77").status == 404);
    CHECK(bob.gets("/orders/77").status == 404);
    CHECK(bob.gets("/reviews/77").status == 404);
    CHECK(bob.orders(77, 1).status == 404);
    CHECK(bob.reviews(77, "What is it?").status == 404);
    expect_no_connection_left_behind(shop, "asked for something that the shop does not have");
}

TEST_CASE("A customer who cannot buy leaves no connection behind", "[pitfall]") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    shop.bank().decline("bob", Step::authorize);
    for (int i = 0; i < customers; ++i) {
        CHECK(bob.orders(shop::samovar, 1).status == 409);
        CHECK(bob.orders(shop::teapot, 1).status == 402);
    }
    expect_no_connection_left_behind(shop, "were told sold out, or that their card is no good");
}

TEST_CASE("A customer who writes nonsense leaves no connection behind", "[pitfall]") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    for (int i = 0; i < customers; ++i) {
        CHECK(bob.posts("/orders", "a teapot, please").status == 400);
        CHECK(bob.posts("/reviews", R"({"item_id":1})").status == 422);
        CHECK(bob.gets("/items/9999999999999999999").status == 404);
        CHECK(bob.gets("/orders/9999999999999999999").status == 404);
        CHECK(bob.gets("/reviews/9999999999999999999").status == 404);
    }
    expect_no_connection_left_behind(shop, "sent what nobody can read");
}

TEST_CASE("A customer whose order breaks off leaves no connection behind", "[pitfall]") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    Customer eve = shop.customer("eve");
    Customer dan = shop.customer("dan");
    Customer ann = shop.customer("ann");
    shop.bank().fail("bob", Step::authorize);
    shop.bank().fail("eve", Step::authorize, std::make_exception_ptr(std::bad_alloc()));
    shop.bank().fail("dan", Step::authorize, std::make_exception_ptr(42));
    CHECK(bob.orders(shop::teapot, 1).status == 504);
    CHECK(eve.orders(shop::teapot, 1).status == 500);
    CHECK(dan.orders(shop::teapot, 1).status == 500);
    const auto expect_failure = [](const Reply& reply, const std::string& what) {
        EXPECT(reply.status == 500,
               fmt::format("SQLite refused to commit Ann's {}, and she was told {}.", what,
                           reply.told()));
    };
    shop.ledger().refuse_next_commit();
    expect_failure(ann.orders(shop::teapot, 1), "order");
    shop.ledger().refuse_next_commit();
    expect_failure(ann.reviews(shop::teapot, "Pours well."), "review");
    // A rollback needs no statement that puts anything back.
    shop.database().run(
        "CREATE TRIGGER refuses BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'refused'); END; "
        "CREATE TRIGGER stays BEFORE UPDATE ON items WHEN NEW.stock > OLD.stock BEGIN SELECT "
        "RAISE(ABORT, 'refused'); END");
    CHECK(ann.orders(shop::teapot, 1).status == 500);
    expect_no_connection_left_behind(shop,
                                     "had their order broken off by the bank or by the database");
    EXPECT(shop.stock(shop::teapot) == 10,
           "An order broke off after its teapot had been taken out of stock, and the teapot is not "
           "back: what an order has done so far is rolled back when it breaks off.");
    CHECK(shop.reviews() == 0);
}

TEST_CASE("A customer whom the database fails leaves no connection behind", "[pitfall]") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    shop.database().run(
        "CREATE TRIGGER refuses BEFORE INSERT ON reviews BEGIN SELECT RAISE(ABORT, 'refused'); END");
    CHECK(bob.reviews(shop::teapot, "Pours well.").status == 500);
    shop.database().run(
        "ALTER TABLE items RENAME TO shelves; ALTER TABLE orders RENAME TO sales; "
        "ALTER TABLE reviews RENAME TO opinions");
    for (const char* path : {"/items/1", "/orders/1", "/reviews/1"}) {
        CHECK(bob.gets(path).status == 500);
    }
    CHECK(bob.orders(shop::teapot, 1).status == 500);
    CHECK(bob.reviews(shop::teapot, "Pours well.").status == 500);
    expect_no_connection_left_behind(shop, "looked, ordered or reviewed while the database failed");
}

TEST_CASE("A customer who is served leaves no connection behind") {
    const LockRefusals refusals;
    RunningShop shop;
    Customer bob = shop.customer("bob");
    for (int i = 0; i < customers; ++i) {
        CHECK(bob.gets("/items/1").status == 200);
        const Reply order = bob.orders(shop::teapot, 1);
        CHECK(order.status == 201);
        CHECK(bob.gets(order.location).status == 200);
        const Reply review = bob.reviews(shop::teapot, "Pours well.");
        CHECK(review.status == 201);
        CHECK(bob.gets(review.location).status == 200);
    }
    {
        // Another program is writing, until Bob waits for his turn, or has not.
        std::optional<WriteLock> warehouse(std::in_place, shop.database().path());
        const Pending review = bob.starts_to_review(shop::teapot, "Pours well.");
        static_cast<void>(
            support::await([&] { return refusals.count() >= 5 || review.is_answered(); }));
        warehouse.reset();
        EXPECT(review.reply().status == 201,
               fmt::format("Another program was writing for a moment, and Bob was told {}: his "
                           "connection does not wait for its turn, or not for long.",
                           review.reply().told()));
    }
    expect_no_connection_left_behind(shop, "were served");
    CHECK(shop.ledger().opened_connections() > 0);
}

TEST_CASE("Bob's review survives Alice's declined card") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    NEED(
        review.status == 201,
        fmt::format("Bob reviewed while Alice was at the bank, and {}: something of hers is in his "
                    "way, a lock of the database's or of the shop's.",
                    review.status == 0 ? "got no answer" : "was told " + review.told()));
    bank.decline();
    CHECK(order.reply().status == 402);
    EXPECT(shop.reviews() == 1,
           "Alice's card was declined, and Bob's review went with her order: his request had her "
           "connection. Each request has its own, as in lesson 01.");
}

TEST_CASE("Bob is shown what he bought and what he wrote") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
    EXPECT(shop.stock(shop::teapot) == 8, "Bob bought two of ten teapots, and eight are left.");
    CHECK(shop.orders_of("bob") == 2);
    CHECK(shop.reviews() == 1);
}

TEST_CASE("Every customer is told why") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    expect_told(bob.gets("/items/77"), "Bob", "404 no such item");
    expect_told(bob.gets("/orders/1"), "Bob", "404 no such order");
    expect_told(bob.gets("/reviews/1"), "Bob", "404 no such review");
    expect_told(bob.orders(77, 1), "Bob", "404 no such item");
    expect_told(bob.reviews(77, "What is it?"), "Bob", "404 no such item");
    expect_told(bob.orders(shop::samovar, 1), "Bob", "409 sold out");
    expect_told(bob.orders(shop::teapot, 11), "Bob", "409 sold out");
    expect_told(bob.posts("/orders", R"({"item_id":1,"quantity":0,"card":"bob"})"), "Bob",
                "422 quantity is not a whole number from 1 to 1000");
    shop.bank().decline("bob", Step::authorize);
    expect_told(bob.orders(shop::teapot, 1), "Bob", "402 payment declined");
    shop.bank().fail("bo", Step::authorize);
    expect_told(bob.posts("/orders", R"({"item_id":1,"quantity":1,"card":"bo"})"), "Bob",
                "504 the bank does not answer");
    EXPECT(shop.stock(shop::teapot) == 10,
           "None of these orders was placed, and teapots are missing.");
    CHECK(shop.orders_of("bob") == 0);
}
