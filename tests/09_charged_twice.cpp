// 09 charged twice: an order that is tried again, by anyone, after any failure, is the same order
// and is paid once.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_shop.hpp"
#include "support/failpoints.hpp"
#include "support/lock_waits.hpp"
#include "support/running_shop.hpp"
#include "support/shop_server.hpp"
#include "support/stillness.hpp"

using support::ChildShop;
using support::Crowd;
using support::Customer;
using support::DatabaseFile;
using support::FailpointVisitor;
using support::Held;
using support::Ledger;
using support::LockWaits;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::ShopServer;
using support::Step;
using support::TestBank;

namespace {

constexpr int plenty = 1000;
constexpr int too_many_steps = 80;

void stock_up(const DatabaseFile& database) {
    database.run(fmt::format("UPDATE items SET stock = {} WHERE id = 1", plenty));
}

std::int64_t confirmed(const DatabaseFile& database, const std::string& card) {
    return database.number(
        fmt::format("SELECT count(*) FROM orders WHERE card = '{}' AND state = 'confirmed'", card));
}

// What is wrong with the shop's books about `card`; nothing when they are right. To be asked when
// no order is under way.
std::string wrong_in_the_books(const DatabaseFile& database, const TestBank& bank,
                               const std::string& card) {
    const std::int64_t orders = confirmed(database, card);
    const int charges = bank.charges_of(card);
    if (charges == orders) return "";
    return fmt::format("{}'s money was taken {}, and the shop has {} of {}'s orders", card,
                       charges == 1 ? "once" : fmt::format("{} times", charges),
                       orders == 0 ? "none" : std::to_string(orders), card);
}

// The same of the teapots, of which there were `before`.
std::string wrong_in_the_stock(const DatabaseFile& database, std::int64_t before) {
    const std::int64_t left = database.number("SELECT stock FROM items WHERE id = 1");
    const std::int64_t sold = database.number(
        "SELECT coalesce(sum(quantity), 0) FROM orders WHERE item_id = 1 AND state = 'confirmed'");
    if (left + sold == before) return "";
    return fmt::format("there were {} teapots, {} are sold, and {} are in stock", before, sold,
                       left);
}

// A connection of the test's own that nobody sees, and that never waits.
class Stranger {
 public:
    explicit Stranger(const DatabaseFile& database) {
        const Ledger::Unseen unseen;
        connection_ = std::make_unique<SQLite::Database>(database.path(), SQLite::OPEN_READWRITE);
    }
    // False when somebody else is writing.
    bool can_write(const char* sql) { return connection_->tryExec(sql) == SQLite::OK; }
    // False when somebody is writing, or reads what was there before the last commit.
    bool can_put_the_log_away() {
        const Ledger::Unseen unseen;
        SQLite::Statement checkpoint(*connection_, "PRAGMA wal_checkpoint(TRUNCATE)");
        return checkpoint.executeStep() && checkpoint.getColumn(0).getInt() == 0;
    }

 private:
    std::unique_ptr<SQLite::Database> connection_;
};

// Asks another bank, and looks at each question what is open: how many transactions, and whether
// anybody reads or writes, which shows when the write-ahead log cannot be put away.
class WatchfulBank : public shop::Bank {
 public:
    WatchfulBank(TestBank& bank, const DatabaseFile& database) : bank_(bank), database_(database) {}
    shop::Answer authorize(const shop::NewOrder& order) override { return bank_.authorize(order); }
    shop::Answer capture(const shop::NewOrder& order) override { return bank_.capture(order); }
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override {
        transactions_ += Ledger::instance().open_transactions();
        Stranger stranger(database_);
        if (!stranger.can_write("UPDATE customers SET visits = visits + 1") ||
            !stranger.can_put_the_log_away()) {
            ++busy_;
        }
        return bank_.charge(order, key);
    }
    int transactions_seen() const { return transactions_; }
    int times_busy() const { return busy_; }

 private:
    TestBank& bank_;
    const DatabaseFile& database_;
    std::atomic<int> transactions_ = 0;
    std::atomic<int> busy_ = 0;
};

// Another server on the same database, after the first has closed. Null when it does not open.
std::unique_ptr<ShopServer> open_again(RunningShop& shop) {
    try {
        return std::make_unique<ShopServer>(shop.database().path(), shop.bank(), 4);
    } catch (const std::exception& error) {
        shop.ledger().note(fmt::format("the shop does not open: {}", error.what()));
        return nullptr;
    }
}

// Waits until what has just been sent is answered, or goes no further by itself because it waits
// for another inside the shop. `before`: how many requests had come before it.
// False when it does not come.
bool goes_as_far_as_it_can(RunningShop& shop, std::size_t before, const Pending& request) {
    const bool has_come = support::await([&] { return shop.ledger().requests().size() > before; });
    static_cast<void>(support::await_stillness([&] { return request.is_answered(); }));
    return has_come;
}

constexpr const char* does_not_come = "Alice's second try did not come to the shop.";

// False when more than `kept` stay open: a connection may go a moment after the reply.
bool await_open_connections(const Ledger& ledger, int kept) {
    return support::await([&] { return ledger.open_connections() <= kept; });
}

}  // namespace

TEST_CASE("The same order again is the same order", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply first = alice.orders(shop::teapot, 2, "tea for two");
    NEED(first.status == 201, "Alice's card is good and there are ten teapots.");
    const Reply again = shop.customer("alice").orders(shop::teapot, 2, "tea for two");
    EXPECT(shop.bank().charges_of("alice") == 1,
           "Alice was charged twice. She sent one order, and sent it again with the same "
           "Idempotency-Key because she had no answer to the first.");
    NEED(again.status == 201, fmt::format("Alice sent her order again, and was told {}. It is the "
                                          "order that she has: 201, as the first time.",
                                          again.told()));
    EXPECT(again.location == first.location,
           "Alice sent the same order again, and it became another one.");
    CHECK(again.body == first.body);
    CHECK(shop.orders_of("alice") == 1);
    EXPECT(shop.stock(shop::teapot) == 8, "The second try took teapots out of stock again.");
    EXPECT(shop.bank().charges().at(0).quantity == 2,
           fmt::format("Alice ordered two teapots, and paid for {}.",
                       shop.bank().charges().at(0).quantity));

    httplib::Client stranger("127.0.0.1", shop.port());  // sends no X-Customer, as curl
    const httplib::Headers key = {{"Idempotency-Key", "tea"}};
    const char* body = R"({"item_id":1,"quantity":1,"card":"stranger"})";
    for (const char* time : {"first", "second"}) {
        const auto told = stranger.Post("/orders", key, body, "application/json");
        EXPECT((told && told->status == 201),
               fmt::format("Somebody who does not say who she is sent an order with a key, for the "
                           "{} time, and was told {}.",
                           time, told ? told->status : 0));
    }
    EXPECT(shop.bank().charges_of("stranger") == 1,
           fmt::format("Somebody who does not say who she is sent one order twice, with one key, "
                       "and was charged {} times. Her key counts as everybody's does.",
                       shop.bank().charges_of("stranger")));
    stranger.stop();

    shop.bank().fail("alice", Step::charge);
    const Reply once_more = shop.customer("alice").orders(shop::teapot, 2, "tea for two");
    EXPECT(
        once_more.status == 201,
        fmt::format("Alice has paid for her order and has it. The bank is down, she sent it once "
                    "more, and was told {}: what has come to an end need not be asked about.",
                    once_more.told()));

    shop.database().run(
        "INSERT INTO orders (item_id, quantity, card) WITH RECURSIVE numbers (n) AS (SELECT 1 UNION "
        "ALL SELECT n + 1 FROM numbers WHERE n < 10000) SELECT 1, 0, 'dave' FROM numbers");
    CHECK(shop.customer("bob").orders(shop::teapot, 1, "bob's").status == 201);
    const Reply much_later = shop.customer("alice").orders(shop::teapot, 2, "tea for two");
    EXPECT(
        much_later.location == first.location,
        fmt::format("Alice sent her order once more after ten thousand orders of others, and was "
                    "told {}. Keys are kept for ever.",
                    much_later.told()));
}

TEST_CASE("The same order again while the first is at the bank is the same order",
          "[pitfall][stage 1]") {
    RunningShop shop;
    Customer first_try = shop.customer("alice");
    Customer second_try = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending first = first_try.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");

    // She has waited long enough. Her second try may wait for the first, or not.
    const std::size_t before = shop.ledger().requests().size();
    const Pending second = second_try.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(goes_as_far_as_it_can(shop, before, second), does_not_come);
    bank.accept();

    const Reply one = first.reply();
    const Reply two = second.reply();
    EXPECT(shop.bank().charges_of("alice") == 1,
           "Alice was charged twice: her second try came while the first was still at the bank.");
    NEED(one.status == 201, fmt::format("Alice's first try was answered with {}.", one.told()));
    NEED(two.status == 201,
         fmt::format(
             "Alice's second try was answered with {}. Both ask for one order, and she has it.",
             two.told()));
    EXPECT(one.location == two.location, "Alice asked for one order twice, and got two orders.");
    CHECK(shop.orders_of("alice") == 1);
    EXPECT(shop.stock(shop::teapot) == 8, "The second try took teapots out of stock again.");
}

namespace {

// Alice's second try goes to the server at `second_port`.
void order_twice_at_each_moment(RunningShop& shop, int second_port) {
    stock_up(shop.database());
    Crowd crowd;
    // Her second try comes just before the first, second, third … statement of her first one, and
    // runs as far as it gets before her first goes on.
    std::optional<Pending> again;
    int moment = 0;
    do {
        ++moment;
        NEED(moment < too_many_steps, "An order takes more than eighty statements.");
        const std::string card = fmt::format("alice{}", moment);
        const std::string key = fmt::format("tea for {}", moment);
        Customer first_try = shop.customer(card);
        Customer second_try(card, second_port, crowd);
        again.reset();
        Reply one;
        std::string where = "it had been answered";
        bool was_there = false;
        bool has_come = true;
        {
            std::optional<std::thread::id> first;
            int steps = 0;
            const FailpointVisitor visitor([&](const std::string& step) {
                if (!first) first = std::this_thread::get_id();
                if (first != std::this_thread::get_id() || ++steps != moment) return;
                was_there = true;
                // Within a transaction the first keeps the second out.
                if (shop.ledger().open_transactions() > 0) return;
                where = step;
                const std::size_t before = shop.ledger().requests().size();
                again = second_try.starts_to_order(shop::teapot, 1, key);
                has_come = goes_as_far_as_it_can(shop, before, *again);
            });
            one = first_try.orders(shop::teapot, 1, key);
        }
        NEED(has_come, does_not_come);
        const Reply two = again ? again->reply() : second_try.orders(shop::teapot, 1, key);
        const std::string when =
            fmt::format("Her second try came when her first was at: {}", where);
        NEED(shop.bank().charges_of(card) == 1,
             fmt::format("For one order Alice was charged {} times. {}",
                         shop.bank().charges_of(card), when));
        NEED(one.status == 201, fmt::format("Alice's first try was told {}. {}", one.told(), when));
        NEED(two.status == 201,
             fmt::format("Alice's second try was told {}. {}", two.told(), when));
        NEED(one.location == two.location,
             fmt::format("Alice asked for one order twice, and got two orders. {}", when));
        if (!was_there) break;
    } while (true);
    EXPECT(wrong_in_the_stock(shop.database(), plenty).empty(),
           "The second try took teapots out of stock again.");
}

}  // namespace

TEST_CASE("The same order twice at once, at whatever moment, is one order", "[pitfall][stage 1]") {
    RunningShop shop;
    order_twice_at_each_moment(shop, shop.port());
}

TEST_CASE("The same order at two servers at once is one order", "[pitfall][stage 1]") {
    RunningShop shop;
    const ShopServer other(shop.database().path(), shop.bank(), 4);
    order_twice_at_each_moment(shop, other.port());
}

TEST_CASE("The same order in other words is the same order", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply first = alice.posts("/orders", R"({"item_id":1,"quantity":2,"card":"alice"})",
                                    {{"Idempotency-Key", "tea for two"}});
    NEED(first.status == 201, "Alice's card is good and there are ten teapots.");
    const Reply again =
        alice.posts("/orders", R"({ "card": "alice", "quantity": 2, "item_id": 1 })",
                    {{"Idempotency-Key", "tea for two"}});
    NEED(again.status == 201,
         fmt::format("Alice's app sent her order again, with the card before the item and with "
                     "other spaces, and she was told {}. She wants the same, however its JSON is "
                     "written.",
                     again.told()));
    EXPECT(again.location == first.location,
           "Alice's app sent her order again, with the card before the item and with other spaces, "
           "and it became another order.");
    CHECK(shop.bank().charges_of("alice") == 1);
}

TEST_CASE("A key stands for one order and no other", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    NEED(alice.orders(shop::teapot, 2, "tea for two").status == 201,
         "Alice's card is good and there are ten teapots.");
    for (const auto& [other, reply] :
         {std::pair("of five teapots", alice.orders(shop::teapot, 5, "tea for two")),
          std::pair("of a kettle", alice.orders(shop::kettle, 1, "tea for two")),
          std::pair("on Bob's card",
                    alice.posts("/orders", R"({"item_id":1,"quantity":2,"card":"bob"})",
                                {{"Idempotency-Key", "tea for two"}})),
          std::pair("on the card \"ce\" for Ali",
                    alice.posts("/orders",
                                R"({"item_id":1,"quantity":2,"card":"ce",)"
                                R"("gift_for":"ali"})",
                                {{"Idempotency-Key", "tea for two"}})),
          std::pair("on the card \"ali\" for Ce",
                    alice.posts("/orders",
                                R"({"item_id":1,"quantity":2,"card":"ali",)"
                                R"("gift_for":"ce"})",
                                {{"Idempotency-Key", "tea for two"}})),
          std::pair("for Carol", alice.posts("/orders",
                                             R"({"item_id":1,"quantity":2,"card":"alice",)"
                                             R"("gift_for":"carol"})",
                                             {{"Idempotency-Key", "tea for two"}}))}) {
        EXPECT(reply.status == 422,
               fmt::format("Alice's order of two teapots was followed by an order {} with the same "
                           "key, and it was told {}. That is another order, and has to be refused "
                           "with 422, or somebody gets what she did not ask for.",
                           other, reply.told()));
    }
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.orders_of("bob") == 0);
    CHECK(shop.bank().charges().size() == 1);
    CHECK(shop.stock(shop::teapot) == 8);
}

TEST_CASE("A gift is the same order only when it is for the same friend", "[pitfall][stage 1]") {
    RunningShop shop;
    stock_up(shop.database());
    Customer alice = shop.customer("alice");
    struct Present {
        std::string card;
        std::string friend_;  // in JSON; empty: it is no gift
    };
    const auto orders = [&](const std::string& key, const Present& present) {
        const std::string gift =
            present.friend_.empty() ? "" : fmt::format(R"(,"gift_for":"{}")", present.friend_);
        return alice.posts(
            "/orders",
            fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"{}}})", present.card, gift),
            {{"Idempotency-Key", key}});
    };
    const auto shown = [](const Present& present) {
        return fmt::format(
            "on the card \"{}\" {}", present.card,
            present.friend_.empty() ? "for herself" : fmt::format("for \"{}\"", present.friend_));
    };
    int keys = 0;
    const auto expect_another = [&](const Present& one, const Present& other) {
        const std::string key = fmt::format("a present {}", ++keys);
        const Reply first = orders(key, one);
        NEED(first.status == 201,
             fmt::format("Alice ordered a teapot {}, and was told {}.", shown(one), first.told()));
        const Reply again = orders(key, one);
        NEED(again.status == 201,
             fmt::format("Alice ordered a teapot {}. She sent the same order again with the same "
                         "key, and was told {}.",
                         shown(one), again.told()));
        NEED(again.location == first.location,
             fmt::format("Alice ordered a teapot {}. She sent the same order again with the same "
                         "key, and it became another one.",
                         shown(one)));
        const Reply second = orders(key, other);
        EXPECT(second.status == 422,
               fmt::format("Alice ordered a teapot {}, then with the same key one {}, and was told "
                           "{}. That is another order, and has to be refused with 422.",
                           shown(one), shown(other), second.told()));
    };
    expect_another({"alice", "bob"}, {"alice", "carol"});
    expect_another({"alice", "bob"}, {"alice", ""});
    // Also when both together make the same text. A text in JSON may have anything in it.
    for (const std::string mark : {"|", ",", ";", ":", "/", "#", " ", "-", "_", ", ", R"(\n)",
                                   R"(\t)", R"(\u001f)", R"(\u0000)", R"(\")", R"(\",\")", "','"}) {
        expect_another({"ann" + mark + "lee", "tea"}, {"ann", "lee" + mark + "tea"});
        expect_another({"ann", "lee" + mark + "tea"}, {"tea" + mark + "ann", "lee"});
        expect_another({"ann" + mark + "lee", ""}, {"ann", "lee"});
    }
}

TEST_CASE("A key stands for one order even before it is paid or after it is declined",
          "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer second = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending first = alice.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const std::size_t before = shop.ledger().requests().size();
    const Pending other = second.starts_to_order(shop::teapot, 5, "tea for two");
    NEED(goes_as_far_as_it_can(shop, before, other), does_not_come);
    bank.accept();
    const Reply one = first.reply();
    const Reply five = other.reply();
    EXPECT(one.status == 201,
           fmt::format("Alice's card is good, and she was told {}.", one.told()));
    EXPECT(five.status == 422,
           fmt::format("While Alice's order of two teapots was at the bank, an order of five came "
                       "with the same key, and it was told {}. That is another order, and has to "
                       "be refused with 422.",
                       five.told()));

    shop.bank().decline("alice", Step::charge);
    EXPECT(alice.orders(shop::teapot, 1, "tea for one").status == 402,
           "The bank declined Alice's card, and she was not told so.");
    const Reply two = alice.orders(shop::teapot, 2, "tea for one");
    EXPECT(
        two.status == 422,
        fmt::format("Alice's order of one teapot was declined, an order of two followed with the "
                    "same key, and it was told {}. That is another order, and has to be refused "
                    "with 422.",
                    two.told()));
}

TEST_CASE("A key that would fill a page is refused", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply reply = alice.orders(shop::teapot, 2, std::string(4000, 'k'));
    EXPECT(reply.status == 422,
           fmt::format("Alice's key has four thousand letters, and she was told {}. All that a "
                       "stranger sends is kept in the shop's table: it needs a limit.",
                       reply.status));
    std::string in_two_bytes_each;
    for (int i = 0; i < 128; ++i) in_two_bytes_each += "\u00f6";
    for (const std::string& key : {std::string(256, 'k'), in_two_bytes_each}) {
        const Reply one_more = alice.orders(shop::teapot, 2, key);
        EXPECT(one_more.status == 422,
               fmt::format("Alice's key has 256 bytes{}, one more than a key may have, and she was "
                           "told {} instead of 422.",
                           key == in_two_bytes_each ? " in 128 letters" : "", one_more.status));
    }
    CHECK(shop.bank().charges().empty());
    EXPECT(alice.orders(shop::teapot, 2, std::string(255, 'k')).status == 201,
           "Alice's key has 255 bytes, as it may, and her order was refused.");
}

TEST_CASE("A key that was declined stays declined", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::charge);
    NEED(alice.orders(shop::teapot, 2, "tea for two").status == 402,
         "The bank declined Alice's card, and she was not told so.");
    shop.bank().mend("alice");
    const Reply again = alice.orders(shop::teapot, 2, "tea for two");
    EXPECT(again.status == 402,
           fmt::format("Alice's order was declined, and the same order under the same key was told "
                       "{}. Somewhere a first reply may still be on its way to her: two answers to "
                       "one question.",
                       again.status));
    CHECK(shop.bank().charges_of("alice") == 0);
    shop.bank().fail("alice", Step::charge);
    const Reply once_more = alice.orders(shop::teapot, 2, "tea for two");
    EXPECT(
        once_more.status == 402,
        fmt::format("Alice's order was declined. The bank is down, she sent it once more, and was "
                    "told {}: what has come to an end need not be asked about.",
                    once_more.told()));
    shop.bank().mend("alice");
    const Reply anew = alice.orders(shop::teapot, 2, "tea for two, once more");
    EXPECT(anew.status == 201,
           "Alice ordered under a new key, with a card that is good now, and was not served.");
    CHECK(shop.bank().charges_of("alice") == 1);
    CHECK(shop.stock(shop::teapot) == 8);
}

TEST_CASE("When the bank's answer is lost, Alice pays once and has her teapots",
          "[pitfall][stage 2]") {
    for (const bool with_key : {true, false}) {
        RunningShop shop;
        Customer alice = shop.customer("alice");
        shop.bank().lose_next_answer("alice");
        const Reply reply =
            with_key ? alice.orders(shop::teapot, 2, "tea for two") : alice.orders(shop::teapot, 2);
        EXPECT(wrong_in_the_books(shop.database(), shop.bank(), "alice").empty(),
               "The bank took Alice's money and its answer was lost, and she has no order: a lost "
               "answer was taken for a no.");
        EXPECT(reply.status == 201,
               fmt::format("The bank's first answer was lost, and Alice was told {}. The bank "
                           "answers the same question with the same answer, and is there again.",
                           reply.told()));
        CHECK(shop.bank().charges_of("alice") == 1);
        CHECK(shop.stock(shop::teapot) == 8);
    }
}

TEST_CASE("When the bank's no is lost, it is still a no", "[pitfall][stage 2]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::charge);
    shop.bank().lose_next_answer("alice");
    const Reply reply = alice.orders(shop::teapot, 2, "tea for two");
    EXPECT(reply.status == 402,
           fmt::format("The bank declined Alice's card, its answer was lost, and she was told {}. "
                       "The bank answers the same question with the same answer, and is there "
                       "again.",
                       reply.told()));
    CHECK(shop.bank().charges().empty());
    CHECK(shop.orders_of("alice") == 0);
    EXPECT(shop.stock(shop::teapot) == 10,
           fmt::format("The bank declined Alice's card, and of ten teapots {} are in stock.",
                       shop.stock(shop::teapot)));
}

TEST_CASE("While the bank is silent, Alice's goods wait for her", "[pitfall][stage 2]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    shop.bank().fail("alice", Step::charge);
    const Reply first = alice.orders(shop::kettle, 1, "a kettle");
    EXPECT(
        first.status == 504,
        fmt::format("The bank is down, and Alice was told {}. Nobody knows yet whether her order "
                    "is paid: that is a 504.",
                    first.told()));
    EXPECT(
        shop.bank().asked("alice", Step::charge) <= 2,
        fmt::format("The bank is down, and was asked about Alice {} times, while she waits and a "
                    "worker with her. It is to be asked again once.",
                    shop.bank().asked("alice", Step::charge)));
    const Reply still = alice.orders(shop::kettle, 1, "a kettle");
    EXPECT(still.status == 504,
           fmt::format("The bank is still down, Alice came again with the same key, and was told "
                       "{}. It is not known yet: that is a 504 each time.",
                       still.told()));
    const Reply bobs = bob.orders(shop::kettle, 1, "a kettle for Bob");
    EXPECT(bobs.status == 409,
           fmt::format("Bob was told {} for the only kettle. It may be Alice's: the bank has not "
                       "said that she did not pay.",
                       bobs.status));
    shop.bank().mend("alice");
    shop.bank().lose_next_answer("alice");
    const Reply again = alice.orders(shop::kettle, 1, "a kettle");
    EXPECT(again.status == 201,
           fmt::format("The bank is there again, Alice came again with the same key, the bank's "
                       "first answer was lost, and she was told {}. In each try the bank is to be "
                       "asked again once.",
                       again.told()));
    CHECK(shop.bank().charges_of("alice") == 1);
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.stock(shop::kettle) == 0);

    // And when it falls silent under one try while another waits?
    Held bank = shop.bank().hold("carol", Step::charge);
    shop.bank().fail("carol", Step::charge);
    Customer second_try = shop.customer("carol");
    const Pending one = shop.customer("carol").starts_to_order(shop::teapot, 2, "tea for two");
    NEED(bank.is_asked(), "Carol ordered, and the bank was never asked about her card.");
    const std::size_t before = shop.ledger().requests().size();
    const Pending two = second_try.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(goes_as_far_as_it_can(shop, before, two), "Carol's second try did not come to the shop.");
    bank.fail();
    for (const auto& [which, reply] : {std::pair("first", one.reply()), {"second", two.reply()}}) {
        EXPECT(reply.status == 504,
               fmt::format("Carol's first try was at the bank when it broke down, and her second "
                           "had come meanwhile. Her {} try was told {}. Both had to be told 504: "
                           "nobody knows yet whether she has paid.",
                           which, reply.told()));
    }
    shop.bank().mend("carol");
    const Reply three = shop.customer("carol").orders(shop::teapot, 2, "tea for two");
    EXPECT(
        three.status == 201,
        fmt::format("The bank broke down under two tries of Carol's. It is there again, she came "
                    "once more with the same key, and was told {}.",
                    three.told()));
}

TEST_CASE("An open order is settled when the shop opens again", "[pitfall][stage 3]") {
    RunningShop shop;
    const auto orders = [&](const std::string& name, bool with_key) {
        Customer customer = shop.customer(name);
        return with_key ? customer.orders(shop::teapot, 1, name + "'s").status
                        : customer.orders(shop::teapot, 1).status;
    };
    // As far as the shop knows, all the same: the bank did not answer.
    for (const char* card : {"alice", "bob", "carol", "dave"}) {
        shop.bank().fail(card, Step::charge);
        CHECK(orders(card, std::string(card) != "bob") >= 500);
    }
    shop.bank().mend("alice");  // answers from now on
    shop.bank().mend("bob");
    shop.bank().mend("carol");
    shop.bank().decline("carol", Step::charge);
    EXPECT(orders("erin", true) == 201,
           "Erin's card is good and her key \"erin's\" is new, and her order was not placed.");
    shop.bank().lose_next_answer("frank");
    shop.bank().lose_next_answer("frank");
    orders("frank", true);                  // after two requests he knows that he has paid
    shop.bank().lose_next_answer("frank");  // and so it goes on when the shop opens again
    shop.bank().lose_next_answer("heidi");
    shop.bank().lose_next_answer("heidi");
    orders("heidi", false);  // nor can she ask: her order has no key
    shop.close();

    const auto asked = [&](const std::string& card) {
        return shop.bank().asked(card, Step::charge);
    };
    std::map<std::string, int> asked_before;
    for (const char* card : {"alice", "bob", "carol", "dave", "erin", "frank", "heidi"}) {
        asked_before[card] = asked(card);
    }
    // What a shop has overlooked that has opened again and whose books about `card` are wrong.
    const auto overlooked = [&](const std::string& card) -> std::string {
        if (asked(card) > asked_before.at(card)) {
            return "Only the bank knows; it has to be asked under the name under which it was "
                   "asked before, and once more when it does not answer.";
        }
        std::string others;
        for (const auto& [other, times] : asked_before) {
            if (asked(other) > times) others += (others.empty() ? "" : ", ") + other;
        }
        if (others.empty()) return "Only the bank knows, and it was asked about nobody.";
        return fmt::format(
            "Only the bank knows. It was asked about {}, and not about {}: one order that the bank "
            "declines, or does not answer, must not keep those after it from being settled.",
            others, card);
    };
    {
        const std::unique_ptr<ShopServer> opened_again = open_again(shop);
        NEED(opened_again != nullptr,
             "The shop does not open while Dave's bank is silent: one order that cannot be settled "
             "yet keeps everybody else from ordering.");
        for (const char* card : {"alice", "bob", "carol", "erin", "frank", "heidi"}) {
            const std::string wrong = wrong_in_the_books(shop.database(), shop.bank(), card);
            EXPECT(wrong.empty(),
                   fmt::format("The shop was closed while the bank was silent, and has been opened "
                               "again: {}. {}",
                               wrong, overlooked(card)));
        }
        EXPECT(shop.orders_of("frank") == 1,
               "The bank has taken Frank's money, and he has no order: what was left open when the "
               "shop closed was not settled with the bank when it opened again.");
        EXPECT(shop.orders_of("carol") == 0, "Carol's card is declined, and she has an order.");
        // Dave's bank is still silent: one teapot may be his. The others can be bought.
        const auto sold = shop.database().number(
            "SELECT coalesce(sum(quantity), 0) FROM orders WHERE state = 'confirmed'");
        const int left = 10 - static_cast<int>(sold) - 1;
        const std::string then = fmt::format(
            "The shop has been opened again. Of ten teapots {} are sold, one may be Dave's, and {} "
            "can be bought",
            sold, left);
        Crowd crowd;
        Customer grace("grace", opened_again->port(), crowd);
        const Reply one_more = grace.orders(shop::teapot, left + 1);
        EXPECT(one_more.status == 409,
               fmt::format("{}. Grace wanted one more than that, and was told {}.", then,
                           one_more.told()));
        const Reply all = grace.orders(shop::teapot, left);
        EXPECT(all.status == 201,
               fmt::format("{}. Grace wanted them, and was told {}: something is still kept for an "
                           "order that has come to an end.",
                           then, all.told()));
    }
    shop.bank().mend("dave");
    const std::unique_ptr<ShopServer> at_last = open_again(shop);
    NEED(at_last != nullptr, "The shop does not open.");
    Crowd crowd;
    const Reply daves = Customer("dave", at_last->port(), crowd).orders(shop::teapot, 1, "dave's");
    EXPECT(daves.status == 201,
           fmt::format("Dave's bank is there again, he came again with the same key, and was told "
                       "{}.",
                       daves.told()));
    CHECK(shop.bank().charges_of("dave") == 1);
    CHECK(wrong_in_the_stock(shop.database(), 10).empty());
}

TEST_CASE("However many orders are left, all are settled that can be", "[pitfall][stage 3]") {
    RunningShop shop;
    stock_up(shop.database());
    constexpr int away = 10;
    constexpr int all = 120;
    const auto card = [](int number) { return fmt::format("customer{}", number); };
    for (int i = 0; i < all; ++i) {
        if (i < away || i % 2 == 0) {
            shop.bank().fail(card(i), Step::charge);
        } else {
            shop.bank().lose_next_answer(card(i));
            shop.bank().lose_next_answer(card(i));
        }
        CHECK(shop.customer(card(i)).orders(shop::teapot, 2, "tea for two").status >= 500);
        if (i >= away) shop.bank().mend(card(i));
    }
    shop.close();
    const std::unique_ptr<ShopServer> opened_again = open_again(shop);
    NEED(opened_again != nullptr, "The shop does not open.");
    for (int i = away; i < all; ++i) {
        const std::string wrong = wrong_in_the_books(shop.database(), shop.bank(), card(i));
        NEED(wrong.empty(),
             fmt::format("The bank was silent about {} orders, and the shop was closed. When it "
                         "opened again the bank was still silent about the first {}. Number {} was "
                         "left: {}.",
                         all, away, i + 1, wrong));
    }
    for (const support::Charge& charge : shop.bank().charges()) {
        NEED(charge.quantity == 2,
             fmt::format("{} ordered two teapots, and when the shop opened again paid for {}.",
                         charge.card, charge.quantity));
    }
}

TEST_CASE("The shop is closed until the bank has said what became of what was left",
          "[pitfall][stage 3]") {
    RunningShop shop;
    shop.bank().fail("alice", Step::charge);
    CHECK(shop.customer("alice").orders(shop::kettle, 1, "a kettle").status >= 500);
    shop.close();
    shop.bank().mend("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const int before = shop.bank().asked("alice", Step::charge);
    std::unique_ptr<ShopServer> opened_again;
    std::atomic<bool> is_open = false;
    bool is_open_too_soon = false;
    {
        Crowd crowd;
        crowd.start([&] {
            opened_again = open_again(shop);
            is_open = true;
        });
        CHECK(support::await(
            [&] { return is_open || shop.bank().asked("alice", Step::charge) > before; }));
        static_cast<void>(support::await_stillness([&] { return is_open.load(); }));
        is_open_too_soon = is_open;
        bank.accept();
    }
    EXPECT(!is_open_too_soon,
           fmt::format("Alice's kettle is reserved and perhaps paid. The shop opened again, {}. "
                       "What was left open is settled before anybody is let in.",
                       shop.bank().asked("alice", Step::charge) > before
                           ? "while it was still asking the bank about her"
                           : "and the bank was not asked about her"));
    EXPECT(wrong_in_the_books(shop.database(), shop.bank(), "alice").empty(),
           "The shop is open again, Alice has paid for the kettle, and she has no order.");
}

TEST_CASE("A declined order stays declined when the shop opens again", "[pitfall][stage 3]") {
    RunningShop shop;
    shop.bank().fail("carol", Step::charge);
    CHECK(shop.customer("carol").orders(shop::teapot, 2, "carol's").status >= 500);
    shop.close();
    shop.bank().mend("carol");
    shop.bank().decline("carol", Step::charge);
    {
        const std::unique_ptr<ShopServer> asks_the_bank = open_again(shop);
        NEED(asks_the_bank != nullptr, "The shop does not open.");
    }
    const std::unique_ptr<ShopServer> once_more = open_again(shop);
    NEED(once_more != nullptr, "The shop does not open.");
    Crowd crowd;
    const Reply bobs = Customer("bob", once_more->port(), crowd).orders(shop::teapot, 1);
    EXPECT(bobs.status == 201,
           fmt::format("Carol's card was declined when the shop opened, and then Bob was told {}, "
                       "though his is good. If the bank took his order for hers: a name that is "
                       "given to a second order names nothing.",
                       bobs.told()));
    shop.bank().mend("carol");
    const Reply carols =
        Customer("carol", once_more->port(), crowd).orders(shop::teapot, 2, "carol's");
    EXPECT(
        carols.status == 402,
        fmt::format("The shop closed with Carol's order open, it has been opened again while the "
                    "bank declines her card, and now the same order under the same key was told "
                    "{}. What is left open is settled at the start, and what became of it is "
                    "remembered, a no as well as a yes.",
                    carols.told()));
    EXPECT(shop.stock(shop::teapot) == 9,
           fmt::format("Bob bought one of ten teapots, and what was kept for Carol is to be back "
                       "since the shop opened again. {} are in stock.",
                       shop.stock(shop::teapot)));
}

TEST_CASE("A confirmation that the database refuses is made up for", "[pitfall][stage 1]") {
    for (const bool locked : {true, false}) {
        const LockWaits waits(LockWaits::Length::none);
        RunningShop shop;
        Customer alice = shop.customer("alice");
        std::optional<Stranger> stranger(shop.database());
        Held bank = shop.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(shop::teapot, 2, "tea for two");
        NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
        if (locked) {
            // And keeps it longer than anybody waits.
            NEED(stranger->can_write("BEGIN IMMEDIATE"),
                 "Alice is at the bank, and her order keeps the database locked.");
        } else {
            shop.ledger().refuse_next_commit();
        }
        bank.accept();
        const Reply first = order.reply();
        NEED((first.status >= 500 || first.status == 201),
             fmt::format("The bank took Alice's money, the database {}, and she was told {}.",
                         locked ? "was locked" : "refused the commit", first.told()));
        stranger.reset();
        const Reply again = alice.orders(shop::teapot, 2, "tea for two");
        EXPECT(shop.bank().charges_of("alice") == 1,
               "Alice was charged twice: her order could not be confirmed after the bank had taken "
               "her money, so she came again with the same key.");
        EXPECT(again.status == 201,
               fmt::format("Alice came again with the same key, and was told {}.", again.told()));
        CHECK(shop.orders_of("alice") == 1);
        EXPECT(shop.stock(shop::teapot) == 8,
               "Alice bought two of ten teapots, and the stock says otherwise: a unit of work was "
               "done by halves, or twice.");
    }
}

namespace {

struct Deaths {
    std::vector<std::string> cards;
    std::vector<std::string> steps;
};

// An order dies with its shop at its first step, the next one at its second, and so on, until one
// is answered. Each shop opens on what the one before has left behind.
Deaths die_at_each_step(const DatabaseFile& database, TestBank& bank, bool declined) {
    Deaths deaths;
    for (bool answered = false; !answered;) {
        const int step = static_cast<int>(deaths.cards.size()) + 1;
        NEED(step < too_many_steps, "An order takes more than eighty steps.");
        const std::string card = fmt::format("alice{}", step);
        if (declined) bank.decline(card, Step::charge);
        ChildShop shop(database, bank, {.dies_at_failpoint = step});
        if (!deaths.cards.empty()) {
            const std::string& before = deaths.cards.back();
            const std::string then =
                fmt::format("The shop died at this step of an order: \"{}\". Now it is open again",
                            deaths.steps.back());
            const std::string money = wrong_in_the_books(database, bank, before);
            NEED(money.empty(), fmt::format("{}, and {}.", then, money));
            const std::string goods = wrong_in_the_stock(database, plenty);
            NEED(goods.empty(), fmt::format("{}, and {}.", then, goods));
        }
        Customer alice = shop.customer(card);
        answered = alice.orders(shop::teapot, 1, card).status != 0;
        const ChildShop::End end = answered ? shop.close() : shop.await_end();
        NEED((answered || end.killed), "An order was neither answered nor broken off.");
        deaths.cards.push_back(card);
        deaths.steps.push_back(end.step);
    }
    return deaths;
}

}  // namespace

TEST_CASE("A shop that dies in the middle of an order leaves nobody paying for nothing",
          "[pitfall][stage 3]") {
    const DatabaseFile database;
    stock_up(database);
    TestBank bank;
    const Deaths deaths = die_at_each_step(database, bank, /*declined=*/false);
    ChildShop shop(database, bank);
    for (std::size_t i = 0; i < deaths.cards.size(); ++i) {
        const std::string& card = deaths.cards[i];
        const Reply again = shop.customer(card).orders(shop::teapot, 1, card);
        const std::string then = fmt::format(
            "The shop died at \"{}\", she came again with the same key,", deaths.steps[i]);
        EXPECT(again.status == 201, fmt::format("{} and was told {}.", then, again.told()));
        EXPECT(bank.charges_of(card) == 1,
               fmt::format("{} and was charged {} times.", then, bank.charges_of(card)));
        CHECK(confirmed(database, card) == 1);
    }
    CHECK(wrong_in_the_stock(database, plenty).empty());
}

TEST_CASE("A shop that dies over a declined card strands no teapot", "[pitfall][stage 3]") {
    const DatabaseFile database;
    stock_up(database);
    TestBank bank;
    const Deaths deaths = die_at_each_step(database, bank, /*declined=*/true);
    ChildShop shop(database, bank);
    for (const std::string& card : deaths.cards) {
        const Reply again = shop.customer(card).orders(shop::teapot, 1, card);
        EXPECT(again.status == 402,
               fmt::format("The shop died in the middle of {}'s order, whose card is declined. She "
                           "came again with the same key, and was told {}.",
                           card, again.told()));
    }
    CHECK(bank.charges().empty());
    CHECK(database.number("SELECT stock FROM items WHERE id = 1") == plenty);
}

TEST_CASE("A shop that dies while it settles what was left settles it the next time",
          "[pitfall][stage 3]") {
    const DatabaseFile database;
    TestBank bank;
    bool is_left = false;
    // Until the shop dies when the bank has taken her money, and it has not heard of it yet.
    for (int step = 1; !is_left; ++step) {
        const DatabaseFile elsewhere;
        TestBank banks;
        ChildShop shop(elsewhere, banks, {.dies_at_failpoint = step});
        const int status = shop.customer("alice").orders(shop::teapot, 1, "alice's").status;
        NEED(status == 0, "An order was answered before the bank was asked.");
        if (shop.await_end().step.find("the bank has answered") == std::string::npos) continue;
        ChildShop same(database, bank, {.dies_at_failpoint = step});
        CHECK(same.customer("alice").orders(shop::teapot, 1, "alice's").status == 0);
        CHECK(same.await_end().killed);
        is_left = true;
    }
    NEED(bank.charges_of("alice") == 1, "The bank was asked, and took no money.");
    bool open = false;
    for (int step = 1; !open; ++step) {
        NEED(step < too_many_steps, "To open takes more than eighty steps.");
        ChildShop shop(database, bank, {.dies_at_failpoint = step, .counts_opening = true});
        open = shop.port() != 0;
    }
    const std::string wrong = wrong_in_the_books(database, bank, "alice");
    EXPECT(wrong.empty(),
           fmt::format("The shop died, and died again at each step of settling what it had left, "
                       "until it was open: {}.",
                       wrong));
    const std::string goods = wrong_in_the_stock(database, 10);
    EXPECT(goods.empty(), fmt::format("The shop is open at last, and {}.", goods));
}

TEST_CASE("Nobody is told yes before the bank has said so") {
    RunningShop shop;
    Customer first_try = shop.customer("alice");
    Customer second_try = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    shop.bank().decline("alice", Step::charge);
    const Pending first = first_try.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const std::size_t before = shop.ledger().requests().size();
    const Pending second = second_try.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(goes_as_far_as_it_can(shop, before, second), does_not_come);
    bank.decline();
    const Reply one = first.reply();
    const Reply two = second.reply();
    EXPECT(one.status == 402,
           fmt::format("Alice's card is declined, and she was told {}.", one.told()));
    EXPECT(two.status == 402,
           fmt::format("Alice's second try was told {} while the first was at the bank, and then "
                       "her card was declined.",
                       two.told()));
    CHECK(shop.bank().charges().empty());
    EXPECT(shop.stock(shop::teapot) == 10,
           fmt::format("Two of ten teapots were reserved, her card was declined, and now {} are in "
                       "stock: they were put back {}.",
                       shop.stock(shop::teapot),
                       shop.stock(shop::teapot) > 10 ? "twice" : "not at all"));
}

TEST_CASE("An order that somebody else has settled is not settled again") {
    for (const bool accepted : {false, true}) {
        RunningShop shop;
        Customer alice = shop.customer("alice");
        Held bank = shop.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(shop::kettle, 1, "a kettle");
        NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
        const bool was_taken = shop.stock(shop::kettle) == 0;
        shop.database().run(
            "UPDATE orders SET state = 'declined' WHERE card = 'alice' AND state = 'reserved'");
        const char* settled = "SELECT count(*) FROM orders WHERE state = 'declined'";
        if (shop.database().number(settled) == 0) return;  // it keeps its reservations elsewhere
        if (was_taken && shop.stock(shop::kettle) == 0) {  // else a trigger has put it back
            shop.database().run("UPDATE items SET stock = stock + 1 WHERE id = 2");
        }
        accepted ? bank.accept() : bank.decline();
        CHECK(order.reply().status != 0);
        EXPECT((shop.stock(shop::kettle) == 1 && shop.orders_of("alice") == 0),
               fmt::format("While Alice was at the bank somebody else marked her order 'declined' "
                           "and put the kettle back. Then the bank said {}. Now {} of her orders "
                           "are confirmed, and of one kettle {} are in stock: what is no longer "
                           "reserved was settled again.",
                           accepted ? "yes" : "no", shop.orders_of("alice"),
                           shop.stock(shop::kettle)));
    }
}

TEST_CASE("An order that two servers settle at once is settled once") {
    for (const bool accepted : {false, true}) {
        for (const bool handler_first : {true, false}) {
            RunningShop shop;
            Customer alice = shop.customer("alice");
            Held bank_of_the_first = shop.bank().hold("alice", Step::charge);
            const Pending order = alice.starts_to_order(shop::kettle, 1, "a kettle");
            NEED(bank_of_the_first.is_asked(),
                 "Alice ordered, and the bank was never asked about her card.");
            // A second server opens meanwhile, and finds her order left open, as it thinks.
            Held bank_of_the_second = shop.bank().hold("alice", Step::charge);
            std::unique_ptr<ShopServer> second;
            std::atomic<bool> is_open = false;
            {
                Crowd crowd;
                const Pending opening = Pending(crowd.start([&] {
                    second = open_again(shop);
                    is_open = true;
                    return Reply{};
                }));
                CHECK(support::await(
                    [&] { return is_open || shop.bank().asked("alice", Step::charge) > 1; }));
                const auto answer = [&](Held& bank) { accepted ? bank.accept() : bank.decline(); };
                answer(handler_first ? bank_of_the_first : bank_of_the_second);
                static_cast<void>(handler_first ? order.reply() : opening.reply());
                answer(handler_first ? bank_of_the_second : bank_of_the_first);
            }
            const int told = order.reply().status;
            EXPECT(second != nullptr, "The second server did not open.");
            const std::string meanwhile = fmt::format(
                "While Alice was at the bank a second server opened and asked the bank, too. It "
                "said {} to both, {} heard it first, and Alice was told {}",
                accepted ? "yes" : "no", handler_first ? "her own request" : "the second server",
                told);
            EXPECT(told == (accepted ? 201 : 402), meanwhile + ".");
            EXPECT(shop.stock(shop::kettle) == (accepted ? 0 : 1),
                   fmt::format("{}. There was one kettle, and now the stock says {}: what is no "
                               "longer reserved was settled again.",
                               meanwhile, shop.stock(shop::kettle)));
            CHECK(shop.orders_of("alice") == (accepted ? 1 : 0));
            CHECK(shop.bank().charges_of("alice") == (accepted ? 1 : 0));
        }
    }
}

TEST_CASE("A second try waits for no other customer") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer alice_again = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Customer bob_again = shop.customer("bob");
    Held alices_bank = shop.bank().hold("alice", Step::charge);
    Held bobs_bank = shop.bank().hold("bob", Step::charge);
    const Pending alices = alice.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(alices_bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Pending bobs = bob.starts_to_order(shop::teapot, 1, "tea for one");
    NEED(bobs_bank.is_asked(),
         "While Alice is at the bank Bob does not get there: something makes him wait for her.");
    std::size_t before = shop.ledger().requests().size();
    const Pending alices_second = alice_again.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(goes_as_far_as_it_can(shop, before, alices_second), does_not_come);
    before = shop.ledger().requests().size();
    const Pending bobs_second = bob_again.starts_to_order(shop::teapot, 1, "tea for one");
    NEED(goes_as_far_as_it_can(shop, before, bobs_second), "Bob's second try did not come.");
    bobs_bank.accept();
    CHECK(bobs.reply().status == 201);
    const Reply told = bobs_second.reply();
    EXPECT(told.status == 201,
           fmt::format("Alice and Bob were at the bank, and both had tried again. Bob's first try "
                       "is answered, and his second was told {}. If it waits for the first, it is "
                       "to go on when that is over, though others still wait.",
                       told.told()));
    alices_bank.accept();
    CHECK(alices.reply().status == 201);
    CHECK(alices_second.reply().status == 201);
    CHECK(shop.bank().charges_of("alice") >= 1);
}

TEST_CASE("While many are at the bank nobody waits for another's order") {
    constexpr int orders = 36;
    RunningShop shop(orders + 2);
    stock_up(shop.database());
    // Each with a key, but for every third; Alice has several.
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> pending;
    for (int i = 0; i < orders; ++i) {
        const std::string name = i % 3 == 1 ? "alice" : fmt::format("customer{}", i);
        customers.push_back(shop.customer(name));
        banks.push_back(shop.bank().hold(name, Step::charge));
        pending.push_back(i % 3 == 2 ? customers.back().starts_to_order(shop::teapot, 1)
                                     : customers.back().starts_to_order(shop::teapot, 1,
                                                                        fmt::format("tea {}", i)));
        NEED(banks.back().is_asked(),
             fmt::format("{} customers are at the bank, each for an order of her own. The next "
                         "one, \"{}\" with{} key, does not get there: something makes her wait "
                         "for another order.",
                         i, name, i % 3 == 2 ? "out a" : " a new"));
    }
    for (Held& bank : banks) bank.accept();
    for (const Pending& order : pending) CHECK(order.reply().status == 201);
    CHECK(wrong_in_the_stock(shop.database(), plenty).empty());
}

TEST_CASE("Without a key every order is an order of its own") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply first = alice.orders(shop::teapot, 2);
    const Reply second = alice.orders(shop::teapot, 2);
    NEED((first.status == 201 && second.status == 201),
         "Alice's card is good and there are ten teapots.");
    EXPECT(
        first.location != second.location,
        "Alice ordered twice without a key, and got one order: without a key she wants two when she asks for two.");
    CHECK(shop.bank().charges_of("alice") == 2);
    CHECK(shop.orders_of("alice") == 2);
    CHECK(shop.stock(shop::teapot) == 6);

    const Reply third = alice.orders(shop::teapot, 1, "");
    const Reply fourth = alice.orders(shop::teapot, 2, "");
    EXPECT((third.status == 201 && fourth.status == 201),
           fmt::format("Alice's app sends the header with nothing in it. Her two orders were told "
                       "{} and {}: an empty key counts as none.",
                       third.told(), fourth.told()));
    CHECK(shop.orders_of("alice") == 4);
}

TEST_CASE("Another key is another order") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const std::string long_one(254, 'k');
    const auto shown = [](std::string key) {
        // Neither is UTF-8.
        if (key.ends_with('\xe8')) key.replace(key.size() - 1, 1, "\\xe8");
        if (key.ends_with('\xe9')) key.replace(key.size() - 1, 1, "\\xe9");
        return key.size() < 20 ? fmt::format("the key \"{}\"", key)
                               : fmt::format("a key of {} letters that ends in \"{}\"", key.size(),
                                             key.substr(key.size() - 3));
    };
    std::map<std::string, std::string> keys;  // by the order's location
    for (const std::string& key :
         {std::string("tea for two"), std::string("Tea for two"), std::string("tea for%"),
          std::string("tea for 'two'"), std::string("\"tea for two\""), std::string("caf\xe9"),
          std::string("caf\xe8"), long_one + "1", long_one + "2"}) {
        const Reply order = alice.orders(shop::teapot, 1, key);
        NEED(order.status == 201,
             fmt::format("Alice ordered under {}, and was told {}. A key is any text of up to 255 "
                         "bytes.",
                         shown(key), order.told()));
        const std::string earlier = std::exchange(keys[order.location], key);
        NEED(earlier.empty(),
             fmt::format("Alice ordered under {}, and was given the order that she has under {}. "
                         "Two keys are the same when each byte is.",
                         shown(key), shown(earlier)));
    }
    CHECK(shop.bank().charges_of("alice") == 9);
    CHECK(shop.stock(shop::teapot) == 1);
}

TEST_CASE("Bob's payment is his own, whatever became of the order before") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    shop.bank().decline("alice", Step::charge);
    for (const bool with_key : {true, false}) {
        CHECK((with_key ? alice.orders(shop::teapot, 2, "tea for two")
                        : alice.orders(shop::teapot, 2))
                  .status == 402);
        const Reply bobs = bob.orders(shop::teapot, 1);
        EXPECT(bobs.status == 201,
               fmt::format("Alice's card was declined, and then Bob was told {}, though his is "
                           "good. If the bank took his order for hers: a name that is given to a "
                           "second order names nothing.",
                           bobs.told()));
    }
    CHECK(shop.bank().charges_of("bob") == 2);
    CHECK(shop.orders_of("bob") == 2);
    EXPECT(
        shop.stock(shop::teapot) == 8,
        fmt::format("Bob bought two of ten teapots, Alice's card was declined both times, and {} "
                    "are in stock.",
                    shop.stock(shop::teapot)));
}

TEST_CASE("No customer's key can name another's payment") {
    RunningShop shop;
    NEED(shop.customer("alice").orders(shop::teapot, 1).status == 201,
         "Alice's card is good and there are ten teapots.");
    const std::string name = shop.bank().charges().at(0).key;
    const Reply bobs = shop.customer("bob").orders(shop::teapot, 1, name);
    EXPECT(bobs.status == 201,
           fmt::format("Bob's key is by chance what the shop called Alice's order at the bank, and "
                       "he was told {}.",
                       bobs.told()));
    EXPECT(shop.bank().charges_of("bob") == 1,
           "Bob's key is by chance what the shop called Alice's order at the bank. The bank took "
           "his order for hers, and he has not paid.");
}

TEST_CASE("A customer's key is hers alone") {
    RunningShop shop;
    const Reply alices = shop.customer("alice").orders(shop::teapot, 2, "tea for two");
    NEED(alices.status == 201, "Alice's card is good and there are ten teapots.");
    for (const auto& [name, quantity] : {std::pair("bob", 2), std::pair("carol", 1)}) {
        const Reply another = shop.customer(name).orders(shop::teapot, quantity, "tea for two");
        NEED(another.status == 201,
             fmt::format("Alice has an order under the key \"tea for two\". {} ordered under it, "
                         "too, for the first time, and was told {}: that says that somebody else "
                         "has used it.",
                         name, another.told()));
        EXPECT(another.location != alices.location,
               fmt::format("{} ordered under a key that Alice has used, and was shown her order.",
                           name));
        CHECK(shop.bank().charges_of(name) == 1);
    }

    // Also when both together make the same text.
    stock_up(shop.database());
    for (const std::string seam : {"", " ", "-", "_", ":", ".", ",", ";", "/", "|", "#", "@",
                                   // cpp-httplib before 0.44 reads these as what they stand for
                                   "%0A", "%09", "%1F"}) {
        for (const bool name_first : {true, false}) {
            const std::pair<std::string, std::string> customers_and_keys[] = {
                {"ann", name_first ? "lee" + seam + "tea" : "tea" + seam + "lee"},
                {name_first ? "ann" + seam + "lee" : "lee" + seam + "ann", "tea"}};
            for (const auto& [name, key] : customers_and_keys) {
                const Reply order = shop.customer(name).orders(shop::teapot, 1, key);
                NEED(order.status == 201,
                     fmt::format("\"{}\" ordered under the key \"{}\", for the first time, and was "
                                 "told {}. Put together, that is the same text as another "
                                 "customer's name and her key. Any mark between them may stand "
                                 "in a name or a key; how long one of them is tells where it ends.",
                                 name, key, order.told()));
            }
        }
    }

    // Nor is it that of those who do not say who they are.
    httplib::Client stranger("127.0.0.1", shop.port());
    const auto told =
        stranger.Post("/orders", {{"Idempotency-Key", "a pot"}},
                      R"({"item_id":1,"quantity":1,"card":"stranger"})", "application/json");
    NEED((told && told->status == 201), "Somebody who does not say who she is was not served.");
    std::set<std::string> orders = {told->get_header_value("Location")};
    for (const char* name :
         {"anonymous", "Anonymous", "anon", "guest", "nobody", "none", "null", "unknown", "default",
          "stranger", "public", "everybody", "-", "*", "0"}) {
        const Reply order =
            shop.customer(name).posts("/orders", R"({"item_id":1,"quantity":1,"card":"stranger"})",
                                      {{"Idempotency-Key", "a pot"}});
        NEED(order.status == 201,
             fmt::format("\"{}\" ordered, and was told {}.", name, order.told()));
        EXPECT(orders.insert(order.location).second,
               fmt::format("Somebody who did not say who she is ordered under a key, and so did "
                           "customers of several names. The one who is called \"{}\" was shown "
                           "another's order.",
                           name));
    }
    stranger.stop();
}

TEST_CASE("A shop that is started anew gives no order a name that it has given before") {
    const DatabaseFile database;
    TestBank bank;
    for (const char* name : {"alice", "bob", "carol"}) {
        ChildShop shop(database, bank);
        for (const bool with_key : {false, true}) {
            const Reply order = with_key ? shop.customer(name).orders(shop::teapot, 1, "tea")
                                         : shop.customer(name).orders(shop::teapot, 1);
            EXPECT(order.status == 201,
                   fmt::format("The shop was closed and started again. {} ordered with{} key, and "
                               "was told {}. What is counted in a process begins anew with the "
                               "next one.",
                               name, with_key ? " a" : "out a", order.told()));
        }
        static_cast<void>(shop.close());
        EXPECT(
            bank.charges_of(name) == 2,
            fmt::format("The shop was closed and started again. {} ordered twice, and was charged "
                        "{} times: the bank took an order for an earlier one.",
                        name, bank.charges_of(name)));
    }
}

TEST_CASE("Nobody is served on the money of an order that a backup has forgotten") {
    for (const bool with_key : {true, false}) {
        RunningShop shop;
        const std::string backup = shop.database().path() + ".backup";
        shop.database().run(fmt::format("VACUUM INTO '{}'", backup));
        const auto order = [&](Customer customer, const std::string& key) {
            return with_key ? customer.orders(shop::teapot, 1, key)
                            : customer.orders(shop::teapot, 1);
        };
        NEED(order(shop.customer("alice"), "alice's").status == 201,
             "Alice's card is good and there are ten teapots.");
        shop.close();
        for (const char* with_it : {"-wal", "-shm"}) {
            std::filesystem::remove(shop.database().path() + with_it);
        }
        std::filesystem::rename(backup, shop.database().path());
        shop.database().run("PRAGMA journal_mode = WAL");
        const std::unique_ptr<ShopServer> opened_again = open_again(shop);
        NEED(opened_again != nullptr, "The shop does not open on its backup.");
        Crowd crowd;
        CHECK(order(Customer("bob", opened_again->port(), crowd), "bob's").status == 201);
        EXPECT(shop.bank().charges_of("bob") == 1,
               fmt::format("Alice paid, the database was restored from a backup that did not know "
                           "of her order, and Bob's was the next one. He was charged {} times: the "
                           "bank took his payment for hers. A number that the database counts up "
                           "is given twice when it is set back.",
                           shop.bank().charges_of("bob")));
    }
}

TEST_CASE("Another writer between two statements of an order does not break it") {
    RunningShop shop;
    stock_up(shop.database());
    Stranger stranger(shop.database());
    bool was_there = true;
    for (int moment = 1; was_there; ++moment) {
        NEED(moment < too_many_steps, "An order takes more than eighty statements.");
        was_there = false;
        std::string where;
        Reply reply;
        {
            int steps = 0;
            const FailpointVisitor visitor([&](const std::string& step) {
                if (++steps != moment) return;
                was_there = true;
                where = step;
                static_cast<void>(stranger.can_write("UPDATE customers SET visits = visits + 1"));
            });
            reply = shop.customer(fmt::format("alice{}", moment))
                        .orders(shop::teapot, 1, fmt::format("tea for {}", moment));
        }
        NEED(reply.status == 201,
             fmt::format("Somebody else wrote just before \"{}\", and Alice was told {}. A "
                         "statement that is refused because its transaction has read something old "
                         "is refused again; the whole unit of work is to be done again, or to "
                         "begin as a writer.",
                         where, reply.told()));
    }
    CHECK(wrong_in_the_stock(shop.database(), plenty).empty());
    CHECK(shop.bank().charges().size() ==
          static_cast<std::size_t>(shop.database().number("SELECT count(*) FROM orders")));
}

TEST_CASE("No transaction is open while the bank thinks") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2, "tea for two");
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    EXPECT(shop.ledger().open_transactions() == 0,
           "Alice is at the bank, and her transaction is open: that is lesson 08.");
    bank.accept();
    CHECK(order.reply().status == 201);

    // Nor while a shop that opens settles what was left.
    shop.bank().fail("bob", Step::charge);
    CHECK(shop.customer("bob").orders(shop::teapot, 1, "bob's").status >= 500);
    shop.close();
    shop.bank().mend("bob");
    WatchfulBank bank_of_the_second(shop.bank(), shop.database());
    const ShopServer second(shop.database().path(), bank_of_the_second, 4);
    EXPECT(bank_of_the_second.transactions_seen() == 0,
           "The shop opens and asks the bank about Bob, with a transaction open: that is lesson "
           "08.");
    EXPECT(bank_of_the_second.times_busy() == 0,
           "The shop opens and asks the bank about Bob in the middle of a query: a statement that "
           "has rows left to step keeps its snapshot open, as a transaction does.");
}

TEST_CASE("Of two buyers of the last kettle one gets it and only he pays") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1, "a kettle");
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Reply bobs = bob.orders(shop::kettle, 1, "a kettle for Bob");
    EXPECT(bobs.told() == "409 sold out",
           fmt::format("Alice is at the bank for the only kettle. Bob wanted it, too, and was told "
                       "{}: it is sold out, and he can be told so at once.",
                       bobs.told()));
    bank.accept();
    CHECK(order.reply().status == 201);
    CHECK(shop.bank().charges_of("bob") == 0);
    CHECK(shop.stock(shop::kettle) == 0);
}

TEST_CASE("Every customer is told what became of her order, with a key and without") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    // A shop may keep one connection, or those with which it opens.
    const int kept = std::max(1, shop.ledger().open_connections());
    shop.bank().decline("bob", Step::charge);
    for (const bool with_key : {true, false}) {
        int orders = 0;
        const auto order = [&](Customer& who, shop::Id item, int quantity) {
            return with_key ? who.orders(item, quantity, fmt::format("key {}", ++orders))
                            : who.orders(item, quantity);
        };
        const Reply placed = order(alice, shop::teapot, 2);
        NEED(placed.status == 201, "Alice's card is good and there are ten teapots.");
        CHECK(placed.number("/order/quantity") == 2);
        CHECK(placed.text("/order/card") == "alice");
        CHECK(alice.gets(placed.location).body == placed.body);
        CHECK(order(alice, 77, 1).told() == "404 no such item");
        CHECK(order(alice, shop::samovar, 1).told() == "409 sold out");
        CHECK(order(bob, shop::teapot, 1).told() == "402 payment declined");
    }
    for (const char* time : {"first", "second"}) {
        const std::string nothing = alice.orders(77, 1, "a thing").told();
        EXPECT(nothing == "404 no such item",
               fmt::format("Alice ordered what the shop does not have, under one key for the {} "
                           "time, and was told \"{}\".",
                           time, nothing));
        const std::string told = alice.orders(shop::samovar, 1, "a samovar").told();
        EXPECT(told == "409 sold out",
               fmt::format("Alice ordered the samovar, which is sold out, under one key for the {} "
                           "time, and was told \"{}\".",
                           time, told));
    }
    CHECK(alice.posts("/orders", "a teapot, please", {{"Idempotency-Key", "a pot"}}).status == 400);
    CHECK(alice.gets("/items/1").number("/item/stock") == 6);
    CHECK(alice.gets("/orders/77").status == 404);
    CHECK(alice.reviews(shop::teapot, "Pours well.").status == 201);
    CHECK(shop.orders_of("alice") == 2);
    CHECK(shop.orders_of("bob") == 0);
    EXPECT(shop.stock(shop::teapot) == 6,
           fmt::format("Alice bought four of ten teapots, all others were refused, and {} are in "
                       "stock.",
                       shop.stock(shop::teapot)));
    EXPECT(await_open_connections(shop.ledger(), kept),
           "A connection of an order is still open after its reply.");
    shop.close();
    EXPECT(shop.ledger().await_all_closed(), "The shop is closed, and a connection is still open.");
}
