// 08 locked: while one customer's bank thinks the others buy,
// and nobody pays for what she does not get.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/lock_refusals.hpp"
#include "support/lock_waits.hpp"
#include "support/neighbour.hpp"
#include "support/running_shop.hpp"

using support::await;
using support::Customer;
using support::Held;
using support::LockRefusals;
using support::LockWaits;
using support::Neighbour;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;

namespace {

// Another connection's transaction that holds the database's write lock until it is told to let go,
// unless somebody has it already.
class WriteLock {
 public:
    explicit WriteLock(const RunningShop& shop)
        : connection_(open_unseen(shop)),
          is_held_(connection_.tryExec("BEGIN IMMEDIATE") == SQLITE_OK) {}
    bool is_held() const { return is_held_; }
    void let_go() {
        if (is_held_) connection_.exec("ROLLBACK");
    }

 private:
    static SQLite::Database open_unseen(const RunningShop& shop) {
        const support::Ledger::Unseen unseen;
        return {shop.database().path(), SQLite::OPEN_READWRITE};
    }
    SQLite::Database connection_;
    bool is_held_;
};

// What to say when Bob was not served while Alice's bank was thinking.
std::string kept_waiting(RunningShop& shop, const std::string& who, const Reply& reply) {
    if (shop.ledger().open_writers() > 0) {
        return fmt::format(
            "{} was told {} while Alice was at the bank: her transaction holds the database's one "
            "write lock for as long as the bank thinks, and everybody who wants to write waits for "
            "it until his patience ends. BEGIN IMMEDIATE belongs around what is done before the "
            "bank, and again around what is done after it.",
            who, reply.status);
    }
    if (reply.status != 0 && !WriteLock(shop).is_held()) {
        return fmt::format(
            "{} was told {} while Alice was at the bank: some connection holds the database's "
            "write lock without a BEGIN. A statement that writes has it until it has come to its "
            "end, or is reset.",
            who, reply.status);
    }
    if (reply.status == 0) {
        return fmt::format(
            "{} got no answer while Alice was at the bank: something makes him wait for her. A "
            "lock that is held across the bank serves one customer at a time.",
            who);
    }
    return fmt::format(
        "{} was told {} while Alice was at the bank. The timeline says what he ran into.", who,
        reply.status);
}

constexpr const char* nobody_settles =
    " What stays reserved is settled by nobody in this lesson, so here it is given back; lesson 09 "
    "keeps it, and asks the bank again.";

std::string times(int n) {
    return n == 1 ? "once" : fmt::format("{} times", n);
}

// What to say when Alice was accepted by the bank and did not get her order.
std::string stale(RunningShop& shop, const std::string& meanwhile, const Reply& reply) {
    return fmt::format(
        "{}, and then her bank said yes. Her card was charged {}, and she was told {}. In the "
        "timeline, look at what her connection had done before the bank and what it wanted after "
        "it.",
        meanwhile, times(shop.bank().charges_of("alice")), reply.status);
}

struct AtTheBank {
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;
};

// So often is a connection refused in 33 ms if it waits for its turn as SQLite does (1, 2, 5, 10
// and 15 ms, then longer). One that gives up after a few tries has given up.
constexpr int tries_of_the_patient = 6;

// How many rows there are, in all tables, that name this card.
int rows_naming(const RunningShop& shop, const std::string& card) {
    const support::Ledger::Unseen unseen;
    SQLite::Database connection(shop.database().path(), SQLite::OPEN_READONLY, 5000);
    SQLite::Statement columns(
        connection,
        "SELECT printf('SELECT count(*) FROM \"%w\" WHERE \"%w\" LIKE ?', tables.name, "
        "columns.name) FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns "
        "WHERE tables.type = 'table'");
    int rows = 0;
    while (columns.executeStep()) {
        SQLite::Statement count(connection, columns.getColumn(0).getString());
        count.bind(1, "%" + card + "%");
        count.executeStep();
        rows += count.getColumn(0).getInt();
    }
    return rows;
}

constexpr int crowd = 8;

std::string name(int i) {
    return fmt::format("customer{}", i + 1);
}

// Each has ordered a teapot and is held at the bank. In `meeting`, because they are to be let go
// before the shop is closed.
void meet(RunningShop& shop, AtTheBank& meeting) {
    for (int i = 0; i < crowd; ++i) {
        meeting.customers.push_back(shop.customer(name(i)));
        meeting.banks.push_back(shop.bank().hold(name(i), Step::charge));
        meeting.orders.push_back(meeting.customers.back().starts_to_order(shop::teapot, 1));
        NEED(meeting.banks.back().is_asked(),
             fmt::format("Customers at the bank: {}. The next one does not get there: {}.", i,
                         shop.ledger().open_writers() > 0
                             ? "another's transaction has the write lock, and keeps it at the bank"
                             : "something makes her wait for the others"));
    }
}

}  // namespace

TEST_CASE("Bob and Alice both get their teapots", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Reply bobs = bob.orders(shop::teapot, 1);
    NEED(bobs.status == 201, kept_waiting(shop, "Bob", bobs));

    bank.accept();
    const Reply alices = order.reply();
    EXPECT(alices.status == 201,
           stale(shop, "While Alice was at the bank Bob bought a teapot", alices));
    EXPECT(shop.bank().asked("alice", Step::charge) == 1,
           "The bank was asked for Alice's money more than once, for one order.");
    CHECK(shop.bank().charges_of("alice") == 1);
    CHECK(shop.bank().charges_of("bob") == 1);
    EXPECT(shop.stock(shop::teapot) == 7,
           "Bob bought one of ten teapots and Alice paid for two: seven should be left.");
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.orders_of("bob") == 1);
}

TEST_CASE("Bob's review does not cost Alice her order", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Reply review = bob.reviews(shop::kettle, "Whistles.");
    NEED(review.status == 201, kept_waiting(shop, "Bob", review));

    bank.accept();
    const Reply alices = order.reply();
    EXPECT(alices.status == 201,
           stale(shop, "While Alice was at the bank Bob reviewed the kettle", alices));
    CHECK(shop.reviews() == 1);
    CHECK(shop.stock(shop::teapot) == 8);
}

TEST_CASE("Alice waits for her turn to write", "[pitfall][stage 2]") {
    const LockRefusals refusals;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    int before = 0;
    const auto expect_served = [&](WriteLock& lock, const Pending& order, int expected,
                                   const std::string& when) {
        NEED(await([&] {
                 return refusals.count() >= before + tries_of_the_patient || order.is_answered();
             }),
             fmt::format("Another connection was writing {}. Alice did not try again and again to "
                         "write, nor was she told anything.",
                         when));
        lock.let_go();
        const Reply reply = order.reply();
        EXPECT(
            reply.status == expected,
            fmt::format("Another connection was writing for a moment {}. Alice tried {} to write, "
                        "and was told {}. She should have waited for her turn.",
                        when, times(refusals.count() - before), reply.status));
    };
    {
        WriteLock lock(shop);
        before = refusals.count();
        const Pending order = alice.starts_to_order(shop::teapot, 2);
        expect_served(lock, order, 201, "when she ordered");
    }
    for (const bool accepted : {true, false}) {
        Held bank = shop.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(shop::teapot, 2);
        NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
        WriteLock lock(shop);
        NEED(
            lock.is_held(),
            "Alice is at the bank, and another connection cannot write: she holds the write lock.");
        before = refusals.count();
        accepted ? bank.accept() : bank.decline();
        expect_served(lock, order, accepted ? 201 : 402, "when the bank answered");
    }
    EXPECT(
        shop.stock(shop::teapot) == 6,
        fmt::format("Of ten teapots Alice bought two, two more, and was declined for another two. "
                    "{} are left: what she was declined for is to be back when she is told.",
                    shop.stock(shop::teapot)));
}

TEST_CASE("Eight customers meet at the bank and all are served", "[pitfall][stage 2]") {
    RunningShop shop(crowd + 1);
    AtTheBank meeting;
    meet(shop, meeting);
    for (Held& bank : meeting.banks) bank.accept();
    int served = 0;
    int paid_for_nothing = 0;
    for (int i = 0; i < crowd; ++i) {
        const bool got_it = meeting.orders[static_cast<std::size_t>(i)].reply().status == 201;
        const int charges = shop.bank().charges_of(name(i));
        if (got_it) ++served;
        if (!got_it && charges > 0) ++paid_for_nothing;
        EXPECT(charges <= 1, "One customer was charged twice for one order.");
    }
    EXPECT(served == crowd,
           fmt::format("Eight customers were at the bank together, and all cards are good. Teapots "
                       "went to {} of them; {} were charged and got an error.",
                       served, paid_for_nothing));
    CHECK(shop.stock(shop::teapot) == 10 - served);
}

TEST_CASE("Nothing is open while the bank thinks", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop(crowd + 2);
    Customer carol = shop.customer("carol");
    AtTheBank meeting;
    meet(shop, meeting);
    EXPECT(
        shop.ledger().open_transactions() == 0,
        fmt::format("Eight customers are at the bank, and {} transactions are open. One that has "
                    "read grows stale with every write of others; one that has written locks "
                    "everybody out.",
                    shop.ledger().open_transactions()));
    const Reply review = carol.reviews(shop::kettle, "Whistles.");
    EXPECT(review.status == 201, kept_waiting(shop, "Carol", review));
    // First column: whether somebody was in the way. It sees also what no BEGIN began.
    EXPECT(
        shop.database().number("PRAGMA wal_checkpoint(TRUNCATE)") == 0,
        "While eight customers are at the bank the log cannot be emptied: some connection is still "
        "reading. A statement that has not come to its end reads as long as it is there.");
}

TEST_CASE("Whenever a neighbour writes, orders are served", "[pitfall][stage 2]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    shop.bank().decline("bob", Step::charge);
    const auto expect_served = [&](Customer& customer, int expected, const std::string& what,
                                   const std::string& sql, bool takes_a_teapot) {
        for (int moment = 1; moment <= 500; ++moment) {
            shop.database().run("UPDATE items SET stock = 10 WHERE id = 1");
            const Neighbour neighbour(shop.database(), sql, moment);
            const Reply reply = customer.orders(shop::teapot, 1);
            if (neighbour.came_before().empty()) return;  // the order had fewer statements
            NEED(reply.status == expected,
                 fmt::format("{} just before the shop said \"{}\", and the customer was told {} "
                             "instead of {}.",
                             what, neighbour.came_before(), reply.status, expected));
            const int bought =
                takes_a_teapot ? neighbour.changed() : 0;  // none while it is locked out
            const int left = (expected == 201 ? 9 : 10) - bought;
            NEED(shop.stock(shop::teapot) == left,
                 fmt::format("{} just before \"{}\". Of ten teapots {} should be left, and {} are.",
                             what, neighbour.came_before(), left, shop.stock(shop::teapot)));
        }
    };
    const std::string writes = "Another connection, on another table, wrote";
    const std::string review = "INSERT INTO reviews (item_id, text) VALUES (3, 'Old.')";
    const std::string buys = "There are plenty of teapots, and another connection came for one";
    const std::string purchase = "UPDATE items SET stock = stock - 1 WHERE id = 1";
    expect_served(alice, 201, writes, review, false);
    expect_served(bob, 402, writes, review, false);
    expect_served(alice, 201, buys, purchase, true);
    expect_served(bob, 402, buys, purchase, true);
}

TEST_CASE("If two buy the last kettle, one gets it and the other pays nothing",
          "[pitfall][stage 3]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");

    Held alices_bank = shop.bank().hold("alice", Step::charge);
    Held bobs_bank = shop.bank().hold("bob", Step::charge);
    const Pending alices = alice.starts_to_order(shop::kettle, 1);
    NEED(alices_bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const Pending bobs = bob.starts_to_order(shop::kettle, 1);
    NEED(await([&] { return bobs.is_answered() || shop.bank().asked("bob", Step::charge) > 0; }),
         "Bob was neither told that the kettle is sold out nor did he get to the bank: something "
         "makes him wait for Alice.");
    alices_bank.accept();
    const Reply first = alices.reply();
    bobs_bank.accept();
    const Reply second = bobs.reply();

    EXPECT((first.status == 201) != (second.status == 201),
           fmt::format("There is one kettle. Alice was told {}, and Bob {}.", first.status,
                       second.status));
    const auto expect_fair = [&](const std::string& who, const std::string& card,
                                 const Reply& reply) {
        if (reply.status == 201) {
            CHECK(shop.bank().charges_of(card) == 1);
            return;
        }
        EXPECT(
            shop.bank().charges_of(card) == 0,
            fmt::format("There was one kettle, another got it, and {}'s card was charged all the "
                        "same. To ask for money the shop must have the goods already.",
                        who));
        EXPECT(reply.told() == "409 sold out",
               fmt::format("There was one kettle, and another has it: {} had to be told \"409 sold "
                           "out\", and was told \"{}\".",
                           who, reply.told()));
    };
    expect_fair("Alice", "alice", first);
    expect_fair("Bob", "bob", second);
    CHECK(shop.stock(shop::kettle) == 0);
}

TEST_CASE("A kettle that is being paid for is not sold to another", "[pitfall][stage 3]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    for (const bool declined : {true, false}) {
        Held bank = shop.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(shop::kettle, 1);
        NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
        const Reply bobs = bob.orders(shop::kettle, 1);
        NEED(bobs.told() == "409 sold out",
             fmt::format("Alice is paying for the last kettle, and Bob was told {}: nothing says "
                         "that it is hers for as long as the bank thinks.",
                         bobs.status == 201 ? "that it is his" : "\"" + bobs.told() + "\""));
        CHECK(shop.bank().charges_of("bob") == 0);
        declined ? bank.decline() : bank.fail();
        const int told = order.reply().status;
        EXPECT(told == (declined ? 402 : 504),
               fmt::format("{}, and she was told {}.",
                           declined ? "Alice's card was declined"
                                    : "The bank broke down under Alice's order",
                           told));
        EXPECT(shop.stock(shop::kettle) == 1,
               fmt::format("{}, and the kettle that was kept for Alice is not back.{}",
                           declined ? "Alice's card was declined"
                                    : "The bank broke down under Alice's order",
                           declined ? "" : nobody_settles));
    }
    const Reply bobs = bob.orders(shop::kettle, 1);
    EXPECT(bobs.status == 201,
           "Alice did not get the kettle, it is back, and Bob still cannot buy it.");
}

TEST_CASE("Goods that Alice has paid for are not sold to another", "[pitfall][stage 3]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    const int rows_before = rows_naming(shop, "alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const bool is_named = rows_naming(shop, "alice") > rows_before;
    shop.ledger().refuse_next_commit();
    bank.accept();
    const int told = order.reply().status;
    const Reply bobs = bob.orders(shop::kettle, 1);
    EXPECT(bobs.told() == "409 sold out",
           fmt::format("Alice has paid for the last kettle. Then a commit failed, she was told {}, "
                       "and the kettle was sold to Bob: nothing is left that says that it is hers.",
                       told));
    CHECK(shop.bank().charges_of("alice") == 1);
    CHECK(shop.bank().charges_of("bob") == 0);
    EXPECT(is_named,
           "While Alice was paying for the last kettle, no row of the database said that it is for "
           "her. A stock that is lower says that it is somebody's. When what comes after the bank "
           "fails, nobody can tell whose.");
    EXPECT(shop.orders_of("alice") == (told == 201 ? 1 : 0),
           fmt::format("A commit failed after Alice's bank had said yes. She was told {}, and {} "
                       "orders of hers are confirmed.",
                       told, shop.orders_of("alice")));

    Customer carol = shop.customer("carol");
    shop.ledger().refuse_next_commit();
    const int carols = carol.orders(shop::teapot, 1).status;
    EXPECT((shop.bank().charges_of("carol") == 0 || shop.stock(shop::teapot) == 9),
           fmt::format("The first commit of Carol's order failed. She was told {}, her card was "
                       "charged, and no teapot is kept for her: she was asked for money before the "
                       "database had said that one is hers.",
                       carols));
    CHECK(shop.orders_of("carol") == (carols == 201 ? 1 : 0));
}

// Already green.

TEST_CASE("An order that fails gives back what it took") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    const auto expect_back = [&](const std::string& who, int expected, const std::string& why) {
        Customer customer = shop.customer(who);
        const Reply order = customer.orders(shop::kettle, 1);
        EXPECT(order.status == expected,
               fmt::format("{}, and she was told {}.", why, order.status));
        EXPECT(shop.stock(shop::kettle) == 1,
               fmt::format("{}, and the kettle is not back: nobody can ever buy it.{}", why,
                           expected == 402 ? "" : nobody_settles));
        CHECK(shop.orders_of(who) == 0);
        CHECK(shop.ledger().open_transactions() == 0);
    };
    shop.bank().decline("alice", Step::charge);
    shop.bank().fail("carol", Step::charge);
    shop.bank().fail("dave", Step::charge, std::make_exception_ptr(std::bad_alloc()));
    shop.bank().fail("erin", Step::charge, std::make_exception_ptr(42));
    expect_back("alice", 402, "Alice's card was declined");
    expect_back("carol", 504, "The bank broke down under Carol's order");
    expect_back("dave", 500, "Memory ran out under Dave's order");
    expect_back("erin", 500, "Erin's order broke off by an exception that is on nobody's list");
    EXPECT(bob.orders(shop::kettle, 1).status == 201, "There is one kettle, and Bob may buy it.");
    EXPECT(
        shop.bank().asked("carol", Step::charge) == 1,
        fmt::format("The bank broke down under Carol's order, and was asked for her money {}. It "
                    "may have taken it the first time. To ask again is to pay again, as long as "
                    "the payment has no name (lesson 09).",
                    times(shop.bank().asked("carol", Step::charge))));
}

TEST_CASE("A customer is told what the bank did, even if nothing can be given back") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const WriteLock somebody_elses(shop);
    NEED(somebody_elses.is_held(), "While Alice's bank thinks nobody else can write.");
    bank.fail();
    const Reply reply = order.reply();
    NEED(reply.status != 0,
         "The bank broke down under Alice's order, and then somebody else kept the write lock. She "
         "got no answer: the other may keep the lock, so a wait for it has to have an end.");
    EXPECT(reply.status == 504,
           fmt::format("The bank broke down under Alice's order, and then the database was locked, "
                       "so that the kettle could not be given back. She was told \"{}\": the "
                       "second trouble hides the first, which is the one about her money.",
                       reply.told()));
}

TEST_CASE("Others' work stays when Alice is declined") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    CHECK(bob.reviews(shop::teapot, "Pours well.").status == 201);
    CHECK(bob.orders(shop::teapot, 3).status == 201);
    Customer carol = shop.customer("carol");
    Held carols_bank = shop.bank().hold("carol", Step::charge);
    const Pending carols = carol.starts_to_order(shop::teapot, 1);
    NEED(carols_bank.is_asked(),
         "Carol ordered while Alice was at the bank, and did not get there.");
    bank.decline();
    CHECK(order.reply().status == 402);
    carols_bank.accept();
    const Reply carols_reply = carols.reply();
    EXPECT(
        carols_reply.status == 201,
        fmt::format("Carol came to the bank after Alice. Alice was declined, Carol paid, and was "
                    "told {}: what was released was not Alice's.",
                    carols_reply.status));
    EXPECT(shop.stock(shop::teapot) == 6,
           fmt::format("Bob bought three of ten teapots and Carol one while Alice was at the bank, "
                       "and she none. {} are left: giving back must not undo what others did.",
                       shop.stock(shop::teapot)));
    CHECK(shop.orders_of("bob") == 1);
    CHECK(shop.reviews() == 1);
}

TEST_CASE("Only what was taken is given back, and once") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const auto expect_sold_out = [](const Reply& reply, const std::string& what) {
        NEED(reply.status == 409, fmt::format("{}, and was told {}.", what, reply.status));
    };
    expect_sold_out(alice.orders(shop::samovar, 1), "There is no samovar, Alice ordered one");
    expect_sold_out(alice.orders(shop::kettle, 2), "There is one kettle, Alice ordered two");
    CHECK(alice.orders(77, 1).status == 404);
    EXPECT((shop.stock(shop::samovar) == 0 && shop.stock(shop::kettle) == 1),
           "Alice was told that it is sold out, and there is more of it now than before: what she "
           "never got was given back.");
    CHECK(shop.bank().charges_of("alice") == 0);
    CHECK(shop.bank().asked("alice", Step::charge) == 0);
}

TEST_CASE("Whenever a neighbour is quicker, the last kettle is sold once") {
    for (int moment = 1; moment <= 500; ++moment) {
        RunningShop shop;
        Customer alice = shop.customer("alice");
        Held bank = shop.bank().hold("alice", Step::charge);
        std::optional<Neighbour> neighbour(
            std::in_place, shop.database(),
            "UPDATE items SET stock = stock - 1 WHERE id = 2 AND stock > 0", moment);
        const Pending order = alice.starts_to_order(shop::kettle, 1);
        CHECK(await(
            [&] { return order.is_answered() || shop.bank().asked("alice", Step::charge) > 0; }));
        const std::string came_before = neighbour->came_before();
        const int bought = neighbour->changed();
        neighbour.reset();
        bank.accept();
        const int told = order.reply().status;
        if (came_before.empty()) return;  // Alice was at the bank before the moment came
        NEED(bought + (told == 201 ? 1 : 0) == 1,
             fmt::format("There is one kettle. A neighbour came for it just before the shop said "
                         "\"{}\" and bought {}; Alice was told {}.",
                         came_before, bought, told));
        NEED(shop.stock(shop::kettle) == 0,
             fmt::format("There was one kettle, it was sold once, and now there are {}.",
                         shop.stock(shop::kettle)));
        NEED(shop.bank().charges_of("alice") == (told == 201 ? 1 : 0),
             fmt::format("A neighbour bought the last kettle just before the shop said \"{}\". "
                         "Alice was told {}, and her card was charged {}.",
                         came_before, told, times(shop.bank().charges_of("alice"))));
    }
}

TEST_CASE("Alice's declined order does not touch her others") {
    RunningShop shop;
    Customer first_tab = shop.customer("alice");
    Customer second_tab = shop.customer("alice");
    Customer third_tab = shop.customer("alice");
    NEED(first_tab.orders(shop::teapot, 2).status == 201, "Alice's card is good.");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending second = second_tab.starts_to_order(shop::teapot, 3);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    shop.bank().decline("alice", Step::charge);
    CHECK(third_tab.orders(shop::teapot, 1).status == 402);
    bank.accept();
    EXPECT(second.reply().status == 201,
           "Alice's second order is paid, and she did not get it: her third one was declined.");
    EXPECT(shop.stock(shop::teapot) == 5,
           "Alice has paid for five of ten teapots: five should be left.");
    CHECK(shop.orders_of("alice") == 2);
}

TEST_CASE("Nobody is shown an order that is not paid") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    for (const char* path : {"/orders/1", "/orders/2"}) {
        EXPECT(bob.gets(path).status == 404,
               "Alice is still at the bank, and her order can be looked up as if it were paid.");
    }
    CHECK(bob.gets("/items/1").status == 200);
    bank.accept();
    const Reply placed = order.reply();
    NEED(placed.status == 201, "Alice's card is good, and nobody else wrote.");
    CHECK(bob.gets(placed.location).number("/order/quantity") == 2);
}

TEST_CASE("An order that the database refuses halfway leaves nothing behind") {
    RunningShop shop;
    shop.database().run(
        "CREATE TRIGGER refuses BEFORE INSERT ON orders WHEN NEW.card = 'alice' BEGIN SELECT "
        "RAISE(ABORT, 'refused'); END");
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    const Reply refused = alice.orders(shop::kettle, 1);
    EXPECT(refused.status == 500,
           fmt::format("The database refused Alice's order, and she was told {}.", refused.told()));
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.ledger().open_transactions() == 0);
    if (shop.bank().charges_of("alice") > 0) return;  // then the kettle may be kept for her
    EXPECT(shop.stock(shop::kettle) == 1,
           "The database refused Alice's order, and the kettle is out of stock: half of the order "
           "was kept.");
    CHECK(bob.orders(shop::kettle, 1).status == 201);
}

TEST_CASE("A commit that fails is paid for once at most") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    shop.ledger().refuse_next_commit();
    bank.accept();
    EXPECT(order.reply().status != 0,
           "A commit failed after the bank had said yes, and Alice was told nothing.");
    EXPECT(shop.bank().charges_of("alice") == 1,
           fmt::format("A commit failed after the bank had said yes, and Alice's card was charged "
                       "{} for one order.",
                       times(shop.bank().charges_of("alice"))));
}

TEST_CASE("Alice's paid order does not confirm her others") {
    RunningShop shop;
    Customer first_tab = shop.customer("alice");
    Customer second_tab = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending first = first_tab.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    NEED(second_tab.orders(shop::teapot, 1).status == 201, "Alice's card is good.");
    EXPECT(shop.orders_of("alice") == 1,
           fmt::format("Alice has paid for one of two orders, and {} are confirmed.",
                       shop.orders_of("alice")));
    bank.decline();
    CHECK(first.reply().status == 402);
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.stock(shop::teapot) == 9);

    // Of two that are at the bank the older one is paid.
    Held olders_bank = shop.bank().hold("alice", Step::charge);
    const Pending older = first_tab.starts_to_order(shop::teapot, 2);
    NEED(olders_bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    Held newers_bank = shop.bank().hold("alice", Step::charge);
    const Pending newer = second_tab.starts_to_order(shop::teapot, 3);
    NEED(newers_bank.is_asked(), "Alice ordered twice, and the bank was asked once.");
    olders_bank.accept();
    const Reply paid = older.reply();
    CHECK(paid.status == 201);
    EXPECT(
        first_tab.gets(paid.location).number("/order/quantity") == 2,
        "Two orders of Alice's are at the bank. The older one is paid, she was told where it is, "
        "and it is not there: another was confirmed.");
    newers_bank.decline();
    CHECK(newer.reply().status == 402);
    CHECK(shop.orders_of("alice") == 2);
    CHECK(shop.stock(shop::teapot) == 7);
}

TEST_CASE("No reservation outlives its order") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    shop.bank().decline("bob", Step::charge);
    CHECK(alice.orders(shop::teapot, 1).status == 201);
    const char* reserved = "SELECT count(*) FROM orders WHERE state = 'reserved'";
    EXPECT(shop.database().number(reserved) == 0,
           "Alice's order is paid and confirmed, and a reservation of hers is still there.");
    CHECK(bob.orders(shop::teapot, 1).status == 402);
    EXPECT(
        shop.database().number(reserved) == 0,
        std::string(
            shop.stock(shop::teapot) == 9
                ? "Bob's card was declined, his goods are back in stock, and his order is still "
                  "'reserved': recovery gives back all that is reserved, and so these goods once more."
                : "Bob's card was declined, he has been told so, and his order is still 'reserved'."));
}

TEST_CASE("A release that the database refuses halfway gives nothing back") {
    RunningShop shop;
    shop.database().run(
        "CREATE TRIGGER stays BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'refused'); "
        "END;CREATE TRIGGER remains BEFORE UPDATE OF state ON orders BEGIN SELECT RAISE(ABORT, "
        "'refused'); END");
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    shop.bank().decline("alice", Step::charge);
    static_cast<void>(alice.orders(shop::kettle, 1));
    static_cast<void>(bob.orders(shop::kettle, 1));
    EXPECT(
        (shop.bank().charges_of("bob") == 0 ||
         shop.database().number(
             "SELECT count(*) FROM orders WHERE card = 'alice' AND state = 'reserved'") == 0),
        "Alice's card was declined, and the database refused to release her order. Even so, the kettle was sold to Bob, and it is still reserved for her: half of the release was "
        "kept.");
}

TEST_CASE("An order that somebody else has settled is not settled again") {
    for (const bool accepted : {false, true}) {
        RunningShop shop;
        Customer alice = shop.customer("alice");
        Held bank = shop.bank().hold("alice", Step::charge);
        const Pending order = alice.starts_to_order(shop::kettle, 1);
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
        const int told = order.reply().status;
        const std::string meanwhile = fmt::format(
            "While Alice was at the bank somebody else marked her order 'declined' and put the "
            "kettle back. Then the bank said {}, and she was told {}",
            accepted ? "yes" : "no", told);
        EXPECT(shop.stock(shop::kettle) == 1,
               fmt::format("{}. There is one kettle, and the stock says {}: what was no longer "
                           "reserved was taken or given back again.",
                           meanwhile, shop.stock(shop::kettle)));
        EXPECT((accepted || told == 402),
               fmt::format("{}. Her card was declined, and that is what she is to be told.",
                           meanwhile));
        EXPECT((told != 201 && shop.orders_of("alice") == 0),
               fmt::format("{}. {} of her orders are confirmed, and the kettle may be another's by "
                           "now: only what is still reserved can be confirmed.",
                           meanwhile, shop.orders_of("alice")));
    }
}

TEST_CASE("A customer who only looks waits for nobody") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer bob = shop.customer("bob");
    const Reply order = bob.orders(shop::teapot, 1);
    NEED(order.status == 201, "Bob's card is good and there are ten teapots.");
    const WriteLock lock(shop);
    for (const std::string& path : {std::string("/items/1"), order.location}) {
        const Reply reply = bob.gets(path);
        EXPECT(reply.status == 200,
               fmt::format("Another connection was writing. Bob, who only looked, was told {}: a "
                           "request that begins IMMEDIATE is a writer, and waits for its turn.",
                           reply.told()));
    }
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    RunningShop shop;
    {
        Customer bob = shop.customer("bob");
        const auto expect_told = [](const Reply& reply, const std::string& why) {
            EXPECT(
                reply.told() == why,
                fmt::format("Bob had to be told \"{}\", and was told \"{}\".", why, reply.told()));
        };
        expect_told(bob.gets("/items/77"), "404 no such item");
        expect_told(bob.gets("/orders/77"), "404 no such order");
        expect_told(bob.orders(77, 1), "404 no such item");
        expect_told(bob.orders(shop::samovar, 1), "409 sold out");
        expect_told(bob.posts("/orders", "a teapot, please"), "400 the body is not JSON");
        const Reply order = bob.orders(shop::teapot, 2);
        CHECK(order.status == 201);
        CHECK(order.number("/order/item_id") == shop::teapot);
        CHECK(bob.gets(order.location).number("/order/quantity") == 2);
        const Reply review = bob.reviews(shop::teapot, "Pours well.");
        CHECK(review.status == 201);
        CHECK(bob.gets(review.location).text("/review/text") == "Pours well.");
        CHECK(bob.gets("/items/1").number("/item/stock") == 8);
        shop.bank().decline("bob", Step::charge);
        const Reply declined = bob.orders(shop::teapot, 1);
        expect_told(declined, "402 payment declined");
        CHECK(declined.location.empty());
        CHECK(shop.ledger().open_transactions() == 0);
    }
    shop.close();
    EXPECT(shop.ledger().open_connections() == 0,
           "The shop is closed, and a connection on its database is still open.");
}
