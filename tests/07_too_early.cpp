// 07 the long stream: an export has its connection until its last byte, and not for longer.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_shop.hpp"
#include "support/raw_client.hpp"
#include "support/running_shop.hpp"
#include "support/sql_counts.hpp"
#include "support/stillness.hpp"

using support::ChildShop;
using support::Customer;
using support::DatabaseFile;
using support::Held;
using support::Ledger;
using support::Pending;
using support::RawClient;
using support::Reply;
using support::RunningShop;
using support::SqlCounts;
using support::Step;
using support::TestBank;
using support::Transfer;

namespace {

constexpr const char* export_request = "GET /items.ndjson";

// More than the sockets between shop and customer swallow: twelve million bytes.
constexpr int many = 3'000;

void fill(const DatabaseFile& database, int items, int bytes_of_a_title = 8) {
    database.run(fmt::format(
        "PRAGMA synchronous = OFF; BEGIN; DELETE FROM items; WITH RECURSIVE numbers (n) AS (SELECT "
        "1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {0}) INSERT INTO items SELECT n, "
        "hex(zeroblob({1})), n FROM numbers WHERE n <= {0}; COMMIT",
        items, bytes_of_a_title / 2));
}

// Item `number` is there and cannot be read: SQLite fails when it comes to it.
void spoil(const DatabaseFile& database, int number) {
    database.run(fmt::format(
        "ALTER TABLE items RENAME TO shelves; CREATE VIEW items AS SELECT id, title, CASE WHEN id "
        "= {0} THEN abs(-9223372036854775808 + (id - {0})) ELSE stock END AS stock FROM shelves",
        number));
}

// Item `number` is there, and to send it throws an int: not all that is thrown is a std::exception.
constexpr std::string_view not_to_be_sent = "what throws an int";
void spoil_the_line_of(const DatabaseFile& database, int number) {
    database.run(
        fmt::format("UPDATE items SET title = '{}' WHERE id = {}", not_to_be_sent, number));
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        lines.push_back(text.substr(begin, end - begin));
    }
    if (begin < text.size()) lines.push_back(text.substr(begin));
    return lines;
}

// What is wrong with an export that should have items 1 to `items`, each with its number as its
// stock; empty when nothing is.
std::string fault_of(const Transfer& transfer, int items) {
    if (transfer.status != 200) return fmt::format("it was answered with {}", transfer.status);
    const auto lines = lines_of(transfer.body);
    const auto arrived = static_cast<int>(lines.size());
    if (!transfer.is_complete && arrived < items) {
        return fmt::format("it broke off after {} of {} items", arrived, items);
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto number = static_cast<std::int64_t>(i) + 1;
        const std::string begin = fmt::format(R"({{"id":{},"title":"0)", number);
        const std::string end = fmt::format(R"(0","stock":{}}})", number);
        if (lines[i].starts_with(begin) && lines[i].ends_with(end)) continue;
        const Reply line{200, lines[i], ""};  // in other words, perhaps: slower
        if (!line.is_json()) return fmt::format("line {} is not JSON", number);
        if (line.number("/id") != number || line.number("/stock") != number ||
            line.text("/title").empty()) {
            return fmt::format("line {} is not item {} as it is in the table", number, number);
        }
    }
    if (arrived != items) return fmt::format("{} of {} items arrived", arrived, items);
    return transfer.is_complete ? "" : "the last chunk, which ends it, did not come";
}

Transfer whole_export(int port) {
    RawClient reader(port);
    reader.asks(export_request);
    return reader.reads_to_the_end();
}

// Whether the log cannot be emptied, asked without patience: somebody is still reading from it.
bool log_is_pinned(const DatabaseFile& database) {
    const Ledger::Unseen unseen;
    SQLite::Database inspector(database.path(), SQLite::OPEN_READWRITE);
    return inspector.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() != 0;
}

constexpr const char* log_stays =
    "Nobody streams any more, and the log cannot be emptied: a statement that was never reset "
    "still reads from it. It grows with every order until the disk is full.";

// Asks for the export and reads it to its second line, and no further.
void begins_to_read(RawClient& reader) {
    reader.asks(export_request);
    reader.reads_until("\n{\"id\":2,");
    NEED(reader.received().find("{\"id\":1,") != std::string::npos,
         "A customer asked for the export, waited, and did not get its first line.");
}

// How many connections are open when the shop's one free worker has come to its next customer, and
// so is done with the one before. Nothing is waited for: a connection that somebody closes later,
// by a clock, counts.
int left_open_for_the_next_customer(RunningShop& shop) {
    RawClient next(shop.port());
    next.asks("GET /items/1");
    NEED(next.reads_to_the_end().status == 200,
         "A customer has had enough of her export, and the shop's worker is still busy with it: "
         "the next one gets no answer.");
    return shop.ledger().open_connections();
}

// Waits until the child has closed its connections, or is gone;
// false when it has not after `patience()`.
bool gives_everything_back(ChildShop& shop) {
    return support::await([&] { return shop.counts().open == 0; });
}

}  // namespace

// In the place of the system's, also for cpp-httplib.
extern "C" ssize_t send(int socket, const void* bytes, size_t size, int flags) {
    const std::string_view text(static_cast<const char*>(bytes), size);
    if (text.find(not_to_be_sent) != std::string_view::npos) throw 42;
    return sendto(socket, bytes, size, flags, nullptr, 0);
}

TEST_CASE("The whole export arrives, every item once and in order", "[pitfall][stage 1]") {
    for (const int items : {20, 250, 2'000}) {
        RunningShop shop;
        fill(shop.database(), items);
        const Transfer transfer = whole_export(shop.port());
        const std::string fault = fault_of(transfer, items);
        EXPECT(fault == "",
               fmt::format("The export of a shop with {} items: {}{}", items, fault,
                           transfer.is_complete && transfer.status == 200
                               ? ", and it ended as if that were all, with a status of 200 and the "
                                 "last chunk."
                               : "."));
        if (!fault.empty()) break;
        EXPECT(shop.ledger().await_all_closed(),
               "The export has arrived, and its connection is still open.");
    }
}

TEST_CASE("The export shows one state of the table, to its last line", "[pitfall][stage 1]") {
    constexpr int items = 150;  // a hundred are more than the sockets swallow
    RunningShop shop;
    fill(shop.database(), items, 60'000);
    RawClient reader(shop.port());
    begins_to_read(reader);
    shop.database().run(
        fmt::format("UPDATE items SET stock = 0 WHERE id > {0} - 3; DELETE FROM items WHERE id = "
                    "{0} - 1; INSERT INTO items VALUES ({0} + 1, 'Cup', 1)",
                    items));
    Customer bob = shop.customer("bob");
    EXPECT(bob.orders(items, 1).told() == "409 sold out",
           "Bob ordered while the export was running, and was not served from the table as it is "
           "now.");
    const std::string fault = fault_of(reader.reads_to_the_end(), items);
    EXPECT(fault == "",
           fmt::format("While the export was running the table was changed. An export shows the "
                       "table as it was when it began, from its first line to its last: {}.",
                       fault));
}

TEST_CASE("Of two exports at once each is whole", "[pitfall][stage 1]") {
    RunningShop shop;
    fill(shop.database(), many, 1'500);  // more than the sockets swallow
    RawClient first(shop.port());
    RawClient second(shop.port());
    begins_to_read(first);
    begins_to_read(second);
    for (auto* reader : {&first, &second}) {
        const std::string fault = fault_of(reader->reads_to_the_end(), many);
        EXPECT(fault == "",
               fmt::format("Two customers were reading the export at once. Of the {} one's: {}.",
                           reader == &first ? "first" : "second", fault));
    }
}

TEST_CASE("An export that breaks off is seen to break off", "[pitfall][stage 2]") {
    for (const int spoilt : {1, 150, 250}) {
        const DatabaseFile database;
        fill(database, 250);
        spoil(database, spoilt);
        TestBank bank;
        ChildShop shop(database, bank);
        const Transfer transfer = whole_export(shop.port());
        const bool looks_whole = transfer.status == 200 && transfer.is_complete;
        EXPECT(!looks_whole,
               fmt::format("Item {} of 250 could not be read. The customer got {} lines, a status "
                           "of 200 and the last chunk, which says: that is all. She cannot tell it "
                           "from a whole export.",
                           spoilt, lines_of(transfer.body).size()));
    }
}

TEST_CASE("An export that breaks off takes nobody with it") {
    struct Spoilt {
        int item;
        bool throws_an_error;
    };
    for (const auto& [item, throws_an_error] :
         {Spoilt{150, true}, Spoilt{150, false}, Spoilt{2, true}}) {
        const DatabaseFile database;
        fill(database, 250);
        throws_an_error ? spoil(database, item) : spoil_the_line_of(database, item);
        TestBank bank;
        ChildShop shop(database, bank);
        Customer bob = shop.customer("bob");
        CHECK(bob.gets("/items/1").status == 200);
        for (int i = 0; i < 3; ++i) static_cast<void>(whole_export(shop.port()));
        NEED(bob.gets("/items/1").status == 200,
             fmt::format(
                 "An export broke off in mid-stream, and the shop's process is gone: an exception "
                 "that leaves a content provider, or a destructor, meets nobody who would catch "
                 "it.{}",
                 throws_an_error ? "" : " Here an int was thrown, which is no std::exception."));
        EXPECT(gives_everything_back(shop),
               fmt::format("An export broke off at its item {}, and its connection is still open.",
                           item));
        EXPECT(!log_is_pinned(database), log_stays);
        const ChildShop::End end = shop.close();
        CHECK(!end.killed);
        CHECK(end.status == 0);
    }
}

TEST_CASE("A customer who disconnects midway gives her database connection back") {
    RunningShop shop(1);
    fill(shop.database(), many, 4096);
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{100'000}, std::size_t{5'000'000}}) {
        RawClient reader(shop.port());
        reader.asks(export_request);
        reader.reads(bytes);
        reader.hangs_up();
        EXPECT(left_open_for_the_next_customer(shop) == 0,
               "A customer hung up in the middle of her export, and its connection was still open "
               "when the next one was served. The provider is not asked for more when nobody takes "
               "it, so what it does at its end is never done.");
    }
    shop.database().run("UPDATE items SET stock = 1 WHERE id = 1");
    EXPECT(!log_is_pinned(shop.database()), log_stays);
}

TEST_CASE("A customer who stops reading and then disconnects gives her database connection back") {
    RunningShop shop(2);  // Bob keeps one of them
    fill(shop.database(), many, 4096);
    Customer bob = shop.customer("bob");
    CHECK(bob.gets("/items/1").status == 200);
    RawClient reader(shop.port());
    begins_to_read(reader);
    for (int i = 0; i < 20; ++i) CHECK(bob.orders(10, 1).status == (i < 10 ? 201 : 409));
    reader.hangs_up();
    EXPECT(left_open_for_the_next_customer(shop) == 0,
           "A customer stopped reading her export, then hung up, and its connection was still open "
           "when the next one was served.");
    EXPECT(!log_is_pinned(shop.database()), log_stays);
}

TEST_CASE("When a customer stops reading, so does the export") {
    RunningShop shop;
    fill(shop.database(), many, 4096);
    const SqlCounts counts;
    const sqlite3_int64 used_before = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    RawClient reader(shop.port());
    begins_to_read(reader);
    const auto rows = support::await_stillness([&] { return counts.rows(); });
    const sqlite3_int64 used = sqlite3_memory_highwater(0) - used_before;
    NEED(rows,
         fmt::format("The customer has read one line and takes no more, and the shop does not "
                     "come to rest: by now it has read {} items.",
                     counts.rows()));
    EXPECT(*rows < many,
           fmt::format("The customer has read one line, and the shop all {} items, twelve million "
                       "bytes. It is to read no further than she takes it: what is read ahead lies "
                       "in memory or on a disk, ten times for ten customers, also for those who "
                       "leave after a line.",
                       many));
    EXPECT(used < 8'000'000,
           fmt::format("The customer has read one line, and SQLite took {} million bytes for it: "
                       "the table is in memory after all, in a copy or in one long value. Ten "
                       "customers at once are ten times that.",
                       used / 1'000'000));
    reader.hangs_up();
    EXPECT(shop.ledger().await_all_closed(),
           "The customer has hung up, and her export's connection is still open.");
    EXPECT(counts.rows() < many,
           fmt::format("The customer read one line and hung up, and the shop read all {} items for "
                       "her to the end: `write` says when nobody takes it any more.",
                       many));
}

TEST_CASE("The export takes as many statements for two thousand items as for twenty") {
    std::vector<int> statements;
    for (const int items : {20, 2'000}) {
        RunningShop shop;
        fill(shop.database(), items);
        const SqlCounts counts;
        static_cast<void>(whole_export(shop.port()));
        CHECK(shop.ledger().await_all_closed());
        statements.push_back(counts.statements());
    }
    EXPECT(statements.at(0) == statements.at(1),
           fmt::format("The export of twenty items ran {} statements, that of two thousand {}. One "
                       "statement reads them all, and stays where it is between two pages.",
                       statements.at(0), statements.at(1)));
}

TEST_CASE("While nobody streams the log can be emptied") {
    RunningShop shop;
    fill(shop.database(), 250);
    Customer alice = shop.customer("alice");
    for (int i = 0; i < 4; ++i) {
        static_cast<void>(whole_export(shop.port()));
        CHECK(alice.orders(50, 1).status == 201);
        const bool is_closed = shop.ledger().await_all_closed();
        EXPECT(is_closed, "An export is over, and its connection is open.");
        EXPECT(!log_is_pinned(shop.database()), log_stays);
        if (!is_closed) break;
    }
}

TEST_CASE("Others are served, and can order, while somebody streams") {
    RunningShop shop;
    fill(shop.database(), many, 4096);
    RawClient slow(shop.port());
    begins_to_read(slow);
    Customer bob = shop.customer("bob");
    EXPECT(bob.gets("/items/20").number("/item/stock") == 20,
           "Bob only looked, and was not served while somebody was reading an export.");
    const Reply order = bob.orders(20, 3);
    EXPECT(order.status == 201,
           fmt::format("Bob ordered while somebody was reading an export, and was told {}.",
                       order.status));
    CHECK(bob.gets(order.location).number("/order/quantity") == 3);
    CHECK(shop.stock(20) == 17);
    RawClient second(shop.port());
    begins_to_read(second);
}

TEST_CASE("The workers are free again after the streams") {
    RunningShop shop(4);
    fill(shop.database(), many, 4096);
    for (int i = 0; i < 6; ++i) {
        RawClient reader(shop.port());
        reader.asks(export_request);
        reader.reads(1'000);
        reader.hangs_up();
    }
    CHECK(shop.ledger().await_all_closed());
    std::vector<Customer> customers;
    std::vector<Held> held;
    std::vector<Pending> orders;
    for (const char* name : {"alice", "bob", "carol", "dave"}) {
        customers.push_back(shop.customer(name));
        held.push_back(shop.bank().hold(name, Step::authorize));
        orders.push_back(customers.back().starts_to_order(1'000, 1));
    }
    for (Held& bank : held) {
        NEED(bank.is_asked(),
             "Six customers hung up on their exports. Of the shop's four workers fewer than four "
             "can take an order: the others are still busy with customers who have left.");
    }
    for (Held& bank : held) bank.decline();
    for (const Pending& order : orders) CHECK(order.reply().status == 402);
}

TEST_CASE("A HEAD request leaves nothing behind") {
    RunningShop shop(1);
    fill(shop.database(), 250);
    for (int i = 0; i < 4; ++i) {
        RawClient client(shop.port());
        client.asks("HEAD /items.ndjson");
        static_cast<void>(client.reads_to_the_end());
        CHECK(client.received().starts_with("HTTP/1.1 200"));
        CHECK(client.received().ends_with("\r\n\r\n"));
    }
    EXPECT(left_open_for_the_next_customer(shop) == 0,
           "A customer asked for the headers of the export alone. The provider is never called "
           "then, and the connection that was opened for it was still open when the next one was "
           "served.");
    EXPECT(!log_is_pinned(shop.database()), log_stays);
}

TEST_CASE("A copy of the reply does no harm") {
    const DatabaseFile database;
    constexpr int items = 60;  // a page
    fill(database, items);
    TestBank bank;
    ChildShop shop(database, bank, {.copies_replies = true});
    for (int i = 0; i < 3; ++i) {
        const std::string fault = fault_of(whole_export(shop.port()), items);
        EXPECT(fault == "",
               fmt::format("A hook of the server copied the reply, as for a log, and dropped the "
                           "copy before the body was sent. A releaser runs for each copy that "
                           "goes, also for one that goes first. Of the export: {}.",
                           fault));
    }
    const ChildShop::End end = shop.close();
    EXPECT((!end.killed && end.status == 0),
           "A hook of the server copied the replies, and with each its provider and releaser: what "
           "they capture lives on in the copy, and a releaser runs for each. That ended the "
           "process.");
    EXPECT(
        !std::filesystem::exists(database.path() + "-wal"),
        "The shop has closed, and the log is still there: not all of its connections were closed.");
}

TEST_CASE("An empty shop has an empty export") {
    RunningShop shop;
    fill(shop.database(), 0);
    const Transfer transfer = whole_export(shop.port());
    CHECK(transfer.status == 200);
    CHECK(transfer.body.empty());
    EXPECT(transfer.is_complete,
           "The shop has no items, and its export of none is not ended by a last chunk.");
    CHECK(shop.ledger().await_all_closed());
}

TEST_CASE("After an export its HTTP connection takes the next request") {
    RunningShop shop;
    RawClient reader(shop.port());
    reader.sends("GET /items.ndjson HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Customer: reader\r\n\r\n");
    reader.reads_until("Samovar");
    reader.asks("GET /items/1");
    static_cast<void>(reader.reads_to_the_end());
    EXPECT(reader.received().find(R"({"item":{"id":1,)") != std::string::npos,
           "A customer read the whole export, asked for something else on the same connection, and "
           "got no answer: the shop had hung up, as after an export that breaks off.");
}

TEST_CASE("A title stays in its line") {
    RunningShop shop;
    shop.database().run(
        "UPDATE items SET title = 'Tea' || char(10) || '\"pot\" \\ 25 €' WHERE id = 1");
    const auto lines = lines_of(whole_export(shop.port()).body);
    NEED(lines.size() == 3, "Three items are three lines.");
    CHECK(Reply{200, lines[0], ""}.text("/title") == "Tea\n\"pot\" \\ 25 €");
    CHECK(lines[1] == R"({"id":2,"title":"Kettle","stock":1})");
    CHECK(lines[2] == R"({"id":3,"title":"Samovar","stock":0})");
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    CHECK(bob.gets("/items/77").told() == "404 no such item");
    CHECK(bob.orders(77, 1).told() == "404 no such item");
    CHECK(bob.orders(shop::samovar, 1).told() == "409 sold out");
    CHECK(bob.posts("/orders", "a teapot, please").status == 400);
    CHECK(bob.orders(shop::teapot, 2).status == 201);
    CHECK(bob.reviews(shop::teapot, "Pours well.").status == 201);
    // On the same connection, before and after an export.
    const Reply items = bob.gets("/items.ndjson");
    CHECK(items.status == 200);
    CHECK(items.body.starts_with(R"({"id":1,"title":"Teapot","stock":8})"));
    CHECK(bob.gets("/items/1").number("/item/stock") == 8);
    CHECK(shop.ledger().await_all_closed());
}
