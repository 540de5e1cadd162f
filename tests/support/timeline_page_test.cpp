// The timeline as a page: what it says, to whom, and that nothing in a test can break it.
#include "support/timeline_page.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"
#include "support/protocol.hpp"

namespace fs = std::filesystem;
using support::DatabaseFile;
using support::Ledger;
using support::Timeline;
using support::timeline_page;
using Kind = support::TimelineEvent::Kind;
using Transaction = support::TimelineEvent::Transaction;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Alice leaks the connection of her order; Bob waits for it and is told nothing.
Timeline leak_and_wait() {
    Timeline timeline;
    timeline.requests = {{"alice POST /orders", 500}, {"bob POST /orders", 0}};
    timeline.connections = {{"opened by alice (worker 1); LEAKED", true, true, true}};
    timeline.events = {
        {1, "alice (worker 1)", 0, "POST /orders", "", Kind::request, 0, Transaction::unchanged},
        {2, "alice (worker 1)", 1, "opened", "", Kind::opened, 0, Transaction::unchanged},
        {3, "alice (worker 1)", 1, "BEGIN", "", Kind::statement, 0, Transaction::begun},
        {250, "alice (worker 1)", 0, "is told 500", "leaves 1 open", Kind::reply, 0,
         Transaction::unchanged},
        {260, "bob (worker 2)", 0, "POST /orders", "", Kind::request, 1, Transaction::unchanged}};
    return timeline;
}

std::string ends_of_the_page(const std::string& page) {
    return page.substr(page.find("id=\"end\""));
}

class Pages {  // the environment variable, for a test
 public:
    explicit Pages(const fs::path& folder) {
        if (const char* before = std::getenv("LEAKLINGS_PAGES")) before_ = before;
        ::setenv("LEAKLINGS_PAGES", folder.c_str(), 1);
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages() { ::setenv("LEAKLINGS_PAGES", before_.c_str(), 1); }

 private:
    std::string before_;
};

}  // namespace

TEST_CASE("The page marks the leak and the wait, by words") {
    const std::string page = timeline_page({"A test", {"Why it failed."}}, leak_and_wait());
    CHECK(has(page, "Why it failed."));
    CHECK(has(page, "Connection 1 is leaked"));
    CHECK(has(page, "waited 247 ms before this"));
    CHECK(has(page, "for 247 ms nothing happens"));
    CHECK(has(page, "its customer is told nothing"));
    CHECK(has(ends_of_the_page(page), "✗ leaked"));
    CHECK(has(ends_of_the_page(page), "still waiting"));
}

TEST_CASE("The page needs nothing but itself, and no script") {
    const std::string page = timeline_page({"A test", {}}, leak_and_wait());
    for (const char* outside : {"<script", "http:", "https:", "src=", "@import", "url(", "<link"}) {
        INFO(outside);
        CHECK_FALSE(has(page, outside));
    }
}

TEST_CASE("Everything on the page that one can go to is a link, in the order of the page") {
    const std::string page = timeline_page({"A test", {}}, leak_and_wait());
    pugi::xml_document document;
    REQUIRE(document.load_string(page.c_str()));
    std::vector<std::string> ids;
    for (const auto& node : document.select_nodes("//*[@id]"))
        ids.emplace_back(node.node().attribute("id").value());
    for (const auto& link : document.select_nodes("//a")) {
        const std::string target = link.node().attribute("href").value();
        INFO(target);
        CHECK(std::find(ids.begin(), ids.end(), target.substr(1)) != ids.end());
    }
    CHECK(document.select_nodes("//a").size() == 3);  // the leak, the wait, who is told nothing
    // What scrolls can be scrolled by keys, and nothing jumps the queue.
    CHECK(
        std::string(
            document.select_node("//div[@class='scroll']").node().attribute("tabindex").value()) ==
        "0");
    CHECK_FALSE(document.select_node("//*[@tabindex > 0]"));
    // A screen reader says what the signs say.
    CHECK_FALSE(document.select_node("//*[@class='sign' and not(@aria-hidden)]"));
    CHECK(document.select_node("//th[@scope='col']"));
    CHECK(document.select_node("//th[@scope='row']"));
}

TEST_CASE("Nothing that a customer or a statement says can break the page") {
    Timeline timeline = leak_and_wait();
    timeline.events[2].what = "INSERT '</td><script>alert(1)</script>' & \"x\" \x01 \xff\xfe \xc3";
    timeline.events[1].remark = "<b>";
    timeline.events[0].who = "<img src=x> (worker 1)";
    const std::string page = timeline_page({"<i>A test</i>", {"1 < 2 & 3"}}, timeline);
    CHECK_FALSE(has(page, "<script>"));
    CHECK_FALSE(has(page, "<img"));
    CHECK_FALSE(has(page, "<i>"));
    CHECK(has(page, "&lt;script&gt;alert(1)"));
    CHECK_FALSE(has(page, "\x01"));
    CHECK_FALSE(has(page, "\xff"));
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_string(page.c_str());
    INFO(parsed.description());
    CHECK(parsed);
    CHECK(std::string(document.select_node("//title").node().child_value()) == "<i>A test</i>");
}

TEST_CASE("The page has the same as data, whatever a customer or a statement says") {
    Timeline timeline = leak_and_wait();
    timeline.events[2].what = "SELECT '</template><script>' & -- \xff";
    const std::string page = timeline_page({"A <test>", {"Why."}}, timeline);
    const std::size_t begin = page.find(protocol::data_begins);
    const std::size_t end = page.find(protocol::data_ends, begin);
    REQUIRE(end != std::string::npos);
    const std::size_t from = begin + std::string(protocol::data_begins).size();
    const auto data = nlohmann::json::parse(page.substr(from, end - from));
    CHECK(data["name"] == "A <test>");
    CHECK(data["messages"] == nlohmann::json{"Why."});
    CHECK(data["threads"] == nlohmann::json{"worker 1", "worker 2"});
    CHECK(data["connections"][0]["leaked"] == true);
    CHECK(data["requests"][1]["status"] == 0);
    const auto& statement = data["events"][2];
    CHECK(statement["what"] == "SELECT '</template><script>' & -- \uFFFD");
    CHECK(statement["transaction"] == "begun");
    CHECK(statement["thread"] == 0);
    CHECK(statement["customer"] == "alice");
    CHECK(has(data["events"][4]["remark"], "waited") == false);
    CHECK(has(data["events"][4]["remark"], "its customer is told nothing"));
}

TEST_CASE("The ledger tells the page which requests, connections and transactions there were") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database kept(file.path(), SQLite::OPEN_READWRITE);
    std::thread([&] {
        ledger.request_begins("alice POST /orders");
        SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
        connection.exec("BEGIN");
        connection.exec("UPDATE items SET stock = 1 WHERE id = 1");
        connection.exec("COMMIT");
        connection.exec("BEGIN");
        connection.exec("ROLLBACK");
        kept.exec("BEGIN");
    }).join();
    const Timeline story = ledger.story();
    REQUIRE(story.requests.size() == 1);
    CHECK(story.requests[0].status == 0);
    REQUIRE(story.connections.size() == 2);
    CHECK(story.connections[0].in_transaction);
    CHECK_FALSE(story.connections[1].is_open);
    std::string made;
    for (const auto& event : story.events) {
        if (event.kind == Kind::request) made += "r";
        if (event.kind == Kind::opened) made += "o";
        if (event.kind == Kind::closed) made += "c";
        if (event.transaction == Transaction::begun) made += "(";
        if (event.transaction == Transaction::committed) made += ")";
        if (event.transaction == Transaction::rolled_back) made += "]";
    }
    CHECK(made == "oro()(](c");
    kept.exec("ROLLBACK");
}

TEST_CASE("A page is written where it is wanted, under the test's name") {
    const DatabaseFile somewhere;
    const fs::path folder = fs::path(somewhere.path()).parent_path() / "pages" / "00_warm_up";
    const Pages pages(folder);
    const auto page = support::write_page({"Bob's review, 2 of 3", {}}, leak_and_wait());
    REQUIRE(page);
    CHECK(*page == folder / "bobs_review_2_of_3.html");
    std::ifstream stream(*page);
    const std::string text((std::istreambuf_iterator<char>(stream)), {});
    CHECK(text.ends_with("</html>\n"));
    CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
    fs::remove_all(folder.parent_path());
}

TEST_CASE("No page is written where none is wanted, or none can be") {
    {
        const Pages nowhere("");
        CHECK_FALSE(support::write_page({"A test", {}}, leak_and_wait()));
    }
    const Pages impossible("/dev/null/pages");
    CHECK_FALSE(support::write_page({"A test", {}}, leak_and_wait()));
}
