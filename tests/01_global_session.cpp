// 01 the global session: nobody undoes, sees too early or waits for what another customer is doing.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

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

// What to say when Bob was not served while Alice's bank was thinking.
std::string kept_waiting(RunningShop& shop, const std::string& who, const Reply& reply) {
    if (reply.status != 0) {
        return fmt::format(
            "{} was answered with {} while Alice was at the bank. The timeline says what was in "
            "the way.",
            who, reply.status);
    }
    if (shop.ledger().open_writers() > 0) {
        return fmt::format(
            "{} got no answer while Alice was at the bank: her connection holds the database's "
            "write lock while the bank thinks. BEGIN IMMEDIATE takes it at once; a plain BEGIN "
            "takes it at the first write. (Which lock to hold when is lesson 08.)",
            who);
    }
    return fmt::format(
        "{} got no answer while Alice was at the bank: something makes him wait for her. A lock "
        "that is held across the bank serves one customer at a time.",
        who);
}

}  // namespace

TEST_CASE("Bob's review survives Alice's declined card", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");

    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    NEED(review.status == 201, kept_waiting(shop, "Bob's review", review));

    bank.decline();
    EXPECT(order.reply().status == 402, "Alice's card was declined, and she was not told so.");
    EXPECT(shop.reviews() == 1,
           "Bob's review is gone. He was told 201 while Alice was at the bank; then her card was "
           "declined, and the rollback of her order took his review along.");
    CHECK(bob.gets(review.location).status == 200);
    CHECK(shop.orders_of("alice") == 0);
}

TEST_CASE("Bob can order while Alice is at the bank", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");

    const Reply bobs = bob.orders(shop::teapot, 1);
    NEED(bobs.status == 201, kept_waiting(shop, "Bob's order", bobs));

    bank.decline();
    EXPECT(order.reply().status == 402, "Alice's card was declined, and she was not told so.");
    EXPECT(shop.orders_of("bob") == 1,
           "Bob's order is not in the database any more, now that Alice's card was declined.");
    EXPECT(shop.stock(shop::teapot) == 9, "Bob bought one of ten teapots, and Alice none.");
}

TEST_CASE("Carol does not see what Alice has not paid for", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer carol = shop.customer("carol");

    Held bank = shop.bank().hold("alice", Step::capture);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked to take her money.");

    const Reply page = carol.gets("/items/1");
    NEED(page.status == 200, kept_waiting(shop, "Carol", page));
    EXPECT(
        page.number("/item/stock") == 10,
        "Carol was shown a stock without Alice's two teapots. Alice has not paid for them yet, and "
        "in the next moment the bank refuses: Carol read from the middle of Alice's transaction.");

    // Also when she looks again and again: however many connections take turns, Alice's is hers.
    for (int look = 2; look <= 40; ++look) {
        NEED(
            carol.gets("/items/1").number("/item/stock") == 10,
            fmt::format(
                "When Carol looked for the {}. time she was shown what Alice has not paid for: her "
                "request was given the connection that Alice's order is on.",
                look));
    }

    bank.decline();
    CHECK(order.reply().status == 402);
    EXPECT(shop.stock(shop::teapot) == 10,
           "Alice's order came to nothing, and her teapots are not back.");
    CHECK(shop.orders_of("alice") == 0);
}

TEST_CASE("An order that the bank broke off does not spoil the next one", "[pitfall]") {
    RunningShop shop;
    // One keep-alive connection, as a proxy would have: both orders come to the same worker.
    Customer proxy = shop.customer("proxy");
    struct Breakdown {
        std::string alice;
        Step step;
        std::exception_ptr thrown;  // none: the bank does not answer
        int status;
    };
    // Not everything that is thrown is a std::exception.
    for (const auto& [alice, step, thrown, status] :
         {Breakdown{"alice", Step::authorize, nullptr, 504},
          Breakdown{"alicia", Step::capture, nullptr, 504},
          Breakdown{"alina", Step::capture, std::make_exception_ptr(42), 500}}) {
        const auto order_for = [](const std::string& card) {
            return fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"}})", card);
        };
        const std::int64_t before = shop.stock(shop::teapot);
        thrown ? shop.bank().fail(alice, step, thrown) : shop.bank().fail(alice, step);
        const Reply broken = proxy.posts("/orders", order_for(alice));
        NEED(broken.status == status,
             fmt::format("Alice's order broke off at the bank, and she was told {} instead of {}.",
                         broken.status, status));
        EXPECT(shop.ledger().open_transactions() == 0,
               "Alice's order broke off at the bank, she has been told so, and her transaction is "
               "still open. It keeps what it has locked, and blocks the next customer.");
        const Reply bobs = proxy.posts("/orders", order_for("bob"));
        NEED(bobs.status == 201,
             fmt::format(
                 "Bob was told {}. Alice's order broke off at the bank before him, and her "
                 "transaction is still open: his order, the next on the same worker, ran into it.",
                 bobs.status));
        EXPECT(
            shop.stock(shop::teapot) == before - 1,
            "Bob bought one teapot, and Alice's order came to nothing: there should be one teapot less.");
        CHECK(shop.orders_of(alice) == 0);
    }
}

TEST_CASE("Alice's second tab can order while her first is at the bank", "[pitfall]") {
    RunningShop shop;
    Customer first_tab = shop.customer("alice");
    Customer second_tab = shop.customer("alice");

    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending first = first_tab.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");

    const Reply second = second_tab.orders(shop::teapot, 1);
    NEED(second.status == 201, kept_waiting(shop, "Alice's second order", second));

    bank.decline();
    CHECK(first.reply().status == 402);
    EXPECT(
        shop.orders_of("alice") == 1,
        "Alice's second order is not in the database any more, now that her first was declined.");
    CHECK(shop.stock(shop::teapot) == 9);
}

TEST_CASE("Nobody is sold what another has bought") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 8);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const int bob_bought = bob.orders(shop::teapot, 8).status == 201 ? 8 : 0;
    bank.accept();
    const int alice_bought = order.reply().status == 201 ? 8 : 0;
    EXPECT(alice_bought + bob_bought <= 10,
           "Alice and Bob have bought eight teapots each, and there were ten: her order looked at "
           "the stock before the bank, and did not notice afterwards that it had changed.");
    EXPECT(shop.stock(shop::teapot) == 10 - alice_bought - bob_bought,
           "What was sold and what is left do not add up to what there was.");
    EXPECT(
        (alice_bought > 0 || shop.bank().asked("alice", Step::capture) == 0),
        "Alice was told that she has not bought anything, and the bank was asked for her money.");
}

TEST_CASE("An order that the database refuses halfway leaves nothing behind") {
    for (const char* half : {"INSERT ON orders", "UPDATE ON items"}) {
        RunningShop shop;
        shop.database().run(fmt::format(
            "CREATE TRIGGER refuses BEFORE {} BEGIN SELECT RAISE(ABORT, 'refused'); END", half));
        Customer alice = shop.customer("alice");
        CHECK(alice.orders(shop::teapot, 2).status == 500);
        EXPECT(shop.stock(shop::teapot) == 10,
               "The database refused Alice's order, and her teapots are out of stock: half of the "
               "order was kept.");
        EXPECT(shop.orders_of("alice") == 0,
               "The database refused to take Alice's teapots out of stock, and her order is there: "
               "half of it was "
               "kept.");
        EXPECT(shop.bank().asked("alice", Step::capture) == 0,
               "The database refused Alice's order, and the bank had taken her money before it was "
               "asked: she has paid for nothing.");
    }

    // Or at its end.
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.ledger().refuse_next_commit();
    const Reply order = alice.orders(shop::teapot, 2);
    EXPECT(
        shop.bank().asked("alice", Step::capture) <= 1,
        "SQLite refused to commit Alice's order, the shop made the order once more, and the bank "
        "was asked for her money a second time.");
    EXPECT(
        order.status == 500,
        fmt::format("SQLite refused to commit Alice's order, and she was told {}.", order.status));
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.stock(shop::teapot) == 10);

    shop.ledger().refuse_next_commit();
    const Reply review = alice.reviews(shop::teapot, "Pours well.");
    EXPECT(review.status == 500,
           fmt::format("SQLite refused to commit Alice's review, and she was told {}.",
                       review.status));
    CHECK(shop.reviews() == 0);
}

TEST_CASE("An order that is paid is kept") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply order = alice.orders(shop::teapot, 2);
    NEED(order.status == 201, "Alice's card is good and there are ten teapots.");
    CHECK(order.location == "/orders/1");
    CHECK(order.number("/order/quantity") == 2);
    CHECK(alice.gets(order.location).number("/order/item_id") == 1);
    CHECK(alice.gets("/items/1").number("/item/stock") == 8);
    CHECK(shop.orders_of("alice") == 1);
}

TEST_CASE("Bob is shown what he bought and what he wrote") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
}

TEST_CASE("The shop's refusals are 402, 404, 409 and 422, and leave nothing behind") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    expect_told(alice.gets("/items/77"), "Alice", "404 no such item");
    expect_told(alice.orders(77, 1), "Alice", "404 no such item");
    expect_told(alice.orders(shop::samovar, 1), "Alice", "409 sold out");
    expect_told(alice.orders(shop::teapot, 11), "Alice", "409 sold out");
    expect_told(alice.posts("/orders", R"({"item_id":1})"), "Alice", "422 quantity is missing");
    shop.bank().decline("alice", Step::authorize);
    expect_told(alice.orders(shop::teapot, 2), "Alice", "402 payment declined");
    expect_told(alice.reviews(77, "What is it?"), "Alice", "404 no such item");
    expect_told(alice.gets("/orders/1"), "Alice", "404 no such order");
    expect_told(alice.gets("/reviews/1"), "Alice", "404 no such review");
    CHECK(shop.stock(shop::teapot) == 10);
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.reviews() == 0);
}

TEST_CASE("Sixteen reviews at once are all kept") {
    const LockRefusals refusals;
    RunningShop shop(20);
    std::vector<Customer> customers;
    for (int i = 0; i < 16; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i + 1)));
        NEED(customers.back().gets("/items/1").status == 200,
             "A customer could not look at the teapot.");
    }
    // Another program is writing, until they wait for their turn, or one of them has not.
    std::optional<WriteLock> warehouse(std::in_place, shop.database().path());
    std::vector<Pending> reviews;
    for (Customer& customer : customers) {
        reviews.push_back(customer.starts_to_review(shop::teapot, "Pours well."));
    }
    static_cast<void>(support::await([&] {
        return refusals.count() >= 6 ||
               std::any_of(reviews.begin(), reviews.end(),
                           [](const auto& one) { return one.is_answered(); });
    }));
    warehouse.reset();
    for (const Pending& review : reviews) {
        const Reply reply = review.reply();
        EXPECT(reply.status == 201,
               fmt::format("A review was answered with {}. Connections of one file take turns at "
                           "writing; one that does not wait for its turn (a busy timeout of 0) is "
                           "told that the database is locked.",
                           reply.status));
    }
    CHECK(shop.reviews() == 16);
}
