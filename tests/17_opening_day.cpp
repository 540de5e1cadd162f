// 17 opening day: the shop as a program of its own, and everything that can befall it. What was
// promised, what was found, and who lost what.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "shop/database.hpp"
#include "support/await.hpp"
#include "support/bank_server.hpp"
#include "support/catch.hpp"
#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/malformed_requests.hpp"
#include "support/metrics.hpp"
#include "support/raw_client.hpp"
#include "support/reconciliation.hpp"
#include "support/server_process.hpp"
#include "support/test_bank.hpp"
#include "support/write_lock.hpp"

using support::await;
using support::BankServer;
using support::Crowd;
using support::Customer;
using support::DatabaseFile;
using support::Held;
using support::incident;
using support::MalformedRequests;
using support::metric;
using support::Pending;
using support::RawClient;
using support::Reconciliation;
using support::Reply;
using support::ServerProcess;
using support::Step;
using support::TestBank;
using support::WriteLock;

namespace fs = std::filesystem;

namespace {

constexpr int workers = 8;
constexpr int connections = 4;
// As many are served at a time. More who connect in one moment than the system keeps waiting would
// cost a second each.
constexpr int lanes = 5;
constexpr int too_many_steps = 120;
constexpr int many =
    12'000;  // items, of a kilobyte each: more than a line swallows unread, 4 MB and more
// A shop that answers too early does so at once.
constexpr std::chrono::milliseconds time_to_be_answered(300);

// The database and the bank stay; the program comes and goes.
class Day {
 public:
    explicit Day(int teapots = 10, int items = 3) {
        database_.run(
            fmt::format("UPDATE items SET stock = {} WHERE id = 1; WITH RECURSIVE n (id) AS "
                        "(SELECT 4 UNION ALL SELECT id + 1 FROM n WHERE id < {}) INSERT INTO items "
                        "SELECT id, 'Cup ' || hex(zeroblob(500)), 10 FROM n WHERE id <= {}",
                        teapots, items, items));
        reconciliation_.emplace(database_, bank_);
    }
    ~Day() { close_the_bank(); }
    Day(const Day&) = delete;
    Day& operator=(const Day&) = delete;

    // The program starts, over what the one before it has left.
    void opens(int with_workers = workers, std::chrono::milliseconds unready = {}) {
        shop_.reset();
        shop_.emplace(ServerProcess::Options{.database = database_.path(),
                                             .bank_port = bank_server_.port(),
                                             .workers = with_workers,
                                             .unready = unready});
        const bool is_open = shop_->await_open();
        NEED(is_open, incident("the shop opens with what the last one has left",
                               "it did not, and said: " + shop_->errors()));
    }
    ServerProcess::End closes() {
        shop().send(SIGTERM);
        return shop().await_end();
    }
    void is_killed() {
        shop().send(SIGKILL);
        shop().await_end();
    }

    ServerProcess& shop() { return *shop_; }
    TestBank& bank() { return bank_; }
    Reconciliation& reconciliation() { return *reconciliation_; }
    const DatabaseFile& database() const { return database_; }
    Customer customer(const std::string& name) { return {name, shop_->port(), crowd_}; }

    // One order of `card`, whose only one it is, noted for the reconciliation.
    Reply orders(const std::string& card, int quantity, const std::string& key) {
        Customer buyer = customer(card);
        const Reply reply = persist(buyer, quantity, key);
        reconciliation().note(card, shop::teapot, quantity, reply);
        return reply;
    }

 private:
    // Comes again as long as she is told 503, and patience lasts.
    static Reply persist(Customer& buyer, int quantity, const std::string& key) {
        Reply reply;
        static_cast<void>(await([&] {
            reply = buyer.orders(shop::teapot, quantity, key);
            return reply.status != 503;
        }));
        return reply;
    }

    // A failing test leaves customers at the bank.
    void close_the_bank() {
        bank_.release_all();
        if (shop_) shop_->send(SIGKILL);
        crowd_.join();
    }

    DatabaseFile database_;
    TestBank bank_;
    BankServer bank_server_{bank_};
    std::optional<Reconciliation> reconciliation_;
    std::optional<ServerProcess> shop_;
    Crowd crowd_;
};

// What each test needs before it begins: a shop that sells. Otherwise there is nothing to torture.
void needs_a_shop(Day& day, const std::string& promise) {
    const Reply reply = day.orders("first", 1, "the first order");
    NEED(reply.status == 201,
         incident(promise, fmt::format("on a quiet morning the first customer ordered a teapot, "
                                       "and was told \"{}\"",
                                       reply.told())));
}

// "201", "404 no such item", "nothing".
std::string told(const Reply& reply) {
    return reply.status == 0 ? "nothing" : reply.told();
}

void expect_told(const Reply& reply, const std::string& expected, const std::string& promise) {
    EXPECT(told(reply) == expected,
           incident(promise, fmt::format("she had to be told \"{}\", and was told \"{}\"", expected,
                                         told(reply))));
}

void expect_reconciled(Day& day, const std::string& after) {
    const std::string found = day.reconciliation().incidents();
    EXPECT(found.empty(), fmt::format("{} {}", after, found));
}

std::int64_t still_reserved(const Day& day) {
    return day.database().number("SELECT count(*) FROM orders WHERE state = 'reserved'");
}

// What is open is settled in the background, in a moment.
bool comes_to_be_settled(const Day& day, std::int64_t but = 0) {
    return await([&] { return still_reserved(day) == but; });
}

std::int64_t without_receipt(const Day& day) {
    return day.database().number(
        "SELECT count(*) FROM orders WHERE state = 'confirmed' AND id NOT IN (SELECT order_id FROM "
        "receipts)");
}

struct Wish {
    std::string card;
    int quantity;
    std::string key;
};

// `serve` is called with each of them, and so many are under way at a time.
template <typename Serve>
void in_lanes(const std::vector<Wish>& wishes, Serve serve) {
    std::atomic<std::size_t> next = 0;
    Crowd crowd;
    for (int lane = 0; lane < lanes; ++lane) {
        crowd.start([&] {
            for (std::size_t i = next++; i < wishes.size(); i = next++) serve(wishes[i]);
        });
    }
    crowd.join();
}

std::vector<Wish> wishes(const std::string& who, int count) {
    std::vector<Wish> all;
    for (int i = 0; i < count; ++i) {
        const std::string card = fmt::format("{}{}", who, i);
        all.push_back({card, 1 + i % 3, "key of " + card});
    }
    return all;
}

// Every fourth card is no good.
void decline_some(TestBank& bank, const std::vector<Wish>& wishes) {
    for (std::size_t i = 3; i < wishes.size(); i += 4) bank.decline(wishes[i].card, Step::charge);
}

std::string post(const std::string& path, const std::string& body) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{}", path,
                       body.size(), body);
}

std::string order_of(const std::string& card, int quantity) {
    return fmt::format(R"({{"item_id":1,"quantity":{},"card":"{}"}})", quantity, card);
}

// The statuses of all answers in what came over a connection.
std::vector<int> statuses_in(const std::string& received) {
    const std::string mark = "HTTP/1.1 ";
    std::vector<int> statuses;
    for (std::size_t at = received.find(mark); at != std::string::npos;
         at = received.find(mark, at + 1)) {
        statuses.push_back(std::atoi(received.c_str() + at + mark.size()));
    }
    return statuses;
}

// As many files, sockets and pipes as the program has open; nothing where the system does not tell.
std::optional<std::int64_t> open_files(const ServerProcess& shop) {
    const fs::path folder = fmt::format("/proc/{}/fd", shop.process());
    std::error_code missing;
    fs::directory_iterator files(folder, missing);
    if (missing) return std::nullopt;
    return std::distance(begin(files), end(files));
}

// Sends `request` on a connection of its own, says no more, and reads to the end.
std::string answer_to(const ServerProcess& shop, const std::string& request) {
    RawClient client(shop.port());
    client.sends(request);
    client.says_no_more();
    static_cast<void>(client.reads_to_the_end());
    return client.received();
}

// What the process must be able to do after anything that anybody sent.
void expect_alive(Day& day, const std::string& after) {
    Customer next = day.customer("next");
    const Reply reply = next.gets("/items/1");
    EXPECT(reply.status != 0,
           incident("no matter what somebody sends, the next customer is answered",
                    fmt::format("after {} the next customer got no answer", after)));
}

// All that has been accepted, when the shop has written what it had to.
void expect_receipts(const Day& day, const std::string& after) {
    const std::int64_t without = without_receipt(day);
    EXPECT(
        without == 0,
        fmt::format("{} {}", after,
                    incident("every accepted order has its receipt",
                             fmt::format("{} {} none", without, without == 1 ? "has" : "have"))));
    const std::int64_t for_nothing = day.database().number(
        "SELECT count(*) FROM receipts WHERE order_id NOT IN (SELECT id FROM orders WHERE state = "
        "'confirmed')");
    EXPECT(for_nothing == 0,
           fmt::format("{} {}", after,
                       incident("every receipt is for an order",
                                fmt::format("{} receipts are for nothing", for_nothing))));
}

// All have gone, or have what they wanted: then no connection is lent any more.
void expect_idle(Day& day, const std::string& promise) {
    Customer monitoring = day.customer("monitoring");
    const bool is_idle =
        await([&] { return metric(monitoring.gets("/metrics"), "pool_in_use") == 0; });
    EXPECT(is_idle, incident(promise, "all have gone, and somebody still has a connection"));
}

// Who only asks the bank has no connection.
void expect_no_connection(Day& day, const std::string& why) {
    Customer monitoring = day.customer("monitoring");
    EXPECT(await([&] { return metric(monitoring.gets("/metrics"), "pool_in_use") == 0; }),
           incident("what is at the bank holds no connection", why + ", and keeps a connection"));
}

// Customers who have looked for something that is not there, and stay connected if they may.
class Staying {
 public:
    explicit Staying(int port) : port_(port) {}

    // So many more come, and those who are told to come again do. False when one is not served.
    bool come(int count) {
        for (int i = 0; i < count; ++i) {
            int told = 0;
            static_cast<void>(await([&] { return (told = comes()) != 503; }));
            if (told != 404) return false;
        }
        return true;
    }

 private:
    // What one more is told; 0 is nothing.
    int comes() {
        auto customer = std::make_unique<RawClient>(port_);
        customer->sends("GET /items/77 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        customer->reads_until("}\n");
        const std::string reply = customer->received();
        if (reply.find("Connection: close") == std::string::npos) {
            customers_.push_back(std::move(customer));
        }
        const std::vector<int> statuses = statuses_in(reply);
        return statuses.empty() ? 0 : statuses.front();
    }

    int port_;
    std::vector<std::unique_ptr<RawClient>> customers_;
};

// Customers whose orders the bank does not answer before they go.
class Buyers {
 public:
    explicit Buyers(Day& day) : day_(day) {}

    // So many more get to the bank, and those who are told to come again do. False when one does not
    // get there.
    bool come(int count) {
        for (int i = 0; i < count; ++i) {
            if (!comes()) return false;
        }
        return true;
    }

 private:
    bool comes() {
        const std::string card = fmt::format("buyer{}", held_.size());
        customers_.push_back(day_.customer(card));
        held_.push_back(day_.bank().hold(card, Step::charge));
        const int before = day_.bank().asked(card, Step::charge);
        Pending order = customers_.back().starts_to_order(shop::teapot, 1);
        return await([&] {
            if (day_.bank().asked(card, Step::charge) > before) return true;
            if (order.is_answered()) order = customers_.back().starts_to_order(shop::teapot, 1);
            return false;
        });
    }

    Day& day_;
    std::vector<Customer> customers_;
    std::vector<Held> held_;
};

// Customers who write something, and do not wait for the reply.
class Reviewers {
 public:
    Reviewers(int port, int count) {
        const std::string review = R"({"item_id":1,"text":"Pours well."})";
        for (int i = 0; i < count; ++i) {
            customers_.push_back(std::make_unique<RawClient>(port));
            customers_.back()->sends(
                fmt::format("POST /reviews HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                            "Content-Length: {}\r\n\r\n{}",
                            review.size(), review));
        }
    }

 private:
    std::vector<std::unique_ptr<RawClient>> customers_;
};

// Where it can be counted. A pool keeps its connections, each with a file and its log.
void expect_no_more_files(Day& day, const std::optional<std::int64_t>& before) {
    constexpr std::int64_t kept = std::int64_t{8} * connections;
    if (!before) return;
    const auto now = [&] { return open_files(day.shop()).value_or(0); };
    const bool have_gone = await([&] { return now() <= *before + kept; });
    EXPECT(have_gone,
           incident("a customer who hangs up leaves nothing behind",
                    fmt::format("there were {} files and sockets open, and now there are {}",
                                *before, now())));
}

// A shop that closes something too early has done so by then.
void let_it_close(Day& day) {
    static_cast<void>(await(
        [&] {
            const auto counts = day.shop().counts();
            return !counts || counts->open == 0;
        },
        time_to_be_answered));
}

// All are served and nothing is open.
// Before a test looks into the database: that is a connection, too.
void expect_clean_end(const Day& day, const ServerProcess::End& end) {
    const bool is_clean = end.has_ended && !end.was_killed && end.status == 0;
    EXPECT(is_clean,
           incident("a shop that has served everybody ends with status 0", "it " + end.in_words()));
    const int open = end.counts ? end.counts->open : -1;
    EXPECT(open == 0, incident("a shop that has closed leaves no connection open",
                               fmt::format("there are {}", open)));
    EXPECT(!fs::exists(day.database().path() + "-wal"),
           incident("a shop that has closed leaves no connection open",
                    "the write-ahead log is still there, which goes with the last connection"));
}

// As text of one line.
std::string readable(const std::string& bytes) {
    std::string text;
    for (const char byte : bytes.substr(0, 100)) {
        text += byte >= ' ' && byte <= '~'
                    ? std::string(1, byte)
                    : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

// What the fuzzer of tests/fuzz has left there: a name and its bytes each.
std::vector<std::pair<std::string, std::string>> corpus(const std::string& folder) {
    std::vector<std::pair<std::string, std::string>> all;
    const fs::path here = fs::path(__FILE__).parent_path() / "fuzz" / folder;
    for (const auto& entry : fs::directory_iterator(here)) {
        std::ifstream file(entry.path(), std::ios::binary);
        all.emplace_back(folder + "/" + entry.path().filename().string(),
                         std::string(std::istreambuf_iterator<char>(file), {}));
    }
    std::sort(all.begin(), all.end());
    return all;
}

// It may make sense: the fuzzer knows what does.
void expect_survives(Day& day, const std::string& name, const std::string& request) {
    for (const int status : statuses_in(answer_to(day.shop(), request))) {
        NEED(status != 500, incident("what makes no sense is refused, in words for a customer",
                                     fmt::format("{} was told 500", name)));
    }
    NEED(!day.shop().has_ended(),
         incident("nothing that somebody sends ends the shop", fmt::format("{} did", name)));
}

}  // namespace

TEST_CASE("Every customer is served, or told why not", "[pitfall][stage 1]") {
    Day day;
    day.opens();
    const std::string promise = "every customer is served, or told why not";
    Customer alice = day.customer("alice");
    const Reply teapot = alice.gets("/items/1");
    NEED(teapot.status == 200, incident(promise, fmt::format("alice looked at a teapot, and was "
                                                             "told \"{}\"",
                                                             teapot.told())));
    CHECK(teapot.text("/item/title") == "Teapot");
    const auto connection = teapot.headers.find("Connection");
    EXPECT((connection == teapot.headers.end() || connection->second != "close"),
           incident("a customer may keep her connection while there is room",
                    "alice is the only one in the shop, and has to connect anew for each request"));
    expect_told(alice.gets("/items/77"), "404 no such item", promise);
    expect_told(alice.gets("/items/99999999999999999999"), "404 no such page", promise);
    expect_told(alice.gets("/orders/77"), "404 no such order", promise);
    expect_told(alice.gets("/reviews/77"), "404 no such review", promise);
    expect_told(alice.gets("/favicon.ico"), "404 no such page", promise);
    expect_told(alice.orders(77, 1), "404 no such item", promise);
    expect_told(alice.orders(shop::samovar, 1), "409 sold out", promise);
    expect_told(alice.orders(shop::teapot, 11), "409 sold out", promise);
    expect_told(alice.posts("/orders", "a teapot, please"), "400 the body is not JSON", promise);
    day.bank().decline("bob", Step::charge);
    Customer bob = day.customer("bob");
    expect_told(bob.orders(shop::teapot, 1), "402 payment declined", promise);

    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 201);
    CHECK(alice.gets(order.location).number("/order/quantity") == 2);
    CHECK(alice.gets("/items/1").number("/item/stock") == 8);
    const Reply review = alice.reviews(shop::teapot, "Pours well.");
    CHECK(review.status == 201);
    CHECK(alice.gets(review.location).text("/review/text") == "Pours well.");
    const Reply all = alice.gets("/items.ndjson");
    CHECK(all.status == 200);
    CHECK(std::count(all.body.begin(), all.body.end(), '\n') == 3);
    CHECK(alice.gets("/healthz").status == 200);
    CHECK(alice.gets("/readyz").status == 200);
    CHECK(metric(alice.gets("/metrics"), "pool_max") > 0);
    expect_reconciled(day, "A quiet morning.");
}

TEST_CASE("A crowd, and every fourth card is no good", "[pitfall][stage 1]") {
    Day day(60);
    day.opens();
    needs_a_shop(day, "every customer who pays gets her teapot");
    const std::vector<Wish> crowd = wishes("c", 48);
    decline_some(day.bank(), crowd);
    in_lanes(crowd, [&](const Wish& wish) { day.orders(wish.card, wish.quantity, wish.key); });
    EXPECT(day.reconciliation().answered() == 49,
           incident("every customer is served, or told why not",
                    fmt::format("{} of 49 customers were told nothing",
                                49 - day.reconciliation().answered())));
    expect_reconciled(day, "A crowd wanted more teapots than there were.");
    // Goods may have come back from somebody's bank when those who wanted them had gone.
    const auto left =
        static_cast<int>(day.database().number("SELECT stock FROM items WHERE id = 1"));
    if (left > 0)
        expect_told(day.orders("last", left, "last's"), "201", "what is left is for sale");
    expect_told(day.orders("late", 1, "late's"), "409 sold out", "what is sold is not sold again");
    expect_reconciled(day, "The last teapots went, and somebody came too late.");
}

TEST_CASE("While the bank thinks nobody else waits", "[pitfall][stage 1]") {
    // More at the bank than there are connections; and carol, too, is one of the half of the
    // workers that may wait.
    constexpr int at_the_bank = connections + 1;
    constexpr int many_workers = 2 * (at_the_bank + 1);
    Day day;
    day.opens(many_workers);
    const std::string promise = "while the bank thinks about some customers, the others are served";
    needs_a_shop(day, promise);
    std::vector<Customer> customers;
    std::vector<Held> held;
    std::vector<Pending> orders;
    for (int i = 0; i < at_the_bank; ++i) {
        const std::string card = fmt::format("slow{}", i);
        held.push_back(day.bank().hold(card, Step::charge));
        customers.push_back(day.customer(card));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        const bool gets_there = await([&] {
            return day.bank().asked(card, Step::charge) > 0 || orders.back().is_answered();
        });
        NEED(
            gets_there,
            incident(
                promise,
                fmt::format(
                    "of {} workers {} are at the bank with a customer, and the next one is told nothing",
                    many_workers, i)));
        const std::string heard =
            orders.back().is_answered() ? told(orders.back().reply()) : "nothing yet";
        NEED(heard == "nothing yet",
             incident(promise, fmt::format("of {} workers {} are at the bank with a customer, and "
                                           "the next one was told \"{}\"",
                                           many_workers, i, heard)));
    }
    const std::string meanwhile =
        fmt::format("of {} workers {} are at the bank with a customer", many_workers, at_the_bank);
    Customer bob = day.customer("bob");
    const Reply look = bob.gets("/items/1");
    EXPECT(look.status == 200,
           incident(promise, fmt::format("{}, and bob looked at a teapot and was told \"{}\"",
                                         meanwhile, told(look))));
    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    EXPECT(review.status == 201,
           incident(promise, fmt::format("{}, and bob reviewed a teapot and was told \"{}\"",
                                         meanwhile, told(review))));
    const Reply order = day.orders("carol", 1, "carol's");
    EXPECT(order.status == 201,
           incident(promise, fmt::format("{}, and carol ordered and was told \"{}\"", meanwhile,
                                         told(order))));
    for (Held& bank : held) bank.accept();
    for (std::size_t i = 0; i < orders.size(); ++i) {
        day.reconciliation().note(fmt::format("slow{}", i), shop::teapot, 1, orders[i].reply());
    }
    expect_reconciled(day, "The bank was slow, and has answered everybody.");
    CHECK(day.reconciliation().accepted() == 2 + at_the_bank);
}

TEST_CASE("The shop says that it is alive while everybody waits", "[pitfall][stage 2]") {
    Day day(100);
    day.opens(4);
    needs_a_shop(day, "the shop can always say that it is alive");
    std::vector<Customer> customers;
    std::vector<Held> held;
    std::vector<Pending> orders;
    int at_the_bank = 0;
    for (int i = 0; i < 8; ++i) {
        const std::string card = fmt::format("slow{}", i);
        held.push_back(day.bank().hold(card, Step::charge));
        customers.push_back(day.customer(card));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        const bool is_told = await([&] {
            return day.bank().asked(card, Step::charge) > 0 || orders.back().is_answered();
        });
        NEED(is_told, incident("a customer who cannot be served is told so at once",
                               fmt::format("{} customers are at the bank, and the next one is told "
                                           "nothing",
                                           at_the_bank)));
        if (!orders.back().is_answered()) {
            ++at_the_bank;
            continue;
        }
        const Reply reply = orders.back().reply();
        expect_told(reply, "503 " + reply.text("/error"),
                    "a customer who cannot be served may come again");
        EXPECT(reply.headers.contains("Retry-After"),
               incident("503 says when to come again", "it does not"));
    }
    EXPECT(at_the_bank >= 2, incident("at least half of the workers may wait",
                                      fmt::format("of 4 only {} were let", at_the_bank)));
    Customer orchestrator = day.customer("orchestrator");
    for (const std::string path : {"/healthz", "/metrics"}) {
        const Reply health = orchestrator.gets(path);
        EXPECT(health.status == 200,
               incident("the shop can always say that it is alive",
                        fmt::format("{} customers are at the bank, and GET {} is told \"{}\"",
                                    at_the_bank, path, health.told())));
    }
    for (Held& bank : held) bank.accept();
    for (std::size_t i = 0; i < orders.size(); ++i) {
        day.reconciliation().note(fmt::format("slow{}", i), shop::teapot, 1, orders[i].reply());
    }
    expect_reconciled(day, "The shop was full.");
}

TEST_CASE("Customers who only stay connected leave room for the others", "[pitfall][stage 2]") {
    const std::string promise = "the shop can always say that it is alive";
    Day day(100);
    day.opens();
    needs_a_shop(day, promise);
    day.shop().lets_idle_customers_stay();
    const std::string meanwhile = fmt::format(
        "{0} customers came to {0} workers, and those who may stay connected do", workers);
    const auto is_alive = [&] {
        return day.customer("orchestrator").gets("/healthz").status == 200;
    };
    const auto all_go = [&] {
        static_cast<void>(comes_to_be_settled(day));
        expect_idle(day, "a customer who hangs up leaves nothing behind");
    };
    {
        Staying staying(day.shop().port());
        NEED(staying.come(workers),
             incident(promise, meanwhile + ", and one of them was not served"));
        NEED(is_alive(), incident(promise, meanwhile + ", and GET /healthz gets no answer"));
    }
    all_go();
    {
        Staying staying(day.shop().port());
        staying.come(workers);
        const WriteLock nobody_writes(day.database().path());
        const Reviewers reviewers(day.shop().port(), workers);
        NEED(is_alive(), incident(promise, meanwhile + ", others wait for the database, and GET "
                                                       "/healthz gets no answer"));
    }
    all_go();
    {
        Staying staying(day.shop().port());
        staying.come(workers);
        Buyers buyers(day);
        NEED(buyers.come(workers / 2),
             incident("at least half of the workers may wait",
                      fmt::format("{}, and of {} buyers who come then not all get to the bank",
                                  meanwhile, workers / 2)));
    }
    all_go();
    Buyers buyers(day);
    Staying staying(day.shop().port());
    NEED((buyers.come(workers / 2) && staying.come(workers)),
         incident("a customer who only looks does not wait for those at the bank",
                  fmt::format("of {} workers {} are at the bank, some customers have looked at "
                              "something and stay connected if they may, and the next one cannot "
                              "look",
                              workers, workers / 2)));
}

TEST_CASE("Readers go on while more buyers than workers come", "[pitfall][stage 2]") {
    const std::string promise = "a customer who only looks does not wait for those at the bank";
    Day day(100);
    day.opens(workers);
    needs_a_shop(day, promise);
    std::vector<Customer> buyers;
    std::vector<Held> held;
    std::vector<Pending> orders;
    int at_the_bank = 0;
    // Those at the bank stay there: when the shop is full, it is full however often she asks.
    const auto is_told_200 = [&](const std::string& path) {
        Customer customer = day.customer("visitor");
        return await([&] { return customer.gets(path).status == 200; });
    };
    for (int i = 0; i < 2 * workers; ++i) {
        const std::string card = fmt::format("slow{}", i);
        held.push_back(day.bank().hold(card, Step::charge));
        buyers.push_back(day.customer(card));
        orders.push_back(buyers.back().starts_to_order(shop::teapot, 1));
        const bool is_told = await([&] {
            return day.bank().asked(card, Step::charge) > 0 || orders.back().is_answered();
        });
        NEED(is_told, incident("a customer who cannot be served is told so at once",
                               fmt::format("{} customers are at the bank, and the next one is told "
                                           "nothing",
                                           at_the_bank)));
        if (orders.back().is_answered()) {
            const Reply reply = orders.back().reply();
            expect_told(reply, "503 " + reply.text("/error"),
                        "a customer who cannot be served may come again");
        } else {
            ++at_the_bank;
        }
        NEED(is_told_200("/items/1"),
             incident(promise, fmt::format("{} buyers came to {} workers, {} of them are at the "
                                           "bank, and a customer who looks at a teapot is refused",
                                           i + 1, workers, at_the_bank)));
        NEED(is_told_200("/healthz"),
             incident("the shop can always say that it is alive",
                      fmt::format("{} customers are at the bank, and GET /healthz is refused",
                                  at_the_bank)));
    }
    EXPECT(at_the_bank >= workers / 2,
           incident("at least half of the workers may wait",
                    fmt::format("of {} only {} were let", workers, at_the_bank)));
    for (Held& bank : held) bank.accept();
    for (std::size_t i = 0; i < orders.size(); ++i) {
        day.reconciliation().note(fmt::format("slow{}", i), shop::teapot, 1, orders[i].reply());
    }
    expect_reconciled(day, "Twice as many buyers as workers have come.");
}

TEST_CASE("Those at the bank and those at the database leave a worker free between them",
          "[pitfall][stage 2]") {
    const std::string promise = "the shop can always say that it is alive";
    Day day(100);
    day.opens(workers);
    needs_a_shop(day, promise);
    std::vector<Customer> customers;
    std::vector<Held> held;
    std::vector<Pending> orders;
    for (int i = 0; i < workers / 2; ++i) {
        const std::string card = fmt::format("slow{}", i);
        held.push_back(day.bank().hold(card, Step::charge));
        customers.push_back(day.customer(card));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        static_cast<void>(await([&] {
            return day.bank().asked(card, Step::charge) > 0 || orders.back().is_answered();
        }));
    }
    std::vector<Pending> reviews;
    bool is_alive = false;
    {
        const WriteLock nobody_writes(day.database().path());
        for (int i = 0; i < workers / 2; ++i) {
            customers.push_back(day.customer(fmt::format("waiting{}", i)));
            reviews.push_back(customers.back().starts_to_review(shop::teapot, "Pours well."));
        }
        // They have come when one too many is refused. In another design none may be.
        static_cast<void>(await(
            [&] {
                return std::any_of(reviews.begin(), reviews.end(),
                                   [](const Pending& review) { return review.is_answered(); });
            },
            std::chrono::seconds(2)));
        Customer orchestrator = day.customer("orchestrator");
        const Pending health = orchestrator.starts_to_get("/healthz");
        is_alive = await([&] { return health.is_answered(); });
    }
    EXPECT(is_alive, incident(promise, fmt::format("{} customers are at the bank, {} write and "
                                                   "wait for another program's lock, and GET "
                                                   "/healthz gets no answer",
                                                   workers / 2, workers / 2)));
    for (const Pending& review : reviews) {
        const Reply reply = review.reply();
        const bool is_told = reply.status == 201 || reply.status == 503;
        EXPECT(is_told, incident("a customer waits and is served, or may come again",
                                 fmt::format("she was told \"{}\"", reply.told())));
    }
    for (Held& bank : held) bank.accept();
    for (std::size_t i = 0; i < orders.size(); ++i) {
        day.reconciliation().note(fmt::format("slow{}", i), shop::teapot, 1, orders[i].reply());
    }
    expect_reconciled(day, "Another program had the database's lock.");
}

TEST_CASE("The shop says that it is alive while no connection is free", "[pitfall][stage 2]") {
    Day day;
    day.opens();
    const std::string promise = "the shop can always say that it is alive";
    needs_a_shop(day, promise);
    std::vector<Customer> customers;
    std::vector<Pending> reviews;
    {
        const WriteLock nobody_writes(day.database().path());
        for (int i = 0; i < connections; ++i) {
            customers.push_back(day.customer(fmt::format("waiting{}", i)));
            reviews.push_back(customers.back().starts_to_review(shop::teapot, "Pours well."));
        }
        Customer monitoring = day.customer("monitoring");
        // In another design they may wait elsewhere, and then no connection is taken.
        static_cast<void>(
            await([&] { return metric(monitoring.gets("/metrics"), "pool_in_use") == connections; },
                  time_to_be_answered));
        const Reply health = day.customer("orchestrator").gets("/healthz");
        EXPECT(health.status == 200,
               incident(promise, fmt::format("four customers wait for another program's lock, and "
                                             "GET /healthz is told \"{}\"",
                                             health.told())));
    }
    for (const Pending& review : reviews) {
        EXPECT(review.reply().status == 201,
               incident("a customer waits for another program's lock, and is served",
                        fmt::format("she was told \"{}\"", review.reply().told())));
    }
}

TEST_CASE("A key is the name of an order", "[pitfall][stage 3]") {
    Day day;
    day.opens();
    const std::string promise = "under one key there is one order, no matter what happens";
    needs_a_shop(day, promise);
    const Reply first = day.orders("alice", 2, "tea");
    for (const std::string when : {"at once", "when the shop had closed and opened",
                                   "when the shop had been killed and had opened"}) {
        const Reply again = day.orders("alice", 2, "tea");
        const bool is_the_same = again.status == 201 && again.location == first.location;
        EXPECT(is_the_same,
               incident(promise, fmt::format("alice has {}, came again {}, and was told \"{}\" {}",
                                             first.location, when, again.told(), again.location)));
        if (when == "at once") day.closes();
        if (when != "at once") day.is_killed();
        day.opens();
    }
    day.bank().fail("alice", Step::charge);
    expect_told(day.orders("alice", 2, "tea"), "201",
                "an order that is confirmed needs no bank any more");
    day.bank().mend("alice");
    const Reply namesake = day.orders("erin", 1, "tea");
    EXPECT(namesake.status == 201,
           incident("a customer's key is hers alone",
                    fmt::format("erin's key is the same as alice's, and she was told \"{}\"",
                                namesake.told())));

    Customer alice = day.customer("alice");
    const Reply other = alice.orders(shop::teapot, 3, "tea");
    EXPECT(other.status == 422,
           incident(promise, fmt::format("alice sent it with another order, and was told \"{}\"",
                                         other.told())));

    const Reply kettle = day.customer("erin").orders(shop::kettle, 1, "tea");
    EXPECT(kettle.status == 422,
           incident(promise, fmt::format("erin sent hers with as many kettles, and was told \"{}\"",
                                         kettle.told())));

    const Reply card = day.customer("alice").posts("/orders", order_of("alice's other card", 2),
                                                   {{"Idempotency-Key", "tea"}});
    EXPECT(card.status == 422,
           incident(promise, fmt::format("alice sent it with another card, and was told \"{}\"",
                                         card.told())));

    day.bank().decline("bob", Step::charge);
    expect_told(day.orders("bob", 1, "bob's"), "402 payment declined", promise);
    day.bank().mend("bob");
    expect_told(day.orders("bob", 1, "bob's"), "402 payment declined", promise);
    day.bank().fail("bob", Step::charge);
    expect_told(day.orders("bob", 1, "bob's"), "402 payment declined",
                "an order that is declined needs no bank any more");
    day.bank().mend("bob");

    Held bank = day.bank().hold("carol", Step::charge);
    Customer one = day.customer("carol");
    Customer two = day.customer("carol");
    const Pending at_the_bank = one.starts_to_order(shop::teapot, 1, "carol's");
    NEED(bank.is_asked(), incident(promise, "the bank was never asked about carol"));
    const Pending meanwhile = two.starts_to_order(shop::teapot, 1, "carol's");
    static_cast<void>(meanwhile.is_answered_within(std::chrono::milliseconds(20)));
    bank.accept();
    const Reply came_first = at_the_bank.reply();
    day.reconciliation().note("carol", shop::teapot, 1, came_first);
    const bool is_one =
        came_first.status == 201 && meanwhile.reply().location == came_first.location;
    EXPECT(is_one,
           incident(promise, fmt::format("carol pressed the button twice, and was told \"{}\" {} "
                                         "and \"{}\" {}",
                                         came_first.told(), came_first.location,
                                         meanwhile.reply().told(), meanwhile.reply().location)));

    Customer left = day.customer("dave");
    Customer right = day.customer("dave");
    std::vector<Pending> pressed;
    {
        const WriteLock nobody_writes(day.database().path());
        for (Customer* dave : {&left, &right}) {
            pressed.push_back(dave->starts_to_order(shop::teapot, 1, "dave's"));
        }
        // They have come when both wait for the lock. In another design they may wait elsewhere.
        Customer monitoring = day.customer("monitoring");
        static_cast<void>(
            await([&] { return metric(monitoring.gets("/metrics"), "pool_in_use") >= 2; },
                  time_to_be_answered));
        static_cast<void>(pressed[1].is_answered_within(std::chrono::milliseconds(20)));
    }
    const Reply one_press = pressed[0].reply();
    const Reply other_press = pressed[1].reply();
    day.reconciliation().note("dave", shop::teapot, 1, one_press);
    const bool is_one_order = one_press.status == 201 && other_press.status == 201 &&
                              one_press.location == other_press.location;
    EXPECT(is_one_order,
           incident(promise, fmt::format("dave pressed the button twice before anything could be "
                                         "written down, and was told \"{}\" {} and \"{}\" {}",
                                         one_press.told(), one_press.location, other_press.told(),
                                         other_press.location)));
    expect_reconciled(day, "Customers have come again under their keys.");
}

TEST_CASE("The bank's silence is neither yes nor no", "[pitfall][stage 3]") {
    Day day;
    day.opens();
    needs_a_shop(day, "a bank that does not answer is asked again, by the same name");
    TestBank& bank = day.bank();
    bank.lose_next_answer("alice");
    const Reply lost = day.orders("alice", 1, "alice's");
    EXPECT(lost.status == 201,
           incident("a bank that does not answer is asked again, by the same name",
                    fmt::format("one answer was lost, and alice was told \"{}\"", lost.told())));
    bank.fail("bob", Step::charge);
    expect_told(day.orders("bob", 1, "bob's"), "504 the bank does not answer",
                "a customer who may have paid is told neither yes nor no");
    bank.mend("bob");
    expect_told(day.orders("bob", 1, "bob's"), "201",
                "a customer who comes again brings her order to its end");
    // Without a key nobody can come again, but the shop can.
    bank.fail("carol", Step::charge);
    expect_told(day.customer("carol").orders(shop::teapot, 1), "504 the bank does not answer",
                "a customer who may have paid is told neither yes nor no");
    for (int i = 0; i < 2; ++i) bank.lose_next_answer("dave");
    static_cast<void>(day.customer("dave").orders(shop::teapot, 1));
    bank.mend("carol");
    day.closes();
    day.opens();
    EXPECT(comes_to_be_settled(day),
           incident("what was left unfinished is settled as soon as the shop opens again",
                    fmt::format("{} orders are still reserved", still_reserved(day))));
    expect_reconciled(day, "The bank was silent, and its answers were lost.");
}

TEST_CASE("An order that is paid and cannot be written down is told as neither yes nor no",
          "[pitfall][stage 4]") {
    Day day;
    day.opens();
    const std::string promise = "a customer who may have paid is told neither yes nor no";
    needs_a_shop(day, promise);
    day.database().run(
        "CREATE TRIGGER full BEFORE UPDATE OF state ON orders BEGIN SELECT RAISE(ABORT, 'the disk "
        "is full'); END");
    const Reply reply = day.customer("alice").orders(shop::teapot, 1, "tea");
    const bool is_left_open =
        (reply.status == 504 || reply.status == 502) && !reply.headers.contains("Retry-After");
    const bool is_known = still_reserved(day) == 0;
    EXPECT((is_known || is_left_open),
           incident(promise,
                    fmt::format("the bank took alice's money, her order could not be confirmed, "
                                "and she was told \"{}\": only 504 (or 502) without Retry-After "
                                "says that it is not known yet what has become of it",
                                told(reply))));
    day.database().run("DROP TRIGGER full");
    EXPECT(comes_to_be_settled(day),
           incident("what was left unfinished is settled while the shop is open",
                    "the database can be written again, and alice's order is still reserved"));
    const Reply again = day.orders("alice", 1, "tea");
    EXPECT(again.status == 201,
           incident(promise, fmt::format("the database is well again, alice came again under her "
                                         "key, and was told \"{}\"",
                                         again.told())));
    day.closes();
    expect_reconciled(day, "For a while no order could be confirmed.");
}

TEST_CASE("Nobody who has paid is told to come again", "[pitfall][stage 4]") {
    Day day;
    day.opens();
    const std::string promise = "a customer who may have paid is told neither yes nor no";
    needs_a_shop(day, promise);
    Held bank = day.bank().hold("alice", Step::charge);
    Customer alice = day.customer("alice");
    const Pending order = alice.starts_to_order(shop::teapot, 1, "alice's");
    NEED(bank.is_asked(), incident(promise, "the bank was never asked about alice"));
    {
        const WriteLock nobody_writes(day.database().path());
        const Reviewers reviewers(day.shop().port(), connections);
        Customer monitoring = day.customer("monitoring");
        // In another design they may wait elsewhere, and so may alice.
        static_cast<void>(
            await([&] { return metric(monitoring.gets("/metrics"), "pool_in_use") >= connections; },
                  time_to_be_answered));
        bank.accept();
        static_cast<void>(await(
            [&] {
                day.shop().time_passes(std::chrono::minutes(1));  // nobody waits so long
                return order.is_answered();
            },
            std::chrono::seconds(2)));
    }
    const Reply reply = order.reply();
    const bool is_left_open =
        (reply.status == 504 || reply.status == 502) && !reply.headers.contains("Retry-After");
    EXPECT((reply.status == 201 || is_left_open),
           incident(promise,
                    fmt::format("the bank took alice's money, no connection was free to write it "
                                "down, and she was told \"{}\": only 504 (or 502) without "
                                "Retry-After says that it is not known yet what has become of it",
                                told(reply))));
    EXPECT(comes_to_be_settled(day),
           incident("what was left unfinished is settled while the shop is open",
                    "connections are free again, and alice's order is still reserved"));
    day.closes();
    expect_reconciled(day, "For a while no connection was free.");
}

TEST_CASE("An order at the bank keeps no other from being settled", "[pitfall][stage 4]") {
    Day day;
    day.opens();
    const std::string promise = "what was left unfinished is settled while the shop is open";
    needs_a_shop(day, promise);
    Held bank = day.bank().hold("alice", Step::charge);
    Customer alice = day.customer("alice");
    const Pending order = alice.starts_to_order(shop::teapot, 1, "alice's");
    NEED(bank.is_asked(), incident(promise, "the bank was never asked about alice"));
    const Held a_second_time = day.bank().hold("alice", Step::charge);
    for (int i = 0; i < 2; ++i) day.bank().lose_next_answer("bob");
    expect_told(day.customer("bob").orders(shop::teapot, 1), "504 the bank does not answer",
                "a customer who may have paid is told neither yes nor no");
    EXPECT(comes_to_be_settled(day, 1),
           incident(promise,
                    "alice is at the bank, the bank's answers about bob were lost, and his "
                    "order stays reserved as long as the bank thinks about alice"));
    bank.accept();
    day.reconciliation().note("alice", shop::teapot, 1, order.reply());
    expect_told(order.reply(), "201", promise);
    expect_reconciled(day, "Alice was at the bank, and bob's order was open.");
}

TEST_CASE("An order that is told as 201 is in the database", "[pitfall][stage 1]") {
    Day day;
    day.opens();
    const std::string promise = "201 is said when the order is in the database, and not before";
    needs_a_shop(day, promise);
    Held bank = day.bank().hold("alice", Step::charge);
    Customer alice = day.customer("alice");
    const Pending order = alice.starts_to_order(shop::teapot, 1, "alice's");
    NEED(bank.is_asked(), incident(promise, "the bank was never asked about alice"));
    {
        const WriteLock nobody_writes(day.database().path());
        bank.accept();
        const bool is_told = order.is_answered_within(time_to_be_answered);
        EXPECT(!is_told,
               incident(promise, fmt::format("nobody could write to the database, and alice was "
                                             "told \"{}\"",
                                             is_told ? order.reply().told() : "")));
    }
    day.reconciliation().note("alice", shop::teapot, 1, order.reply());
    expect_told(order.reply(), "201", promise);
    expect_reconciled(day, "Another connection had the write lock for a while.");
}

TEST_CASE("kill -9 while customers are at the bank", "[pitfall][stage 3]") {
    Day day;
    day.opens();
    needs_a_shop(day, "an order that a kill -9 broke off is settled with the bank, by its name");
    std::vector<Held> held;
    std::vector<Customer> customers;
    std::vector<Pending> orders;
    for (const std::string card : {"alice", "bob", "carol"}) {
        held.push_back(day.bank().hold(card, Step::charge));
        customers.push_back(day.customer(card));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1, card + "'s"));
        NEED(held.back().is_asked(), fmt::format("The bank was never asked about {}.", card));
    }
    day.is_killed();
    held[0].accept();  // the bank does not know that nobody is there to hear it
    held[1].decline();
    held[2].fail();
    NEED(await([&] { return day.bank().charges_of("alice") == 1; }), "The bank took no money.");
    customers.clear();
    day.opens();
    EXPECT(comes_to_be_settled(day),
           incident("what a kill -9 broke off is settled as soon as the shop opens again",
                    fmt::format("{} of the three orders are still reserved", still_reserved(day))));
    const std::string promise = "a customer who comes again is told what became of her order";
    expect_told(day.orders("alice", 1, "alice's"), "201", promise);
    expect_told(day.orders("bob", 1, "bob's"), "402 payment declined", promise);
    expect_told(day.orders("carol", 1, "carol's"), "201", promise);
    const double failures =
        metric(day.customer("monitoring").gets("/metrics"), "sweeper_failures_total");
    EXPECT(failures <= 0,
           incident("what has failed is counted, and a declined card is no failure",
                    fmt::format("the bank has answered for alice, bob and carol, and "
                                "sweeper_failures_total is {}",
                                failures)));
    expect_reconciled(day, "The shop was killed while three customers were at the bank.");
}

TEST_CASE("The shop opens although the bank is silent", "[pitfall][stage 3]") {
    Day day;
    day.opens();
    needs_a_shop(day, "the shop opens although the bank cannot be asked");
    for (const std::string card : {"alice", "bob"}) {
        Held bank = day.bank().hold(card, Step::charge);
        Customer customer = day.customer(card);
        const Pending order = customer.starts_to_order(shop::teapot, 1, card + "'s");
        NEED(bank.is_asked(), fmt::format("The bank was never asked about {}.", card));
        day.is_killed();
        bank.fail();
        day.bank().fail("alice", Step::charge);
        day.opens();
    }
    const std::string promise = "an order that cannot be settled does not keep the others from it";
    EXPECT(comes_to_be_settled(day, 1),
           incident(promise, fmt::format("the bank does not answer for alice, it does for bob; {} "
                                         "orders are still reserved",
                                         still_reserved(day))));
    day.bank().mend("alice");
    expect_told(day.orders("bob", 1, "bob's"), "201", promise);
    expect_told(day.orders("alice", 1, "alice's"), "201", promise);
    expect_reconciled(day, "The bank was silent at the start.");
}

TEST_CASE("The shop opens and closes although the bank hangs", "[pitfall][stage 5]") {
    Day day;
    day.opens();
    const std::string promise = "a bank that never answers keeps nobody out, and nobody in";
    needs_a_shop(day, promise);
    Held bank = day.bank().hold("alice", Step::charge);
    {
        Customer alice = day.customer("alice");
        const Pending order = alice.starts_to_order(shop::teapot, 1, "alice's");
        NEED(bank.is_asked(), "The bank was never asked about alice.");
        day.is_killed();
    }
    bank.fail();
    Held hangs = day.bank().hold("alice", Step::charge);
    day.opens();
    NEED(hangs.is_asked(),
         incident(promise, "alice's order is open, and nobody asks the bank what became of it"));
    expect_no_connection(day, "the shop asks the bank what became of alice's order");
    expect_told(day.orders("bob", 1, "bob's"), "201", promise);
    const ServerProcess::End end = day.closes();
    NEED(
        end.has_ended,
        incident(promise,
                 "everybody had been served, the shop was told to close, and it waits for the bank "
                 "to say what became of alice's order: the next shop asks, too"));
    expect_clean_end(day, end);
    hangs.fail();
    day.opens();
    EXPECT(comes_to_be_settled(day),
           incident("what was left unfinished is settled as soon as the bank answers",
                    "alice's order is still reserved"));
    EXPECT(await([&] { return without_receipt(day) == 0; }),
           incident("every accepted order has its receipt",
                    "alice's order was settled when the "
                    "shop had opened, and has none"));
    day.closes();
    expect_reconciled(day, "The bank hung.");
}

TEST_CASE("What could not be done is done while the shop is open", "[pitfall][stage 5]") {
    Day day;
    day.opens();
    const std::string promise =
        "what could not be done is counted, and done while the shop is open";
    needs_a_shop(day, promise);
    const std::string said_before = day.shop().errors();
    Customer monitoring = day.customer("monitoring");
    const auto failures = [&] {
        return metric(monitoring.gets("/metrics"), "sweeper_failures_total");
    };
    // One alone, and then the other: each is counted.
    day.bank().fail("eve", Step::reference);
    expect_told(day.orders("eve", 1, "eve's"), "201", "nobody waits for her receipt");
    EXPECT(await([&] { return failures() >= 1; }),
           incident(promise,
                    "the bank gives no number for eve's receipt, and /metrics counts no "
                    "sweeper_failures_total"));
    day.bank().mend("eve");
    EXPECT(await([&] { return without_receipt(day) == 0; }),
           incident("every accepted order has its receipt",
                    "the bank gives a number for eve's again, and she has none"));
    const double counted = failures();
    day.bank().fail("bob", Step::charge);
    expect_told(day.customer("bob").orders(shop::teapot, 1), "504 the bank does not answer",
                "a customer who may have paid is told neither yes nor no");
    EXPECT(await([&] { return failures() > counted; }),
           incident(promise,
                    "the bank does not answer for bob, and /metrics counts no "
                    "sweeper_failures_total"));
    day.bank().fail("alice", Step::reference);
    expect_told(day.orders("alice", 1, "alice's"), "201", "nobody waits for her receipt");
    EXPECT(await([&] { return day.shop().errors() != said_before; }),
           incident(promise,
                    "the bank gives no number for alice's receipt and does not answer for "
                    "bob, and the shop says nothing of it on the standard error"));
    expect_told(day.orders("dave", 1, "dave's"), "201", "nobody waits for a receipt");
    EXPECT(
        await([&] { return without_receipt(day) == 1; }),
        incident("every accepted order has its receipt",
                 "the bank gives no number for alice's, and dave, who came after her, has none"));
    day.bank().mend("alice");
    day.bank().mend("bob");
    const bool is_done =
        await([&] { return still_reserved(day) == 0 && without_receipt(day) == 0; });
    EXPECT(is_done, incident(promise, fmt::format("the bank answers again, {} orders are still "
                                                  "reserved, and {} have no receipt",
                                                  still_reserved(day), without_receipt(day))));
    day.orders("carol", 1, "carol's");
    EXPECT(await([&] { return without_receipt(day) == 0; }),
           incident("every accepted order has its receipt", "carol's has none"));
    const int asked = day.bank().asked("first", Step::reference);
    EXPECT(asked == 1,
           incident("what is done is not done again",
                    fmt::format("the first customer of the day has her receipt, and the bank was "
                                "asked {} times for its number",
                                asked)));
    day.closes();
    expect_reconciled(day, "The bank was silent for a while.");
}

TEST_CASE("kill -9 at any step of an order", "[pitfall][stage 3]") {
    Day day(1000);
    day.opens();
    needs_a_shop(day, "whenever the shop is killed, nothing is lost");
    day.closes();
    bool has_died = true;
    for (int step = 1; has_died; ++step) {
        NEED(step < too_many_steps, "An order takes more than a hundred steps.");
        const std::string card = fmt::format("c{}", step);
        const std::string key = fmt::format("key of {}", card);
        day.opens();
        day.shop().dies_at_failpoint(step);
        const Reply reply = day.orders(card, 1, key);
        const ServerProcess::End end = day.closes();
        has_died = end.was_killed;
        const std::string when = fmt::format("The shop was killed at \"{}\".", end.step);
        day.opens();
        const std::string gone = day.reconciliation().what_was_accepted_and_is_gone();
        NEED(gone.empty(), fmt::format("{} {}", when, gone));
        NEED(comes_to_be_settled(day),
             fmt::format("{} {}", when,
                         incident("what a kill -9 broke off is settled as soon as the shop opens",
                                  fmt::format("{}'s order is still reserved", card))));
        const Reply again = day.orders(card, 1, key);
        NEED(again.status == 201,
             fmt::format("{} {}", when,
                         incident("a customer who comes again is told what became of her order",
                                  fmt::format("{} was told \"{}\"", card, again.told()))));
        day.closes();
        const std::string found = day.reconciliation().incidents();
        NEED(found.empty(), fmt::format("{} {}", when, found));
    }
}

TEST_CASE("kill -9 in the middle of the load", "[pitfall][stage 3]") {
    Day day(300);
    day.opens();
    needs_a_shop(day, "an order that was accepted outlives a kill -9");
    std::mt19937 random(17);
    for (int round = 0; round < 3; ++round) {
        const std::vector<Wish> crowd = wishes(fmt::format("r{}c", round), 40);
        decline_some(day.bank(), crowd);
        std::vector<Wish> unanswered;
        std::mutex mutex;
        std::atomic<int> until_the_kill = static_cast<int>(3 + random() % 25);
        in_lanes(crowd, [&](const Wish& wish) {
            const Reply reply = day.orders(wish.card, wish.quantity, wish.key);
            if (reply.status != 0 && --until_the_kill == 0) day.shop().send(SIGKILL);
            if (reply.status != 0) return;
            const std::lock_guard lock(mutex);
            unanswered.push_back(wish);
        });
        NEED(day.shop().await_end().was_killed, "The shop was to be killed, and ended by itself.");
        day.opens();
        const std::string gone = day.reconciliation().what_was_accepted_and_is_gone();
        EXPECT(gone.empty(),
               fmt::format("The shop was killed in the middle of the load. {}", gone));
        EXPECT(comes_to_be_settled(day),
               incident("what a kill -9 broke off is settled as soon as the shop opens again",
                        fmt::format("{} orders are still reserved", still_reserved(day))));
        in_lanes(unanswered,
                 [&](const Wish& wish) { day.orders(wish.card, wish.quantity, wish.key); });
        day.closes();
        expect_reconciled(day,
                          "The shop was killed in the middle of the load, and those who were "
                          "told nothing have come again.");
        day.opens();
    }
}

TEST_CASE("After SIGTERM the shop says that it is not ready", "[pitfall][stage 5]") {
    Day day;
    day.opens(workers, std::chrono::minutes(10));
    const std::string promise = "a shop that is told to close is not ready any more";
    needs_a_shop(day, promise);
    const auto is_ready = [&] { return day.customer("balancer").gets("/readyz").status == 200; };
    NEED(is_ready(), incident(promise, "it is open, and GET /readyz does not say so"));
    day.shop().send(SIGTERM);
    EXPECT(await([&] { return !is_ready(); }),
           incident(promise, "SIGTERM came, and GET /readyz is told 200 still"));
}

TEST_CASE("SIGTERM in the middle of the load", "[pitfall][stage 5]") {
    Day day(300);
    day.opens();
    const std::string promise = "a customer who is being served when SIGTERM comes gets her answer";
    needs_a_shop(day, promise);
    std::vector<Held> held;
    std::vector<Customer> customers;
    std::vector<Pending> orders;
    for (const std::string card : {"alice", "bob"}) {
        held.push_back(day.bank().hold(card, Step::charge));
        customers.push_back(day.customer(card));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1, card + "'s"));
        NEED(held.back().is_asked(), fmt::format("The bank was never asked about {}.", card));
    }
    std::atomic<int> until_the_signal = 15;
    const std::vector<Wish> crowd = wishes("c", 60);
    decline_some(day.bank(), crowd);
    in_lanes(crowd, [&](const Wish& wish) {
        const Reply reply = day.orders(wish.card, wish.quantity, wish.key);
        if (reply.status != 0 && --until_the_signal == 0) day.shop().send(SIGTERM);
    });
    let_it_close(day);
    held[0].accept();
    held[1].decline();
    day.reconciliation().note("alice", shop::teapot, 1, orders[0].reply());
    day.reconciliation().note("bob", shop::teapot, 1, orders[1].reply());
    expect_told(orders[0].reply(), "201", promise);
    expect_told(orders[1].reply(), "402 payment declined", promise);

    expect_clean_end(day, day.shop().await_end());
    const std::string untold = day.reconciliation().what_was_done_and_not_told();
    EXPECT(untold.empty(), "SIGTERM came in the middle of the load. " + untold);
    expect_reconciled(day, "SIGTERM came in the middle of the load.");
    expect_receipts(day, "The shop has closed.");
}

TEST_CASE("Every accepted order has its receipt", "[pitfall][stage 5]") {
    Day day(100);
    day.opens();
    needs_a_shop(day, "every accepted order has its receipt");
    Held bank = day.bank().hold("alice", Step::reference);
    expect_told(day.orders("alice", 1, "alice's"), "201", "nobody waits for her receipt");
    NEED(bank.is_asked(), incident("every accepted order has its receipt",
                                   "the bank was never asked for the number of alice's payment"));
    expect_no_connection(day, "the shop asks the bank for the number of alice's payment");
    day.bank().decline("bob", Step::charge);
    expect_told(day.orders("bob", 1, "bob's"), "402 payment declined",
                "nobody waits for a receipt");
    expect_told(day.orders("carol", 1, "carol's"), "201", "nobody waits for a receipt");
    day.shop().send(SIGTERM);
    NEED(await([&] { return RawClient(day.shop().port()).is_hung_up_on(); }),
         incident("a shop that closes lets nobody in", "it does"));
    let_it_close(day);
    bank.accept();
    expect_clean_end(day, day.shop().await_end());
    expect_receipts(day, "The shop has closed while a receipt was being written.");

    day.opens();
    Held again = day.bank().hold("dave", Step::reference);
    expect_told(day.orders("dave", 1, "dave's"), "201", "nobody waits for her receipt");
    expect_told(day.orders("erin", 1, "erin's"), "201", "nobody waits for her receipt");
    NEED(again.is_asked(), incident("every accepted order has its receipt",
                                    "the bank was never asked for the number of dave's payment"));
    day.is_killed();
    again.fail();
    day.opens();
    day.closes();
    expect_receipts(
        day,
        "The shop was killed while a receipt was being written, has opened again, and has closed.");
    expect_reconciled(day, "A day of receipts.");
}

TEST_CASE("An order that cannot be settled keeps no receipt from another", "[pitfall][stage 5]") {
    Day day;
    day.opens();
    const std::string promise = "every accepted order has its receipt";
    needs_a_shop(day, promise);
    Held receipt = day.bank().hold("alice", Step::reference);
    expect_told(day.orders("alice", 1, "alice's"), "201", "nobody waits for her receipt");
    NEED(receipt.is_asked(),
         incident(promise, "the bank was never asked for the number of alice's payment"));
    Held charge = day.bank().hold("bob", Step::charge);
    {
        Customer bob = day.customer("bob");
        const Pending order = bob.starts_to_order(shop::teapot, 1, "bob's");
        NEED(charge.is_asked(), incident(promise, "the bank was never asked about bob"));
        day.is_killed();
    }
    receipt.fail();
    charge.fail();
    Held hangs = day.bank().hold("bob", Step::charge);
    day.opens();
    NEED(hangs.is_asked(), incident("what was left unfinished is settled when the shop opens again",
                                    "bob's order is open, and nobody asks the bank what became "
                                    "of it"));
    day.closes();
    expect_receipts(day,
                    "The shop was killed before alice's receipt was written. The next one has "
                    "opened, has asked the bank about bob and got no answer, and has closed.");
    hangs.fail();
    day.opens();
    EXPECT(comes_to_be_settled(day),
           incident("what was left unfinished is settled as soon as the bank answers",
                    "bob's order is still reserved"));
    day.closes();
    expect_reconciled(day, "The bank hung over one order.");
}

TEST_CASE("Customers who disconnect", "[pitfall][stage 6]") {
    Day day(100);
    day.opens();
    const std::string promise = "a customer who hangs up leaves nothing behind";
    needs_a_shop(day, promise);
    for (int i = 0; i < 2 * workers; ++i) {
        const std::string card = fmt::format("gone{}", i);
        Held bank = day.bank().hold(card, Step::charge);
        RawClient customer(day.shop().port());
        customer.sends(post("/orders", order_of(card, 1)));
        NEED(
            bank.is_asked(),
            incident(promise, fmt::format("{} customers ordered and hung up, and the next one does "
                                          "not get to the bank",
                                          i)));
        customer.hangs_up();
        if (i % 2 == 0) bank.accept();
        if (i % 2 == 1) bank.decline();
        // Else those who have gone are served so late that the next one finds the shop full.
        NEED(await([&] { return still_reserved(day) == 0; }),
             incident(promise, card + " hung up while she was at the bank, and her order is "
                                      "neither paid nor declined"));
    }
    expect_told(day.orders("last", 1, "last's"), "201", promise);
    expect_idle(day, promise);
    day.closes();
    expect_reconciled(day, "Sixteen customers have hung up while they were at the bank.");
    expect_receipts(day, "The shop has closed.");
}

TEST_CASE("Customers who are refused", "[pitfall][stage 6]") {
    Day day;
    day.opens();
    const std::string promise = "a customer who is refused leaves nothing behind";
    needs_a_shop(day, promise);
    std::vector<Customer> customers;
    std::vector<Pending> exports;
    Customer monitoring = day.customer("monitoring");
    {
        const WriteLock nobody_writes(day.database().path());
        const Reviewers reviewers(day.shop().port(), connections);
        // In another design they may wait elsewhere, and so may those who read.
        const auto comes_to_be = [&](const char* what, int count) {
            static_cast<void>(
                await([&] { return metric(monitoring.gets("/metrics"), what) >= count; },
                      time_to_be_answered));
        };
        comes_to_be("pool_in_use", connections);
        for (int i = 0; i < 2; ++i) {
            customers.push_back(day.customer(fmt::format("reader{}", i)));
            exports.push_back(customers.back().starts_to_get("/items.ndjson"));
        }
        comes_to_be("pool_waiting", 2);
        day.shop().time_passes(std::chrono::minutes(1));  // nobody waits so long for a connection
        for (const Pending& each : exports) static_cast<void>(each.reply());
    }
    Reply whole;
    static_cast<void>(
        await([&] { return (whole = monitoring.gets("/items.ndjson")).status == 200; }));
    EXPECT(whole.status == 200,
           incident(promise,
                    fmt::format("two customers wanted all the items while no connection "
                                "was free, and were told \"{}\" and \"{}\". Now all are "
                                "free, and the next one is told \"{}\"",
                                told(exports[0].reply()), told(exports[1].reply()), told(whole))));
    expect_idle(day, promise);
}

TEST_CASE("Customers who take their time", "[pitfall][stage 6]") {
    Day day(100);
    day.opens();
    const std::string promise = "the shop waits for a slow customer, and nobody else has to";
    needs_a_shop(day, promise);
    const std::string order = post("/orders", order_of("slow", 1));
    const std::string look = "GET /items/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    const std::vector<std::pair<std::string, std::size_t>> torn = {
        {look, 7}, {look, look.size() - 2}, {order, order.size() - 1}};
    std::vector<std::unique_ptr<RawClient>> slow;
    for (const auto& [request, at] : torn) {
        slow.push_back(std::make_unique<RawClient>(day.shop().port()));
        slow.back()->sends(request.substr(0, at));
    }
    const std::vector<Wish> others = wishes("c", 2 * workers);
    in_lanes(others, [&](const Wish& wish) { day.orders(wish.card, wish.quantity, wish.key); });
    EXPECT(day.reconciliation().accepted() == 1 + 2 * workers,
           incident(promise, fmt::format("three are slow, and of {} others {} were served",
                                         2 * workers, day.reconciliation().accepted() - 1)));
    for (std::size_t i = 0; i < torn.size(); ++i) {
        const auto& [request, at] = torn[i];
        for (const char byte : request.substr(at)) slow[i]->sends(std::string(1, byte));
        slow[i]->reads_until("}}");
        const std::vector<int> statuses = statuses_in(slow[i]->received());
        const bool is_served = statuses.size() == 1 && statuses[0] / 100 == 2;
        EXPECT(is_served,
               incident(promise, fmt::format("she sent the last byte at last, and was told \"{}\"",
                                             slow[i]->received().substr(0, 15))));
    }
    slow.clear();
    expect_idle(day, promise);
    expect_reconciled(day, "Some were slow, many were not.");
}

TEST_CASE("Customers who never read", "[pitfall][stage 6]") {
    Day day(100, many);
    day.opens();
    const std::string promise = "however many do not read what they asked for, others are served";
    needs_a_shop(day, promise);
    std::vector<std::unique_ptr<RawClient>> readers;
    // No more: a customer who waits in vain for a connection waits for seconds,
    // and meanwhile the first ones are given up.
    for (int i = 0; i < connections; ++i) {
        readers.push_back(std::make_unique<RawClient>(day.shop().port()));
        readers.back()->asks("GET /items.ndjson");
        readers.back()->reads_until("\r\n\r\n");
        const std::vector<int> statuses = statuses_in(readers.back()->received());
        const bool is_told = statuses.size() == 1 && (statuses[0] == 200 || statuses[0] == 503);
        NEED(is_told,
             incident(promise, fmt::format("{} have an export that they do not read, and the next "
                                           "one was told \"{}\"",
                                           i, readers.back()->received().substr(0, 15))));
        const bool is_told_when =
            statuses[0] == 200 ||
            readers.back()->received().find("\r\nRetry-After: ") != std::string::npos;
        EXPECT(is_told_when,
               incident("503 says when to come again", "to an export too many it does not"));
    }
    Customer bob = day.customer("bob");
    const Reply look = bob.gets("/items/1");
    EXPECT(
        look.status == 200,
        incident(promise, fmt::format("bob looked at a teapot, and was told \"{}\"", look.told())));
    const Reply order = bob.orders(shop::teapot, 1, "bob's");
    day.reconciliation().note("bob", shop::teapot, 1, order);
    expect_told(order, "201", promise);
    readers.clear();
    expect_idle(day, "a customer who hangs up leaves nothing behind");
    Reply whole;
    // Those who have hung up may have their workers for a moment still.
    static_cast<void>(await([&] { return (whole = bob.gets("/items.ndjson")).status != 503; }));
    const auto items = std::count(whole.body.begin(), whole.body.end(), '\n');
    EXPECT(items == many, incident("a customer who reads an export gets all of it",
                                   fmt::format("{} of {} items came", items, many)));
    expect_reconciled(day, "Some asked for all the items and did not read them.");
}

TEST_CASE("Those who do not read and those at the bank leave a worker free between them",
          "[pitfall][stage 6]") {
    const std::string promise = "the shop can always say that it is alive";
    Day day(100, many);
    day.opens(2);
    needs_a_shop(day, promise);
    std::optional<RawClient> reader;
    // The worker that served the first customer may be held for a moment still.
    const bool is_exported = await([&] {
        reader.emplace(day.shop().port());
        reader->asks("GET /items.ndjson");
        reader->reads_until("\r\n\r\n");
        return statuses_in(reader->received()) == std::vector{200};
    });
    NEED(is_exported, incident("at least half of the workers may wait",
                               "of two workers both are free, and nobody gets an export"));
    Held bank = day.bank().hold("slow", Step::charge);
    Customer slow = day.customer("slow");
    const Pending order = slow.starts_to_order(shop::teapot, 1);
    static_cast<void>(
        await([&] { return day.bank().asked("slow", Step::charge) > 0 || order.is_answered(); }));
    const bool is_at_the_bank = day.bank().asked("slow", Step::charge) > 0;
    Customer orchestrator = day.customer("orchestrator");
    const Pending health = orchestrator.starts_to_get("/healthz");
    const bool is_alive =
        !is_at_the_bank || await([&] { return health.is_answered(); }, std::chrono::seconds(2));
    // A customer who does not read is given up in the end, and then her worker is free.
    const bool was_given_up = !is_alive && !reader->reads_to_the_end().is_complete;
    EXPECT((is_alive || was_given_up),
           incident(promise,
                    "there are two workers, one customer does not read her export, one is "
                    "at the bank, and GET /healthz gets no answer"));
    bank.accept();
    day.reconciliation().note("slow", shop::teapot, 1, order.reply());
    expect_reconciled(day, "One did not read, and one was at the bank.");
}

TEST_CASE("An export that breaks off is seen to break off", "[pitfall][stage 6]") {
    const std::string promise = "an export is whole, or visibly broken";
    constexpr int items = 250;
    Day day(100, items);
    day.opens();
    needs_a_shop(day, promise);
    // SQLite fails when it comes to one of them.
    day.database().run(
        "ALTER TABLE items RENAME TO shelves; CREATE VIEW items AS SELECT id, title, CASE WHEN id "
        "= 150 THEN abs(-9223372036854775808 + (id - 150)) ELSE stock END AS stock FROM shelves");
    RawClient reader(day.shop().port());
    reader.asks("GET /items.ndjson");
    reader.reads(2'000UL * items);  // more than there is: she does not read for ever
    const bool has_ended = reader.is_hung_up_on();
    reader.hangs_up();
    const support::Transfer transfer = reader.reads_to_the_end();
    const bool looks_whole = transfer.status == 200 && transfer.is_complete;
    EXPECT((has_ended && !looks_whole),
           incident(promise,
                    fmt::format("item 150 of {} could not be read, and the customer got {} "
                                "lines, {}",
                                items, std::count(transfer.body.begin(), transfer.body.end(), '\n'),
                                has_ended ? "with a last chunk that says: that is all"
                                          : "and more and more")));
    expect_alive(day, "an export that broke off");

    // Nor does one look whole too early because the shop closes.
    Day closing(100, many);
    closing.opens(workers, std::chrono::minutes(10));
    needs_a_shop(closing, promise);
    RawClient slow(closing.shop().port());
    slow.asks("GET /items.ndjson");
    slow.reads_until("\r\n\r\n");
    NEED(statuses_in(slow.received()) == std::vector{200},
         incident(promise, "the shop is open, and nobody gets an export"));
    closing.shop().send(SIGTERM);
    NEED(await([&] { return closing.customer("balancer").gets("/readyz").status != 200; }),
         incident("a shop that is told to close is not ready any more",
                  "SIGTERM came, and GET /readyz is told 200 still"));
    const support::Transfer rest = slow.reads_to_the_end();
    const auto lines = std::count(rest.body.begin(), rest.body.end(), '\n');
    EXPECT((!rest.is_complete || lines == many),
           incident(promise, fmt::format("SIGTERM came while a customer was reading {} items, and "
                                         "she got {} of them, with a last chunk that says: that "
                                         "is all",
                                         many, lines)));
}

TEST_CASE("A thousand malformed requests") {
    Day day;
    day.opens();
    expect_alive(day, "nothing at all");
    const auto files_before = open_files(day.shop());
    MalformedRequests requests(17);
    for (int i = 0; i < 1000; ++i) {
        const std::string request = requests.next();
        const std::string answer = answer_to(day.shop(), request);
        for (const int status : statuses_in(answer)) {
            const bool is_refused = status >= 400 && status != 500;
            NEED(is_refused, incident("what makes no sense is refused, in words for a customer",
                                      fmt::format("request number {} was told {}: {}", i, status,
                                                  readable(request))));
        }
        NEED(!day.shop().has_ended(),
             incident("nothing that somebody sends ends the shop",
                      fmt::format("request number {} did: {}", i, readable(request))));
    }
    expect_alive(day, "a thousand malformed requests");
    expect_no_more_files(day, files_before);
    expect_reconciled(day, "A thousand malformed requests.");
}

TEST_CASE("The fuzzer's findings") {
    Day day;
    day.opens();
    expect_alive(day, "nothing at all");
    const auto files_before = open_files(day.shop());
    for (const auto& [name, bytes] : corpus("bodies")) {
        for (const std::string path : {"/orders", "/reviews"}) {
            expect_survives(day, name, post(path, bytes));
        }
    }
    for (const auto& [name, bytes] : corpus("conversations")) expect_survives(day, name, bytes);
    expect_alive(day, "all that the fuzzer has found");
    expect_no_more_files(day, files_before);
    expect_reconciled(day, "The fuzzer's findings.");
}

TEST_CASE("SIGTERM on a quiet day") {
    Day day;
    day.opens();
    expect_alive(day, "nothing at all");
    expect_clean_end(day, day.closes());
}
