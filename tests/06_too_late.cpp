// 06 answer after the commit: a customer is told only of what is committed.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"

using support::Customer;
using support::expect_told;
using support::Gate;
using support::Held;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;

namespace {

// Two teapots for somebody whom the shop knows or does not. SQLite looks at the COMMIT.
std::string gift(const std::string& card, const std::string& recipient) {
    return fmt::format(R"({{"item_id":1,"quantity":2,"card":"{}","gift_for":"{}"}})", card,
                       recipient);
}

// How things stood when the last reply was about to leave.
class Departure {
 public:
    struct Look {
        int status = 0;
        std::int64_t orders = 0;
        std::int64_t reviews = 0;
        int connections = 0;  // that the request opened, and that are open
        int transactions = 0;
        int opened = 0;   // connections, by anybody, until then
        int commits = 0;  // that SQLite was asked for until then
    };

    explicit Departure(RunningShop& shop) : shop_(shop) {
        shop.before_each_reply([last = last_, &shop](int status) {
            const Look now{status,
                           shop.orders_of("alice"),
                           shop.reviews(),
                           shop.ledger().requests().back().left_open,
                           shop.ledger().open_transactions(),
                           shop.ledger().opened_connections(),
                           commits(shop)};
            const std::lock_guard lock(last->mutex);
            last->look = now;
        });
    }

    // Since the last reply left. To be asked when all connections are closed.
    bool a_commit_came_later() const { return commits(shop_) > last().commits; }

    Look last() const {
        const std::lock_guard lock(last_->mutex);
        return last_->look;
    }

 private:
    static int commits(RunningShop& shop) {
        int sum = 0;
        for (const auto& connection : shop.ledger().connections()) sum += connection.commits;
        return sum;
    }

    struct Last {
        std::mutex mutex;
        Look look;
    };
    RunningShop& shop_;
    std::shared_ptr<Last> last_ = std::make_shared<Last>();
};

// What to say of a reply to something whose commit failed, be it that the commit came later.
std::string told_too_soon(const Reply& reply, const std::string& failed, bool later) {
    if (reply.status == 0) {
        return failed +
               ", and Alice got no whole reply. One that has begun cannot be changed: what can fail "
               "has to come before its first byte.";
    }
    return fmt::format(
        "{}, and Alice was told {}: a success.{}", failed, reply.status,
        later ? " What the shop learns after her reply has left comes too late to tell her." : "");
}

void expect_an_error(const Reply& reply, const Departure& departure, const std::string& failed) {
    EXPECT(reply.status >= 400, told_too_soon(reply, failed, departure.a_commit_came_later()));
    EXPECT(reply.location.empty(),
           fmt::format("{}, and Alice's reply says that it is at {}, where there is nothing.",
                       failed, reply.location));
    EXPECT(reply.text("/error") != "",
           fmt::format("{}, and the body of Alice's reply is no {{\"error\":\"…\"}}, but: {}",
                       failed, reply.body));
    for (const char* words : {"constraint", "FOREIGN KEY", "not authorized", "SQL"}) {
        EXPECT(
            reply.body.find(words) == std::string::npos,
            fmt::format("{}, and Alice's reply has SQLite's own words in it: {} They are for the "
                        "shop's log.",
                        failed, reply.body));
    }
    CHECK(reply.number("/order/id") == -1);
    CHECK(reply.number("/review/id") == -1);
}

// What came after the reply has come, and the timeline shows it.
void need_all_closed(RunningShop& shop) {
    NEED(shop.ledger().await_all_closed(),
         "A connection is still open: here connections end with their request; keeping them is "
         "lesson "
         "10.");
}

bool none_closed_inside_its_transaction(RunningShop& shop) {
    const auto connections = shop.ledger().connections();
    return std::none_of(connections.begin(), connections.end(), [](const auto& connection) {
        return connection.closed_inside_transaction;
    });
}

// Sends a request and hangs up without reading a byte of the reply.
void ask_and_hang_up(int port, const std::string& request) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    NEED(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
         "The test could not connect to the shop.");
    CHECK(send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
    close(socket);
}

}  // namespace

TEST_CASE("A gift for nobody is not told as a success", "[pitfall]") {
    RunningShop shop;
    const Departure departure(shop);
    Customer alice = shop.customer("alice");
    const Reply order = alice.posts("/orders", gift("alice", "bbo"));
    need_all_closed(shop);
    EXPECT(
        shop.database().number("SELECT count(*) FROM gifts") == 0,
        "A gift for bbo, whom the shop does not know, is in the database: this connection does not "
        "enforce foreign keys.");
    expect_an_error(order, departure,
                    "Alice's gift is for bbo, whom the shop does not know, so the commit "
                    "failed");
    EXPECT(shop.orders_of("alice") == 0,
           "The commit of Alice's gift failed, and her order is there.");
    EXPECT(shop.stock(shop::teapot) == 10,
           "The commit of Alice's gift failed, and her teapots are out of stock.");
}

TEST_CASE("A commit that the database refuses is not told as a success", "[pitfall]") {
    RunningShop shop;
    const Departure departure(shop);
    Customer alice = shop.customer("alice");
    shop.ledger().deny_next_commit();
    const Reply order = alice.orders(shop::teapot, 2);
    need_all_closed(shop);
    EXPECT(shop.bank().asked("alice", Step::capture) <= 1,
           "SQLite refused to commit Alice's order, the shop made the order once more, and the "
           "bank took her money twice.");
    expect_an_error(order, departure, "SQLite refused to commit Alice's order");
    EXPECT((order.status < 400 || order.status >= 500),
           fmt::format("SQLite refused to commit Alice's order, and she was told \"{}\", as if it "
                       "were her mistake. A commit fails for reasons that are the shop's.",
                       order.told()));
    EXPECT(shop.orders_of("alice") == 0,
           "SQLite refused to commit Alice's order, and it is there.");

    shop.ledger().deny_next_commit();
    const Reply review = alice.reviews(shop::teapot, "Pours well.");
    need_all_closed(shop);
    expect_an_error(review, departure, "SQLite refused to commit Alice's review");
    CHECK(shop.reviews() == 0);

    // Once more with another error, by a commit hook. An answer may have set one of its own
    // instead, and then this order is made.
    shop.ledger().refuse_next_commit();
    const Reply next = alice.orders(shop::teapot, 2);
    need_all_closed(shop);
    if (next.status == 201 && shop.orders_of("alice") == 1) return;
    expect_an_error(next, departure, "SQLite refused to commit Alice's next order");
    EXPECT(next.status >= 500,
           fmt::format("SQLite refused to commit Alice's next order, which is no gift, and she was "
                       "told \"{}\", as if it were her mistake.",
                       next.told()));
    EXPECT(shop.orders_of("alice") == 0,
           "SQLite refused to commit Alice's next order, and it is there.");
}

TEST_CASE("When a reply leaves, what it tells of is there for everybody", "[pitfall]") {
    RunningShop shop;
    const Departure departure(shop);
    Customer alice = shop.customer("alice");
    CHECK(alice.orders(shop::teapot, 2).status == 201);
    EXPECT(
        departure.last().orders == 1,
        "A 201 left for Alice while nobody but her own connection could see the order: it was not "
        "committed yet, and it might never be.");
    CHECK(alice.posts("/orders", gift("alice", "bob")).status == 201);
    EXPECT(departure.last().orders == 2,
           "A 201 left for Alice, and her gift for Bob was not committed yet.");
    CHECK(alice.reviews(shop::teapot, "Pours well.").status == 201);
    EXPECT(departure.last().reviews == 1,
           "A 201 left for Alice, and her review was not committed yet.");
}

TEST_CASE("Once a reply leaves, its request is done with the database", "[pitfall]") {
    RunningShop shop;
    const Departure departure(shop);
    Customer alice = shop.customer("alice");
    const auto expect_over = [&departure, &shop](const std::string& what, int status) {
        const Departure::Look look = departure.last();
        CHECK(look.status == status);
        EXPECT(
            shop.ledger().opened_connections() == look.opened,
            fmt::format("{} was answered with {}, and then one more connection was opened to make "
                        "the rest of the reply: when that fails, the status has left.",
                        what, look.status));
        EXPECT(look.transactions == 0,
               fmt::format("{} was answered with {} while its transaction was open: it stays so "
                           "until the last byte is sent, however slowly the customer reads.",
                           what, look.status));
        EXPECT(look.connections == 0,
               fmt::format("{} was answered with {} while its connection was open: it stays so "
                           "until the last byte is sent, however slowly the customer reads.",
                           what, look.status));
    };
    alice.orders(shop::teapot, 2);
    expect_over("Alice's order", 201);
    alice.reviews(shop::teapot, "Pours well.");
    expect_over("Alice's review", 201);
    alice.gets("/items/1");
    expect_over("A look at the teapot", 200);
    alice.gets("/orders/1");
    expect_over("A look at Alice's order", 200);
    alice.gets("/reviews/1");
    expect_over("A look at Alice's review", 200);
    alice.gets("/items/77");
    expect_over("A look at what does not exist", 404);
    alice.orders(shop::samovar, 1);
    expect_over("An order of what is sold out", 409);
}

TEST_CASE("Others can order while a reply leaves", "[pitfall]") {
    for (const std::string recipient : {"bbo", "bob"}) {
        std::promise<Reply> told;
        std::future<Reply> carols = told.get_future();
        Gate is_about_to_leave;
        std::atomic<bool> is_first{true};
        RunningShop shop;
        Customer alice = shop.customer("alice");
        // The hook's own: it may be called still when this test is given up.
        const auto carol = std::make_shared<Customer>(shop.customer("carol"));
        shop.before_each_reply([&, carol](int) {
            if (!is_first.exchange(false)) return;
            is_about_to_leave.open();
            told.set_value(carol->orders(shop::teapot, 2));
        });
        const Pending alices = alice.starts_to_post("/orders", gift("alice", recipient));
        NEED(is_about_to_leave.wait(), "Alice ordered, and was not even answered.");
        const Reply order = carols.get();  // which waits no longer than any customer
        NEED(order.status != 0,
             "Carol ordered while Alice's reply was about to leave, and had to wait until it had "
             "left: what Alice's request still held then, every order needs.");
        EXPECT(order.status == 201,
               fmt::format("Carol ordered while Alice's reply was about to leave, and was told {}: "
                           "Alice's transaction was open, and nobody else can write until it ends.",
                           order.status));
        alices.reply();
        need_all_closed(shop);
        EXPECT(shop.orders_of("carol") == 1,
               "Carol ordered while Alice's reply was about to leave, and has no order.");
    }
}

TEST_CASE("Others are served while Alice is at the bank") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    const auto expect_served = [](const Reply& reply, int status, const std::string& what) {
        EXPECT(reply.status == status,
               fmt::format("{} while Alice was at the bank, and {}.", what,
                           reply.status == 0 ? "got no answer: something makes him wait for her"
                                             : "was told " + reply.told()));
    };
    expect_served(bob.gets("/items/1"), 200, "Bob looked");
    expect_served(bob.reviews(shop::teapot, "Pours well."), 201, "Bob reviewed");
    expect_served(bob.orders(shop::teapot, 1), 201, "Bob ordered");
    bank.decline();
    CHECK(order.reply().status == 402);

    Held till = shop.bank().hold("alice", Step::capture);
    const Pending another = alice.starts_to_order(shop::teapot, 2);
    NEED(till.is_asked(), "Alice ordered, and the bank was never asked for her money.");
    expect_served(bob.gets("/items/1"), 200, "Bob looked");
    till.accept();
    CHECK(another.reply().status == 201);
}

TEST_CASE("A transaction whose commit failed is rolled back and its connection closed") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    alice.posts("/orders", gift("alice", "bbo"));
    shop.ledger().refuse_next_commit();
    alice.orders(shop::teapot, 2);
    EXPECT(shop.ledger().await_all_closed(),
           "Alice's commit failed, and a connection is still open, with all that she left in it.");
    EXPECT(
        none_closed_inside_its_transaction(shop),
        "Alice's commit failed, which leaves the transaction open, and her connection was given up "
        "inside it. Out of a pool the next customer would get both.");
}

TEST_CASE("After a commit that failed the next order is made") {
    RunningShop shop;
    // One keep-alive connection, as a proxy would have: the next order comes to the same worker.
    Customer proxy = shop.customer("proxy");
    Customer carol = shop.customer("carol");
    proxy.posts("/orders", gift("alice", "bbo"));
    EXPECT(proxy.posts("/orders", gift("alice", "bob")).status == 201,
           "Alice fixed her typo, and still could not order.");
    proxy.posts("/orders", gift("alice", "bbo"));
    need_all_closed(shop);
    EXPECT(carol.orders(shop::teapot, 2).status == 201,
           "The commit of Alice's order failed, and Carol could not order.");
    need_all_closed(shop);
    EXPECT(shop.stock(shop::teapot) == 6, "Two orders of two teapots each were made, out of ten.");
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.orders_of("carol") == 1);
}

TEST_CASE("An order that a customer was told of is there at her very next request") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    for (int i = 1; i <= 5; ++i) {
        const Reply order = alice.orders(shop::teapot, 1);
        NEED(order.status == 201, "Alice's card is good and there are enough teapots.");
        EXPECT(alice.gets(order.location).number("/order/quantity") == 1,
               "Alice was told where her order is, looked there, and it was not there.");
        EXPECT(alice.gets("/items/1").number("/item/stock") == 10 - i,
               "Alice was told 201, looked at the teapots, and hers were still in stock.");
        const Reply review = alice.reviews(shop::teapot, "Pours well.");
        EXPECT(alice.gets(review.location).text("/review/text") == "Pours well.",
               "Alice was told where her review is, looked there, and it was not there.");
    }
}

TEST_CASE("Every sale is committed once") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    CHECK(alice.orders(shop::teapot, 2).status == 201);
    CHECK(alice.posts("/orders", gift("alice", "bob")).status == 201);
    CHECK(alice.reviews(shop::teapot, "Pours well.").status == 201);
    alice.posts("/orders", gift("alice", "bbo"));
    need_all_closed(shop);
    for (const auto& connection : shop.ledger().connections()) {
        EXPECT(connection.commits <= 1,
               fmt::format("Connection {} was asked for {} COMMITs: one that has succeeded leaves "
                           "nothing to commit, and one that has failed fails each time.",
                           connection.number, connection.commits));
    }
    EXPECT(shop.bank().asked("alice", Step::capture) <= 3,
           "Alice ordered three times, and the bank was asked more often for her money.");
}

TEST_CASE("Bob is shown what he bought and what he wrote") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
}

TEST_CASE("A gift for Bob is kept") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply order = alice.posts("/orders", gift("alice", "bob"));
    NEED(order.status == 201, "Alice's card is good, and the shop knows Bob.");
    CHECK(order.location == "/orders/1");
    CHECK(order.number("/order/quantity") == 2);
    CHECK(alice.gets(order.location).text("/order/card") == "alice");
    CHECK(shop.database().number(
              "SELECT count(*) FROM gifts WHERE order_id = 1 AND recipient = 'bob'") == 1);
    CHECK(shop.stock(shop::teapot) == 8);
}

TEST_CASE("Every customer is told why and a declined card leaves nothing") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    expect_told(alice.gets("/items/77"), "Alice", "404 no such item");
    expect_told(alice.gets("/orders/77"), "Alice", "404 no such order");
    expect_told(alice.gets("/reviews/77"), "Alice", "404 no such review");
    expect_told(alice.orders(77, 1), "Alice", "404 no such item");
    expect_told(alice.orders(shop::samovar, 1), "Alice", "409 sold out");
    expect_told(alice.posts("/orders", "a teapot, please"), "Alice", "400 the body is not JSON");
    expect_told(alice.reviews(77, "What is it?"), "Alice", "404 no such item");
    shop.bank().decline("alice", Step::capture);
    expect_told(alice.posts("/orders", gift("alice", "bob")), "Alice", "402 payment declined");
    shop.bank().fail("carol", Step::authorize);
    expect_told(shop.customer("carol").orders(shop::teapot, 1), "Carol",
                "504 the bank does not answer");
    // Not everything that is thrown is a std::exception.
    shop.bank().fail("dave", Step::capture, std::make_exception_ptr(42));
    CHECK(shop.customer("dave").orders(shop::teapot, 1).status == 500);
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.stock(shop::teapot) == 10);
    CHECK(shop.database().number("SELECT count(*) FROM gifts") == 0);
    need_all_closed(shop);
    EXPECT(
        none_closed_inside_its_transaction(shop),
        "A customer was refused, and the connection was given up inside its transaction. Out of a "
        "pool the next customer would get both.");
}

TEST_CASE("Disconnecting, or asking for the head alone, leaves no connection behind") {
    Gate answered;
    RunningShop shop;
    httplib::Client client("127.0.0.1", shop.port());
    const auto head = client.Head("/items/1");
    NEED(head, "Somebody asked for the head of a page and got no reply.");
    CHECK(head->status == 200);
    CHECK(head->get_header_value("Content-Type") == "application/json");
    EXPECT(shop.ledger().await_all_closed(),
           "Somebody asked for the head of a page, and the connection for it is still open.");

    shop.before_each_reply([&answered](int) { answered.open(); });
    const std::string body = gift("dave", "bob");
    ask_and_hang_up(shop.port(), fmt::format("POST /orders HTTP/1.1\r\nHost: shop\r\n"
                                             "Content-Length: {}\r\n\r\n{}",
                                             body.size(), body));
    NEED(answered.wait(), "Dave ordered and hung up, and his order was not even answered.");
    EXPECT(shop.ledger().await_all_closed(),
           "Dave ordered and hung up, and his connection is still open.");
    EXPECT(shop.orders_of("dave") == 1,
           "Dave ordered and hung up before he was answered. His money was taken, and there is no "
           "order: whether a customer reads his reply does not decide what he bought.");
}
