// What is on the stage, each by itself, with lesson 10's servers as they are built here.
#include <poll.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "http/remote_bank.hpp"
#include "support/catch.hpp"
#include "support/patience.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/testing/files.hpp"
#include "web/metrics.hpp"
#include "web/requests.hpp"
#include "web/stage_bank.hpp"
#include "web/stage_load.hpp"
#include "web/stage_shop.hpp"

namespace {

using shop::Answer;
using web::Json;

const std::string starters_server = LEAKLINGS_BIN "/10_exhaustion.server";
const std::string solutions_server = LEAKLINGS_BIN "/solution.10_exhaustion.server";
const shop::NewOrder order = {1, 1, "alice"};

// Looks again and again until it is so; false when it never was.
bool becomes(const std::function<bool()>& so) {
    const auto deadline = std::chrono::steady_clock::now() + 12 * support::patience();
    while (!so()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::poll(nullptr, 0, 5);
    }
    return true;
}

// Where lesson 10's starter was edited nothing is built of it.
bool has_starter() {
    if (std::filesystem::exists(starters_server)) return true;
    WARN("Lesson 10 has been edited, so what depends on its untouched starter is skipped.");
    return false;
}

struct OpenShop {
    explicit OpenShop(const std::string& program, tools::ShopCommand command = {})
        : shop(program, std::move(command)) {
        REQUIRE(becomes([this] {
            shop.look();
            return shop.is_open();
        }));
    }
    bool shows(const std::function<bool(const Json&)>& wanted) {
        return becomes([&] {
            shop.look();
            return wanted(shop.to_json());
        });
    }
    web::StageShop shop;
};

web::OwnRequest an_order() {
    return {"POST", "/orders", "alice", "", R"({"item_id":1,"quantity":1,"card":"alice"})"};
}

// Of one shop's last request, when all have come.
std::vector<Json> replies_of(const web::Requests& requests) {
    REQUIRE(becomes([&] { return requests.under_way() == 0; }));
    const Json all = requests.to_json();
    return all.back()["replies"][0].get<std::vector<Json>>();
}

}  // namespace

TEST_CASE("The stage's bank does as the chapter's flags say, until it is told otherwise") {
    server::SlowBankOptions as_the_chapter_says;
    as_the_chapter_says.declines = "alice";
    web::StageBank bank(as_the_chapter_says);
    http::RemoteBank line(bank.port());
    CHECK(line.charge(order, "one") == Answer::declined);
    CHECK(line.charge({1, 1, "bob"}, "two") == Answer::accepted);
    bank.be(web::Mood::declining);
    CHECK(line.charge({1, 1, "bob"}, "three") == Answer::declined);
    CHECK(line.charge({1, 1, "bob"}, "two") == Answer::accepted);  // it has the money already
    bank.be(web::Mood::losing);
    CHECK_THROWS_AS(line.charge({1, 1, "carol"}, "four"), shop::BankUnreachable);
    bank.be(web::Mood::usual);
    CHECK(has(bank.said(), "took carol's money"));
    CHECK(line.charge({1, 1, "carol"}, "four") == Answer::accepted);
    CHECK(has(bank.said(), "takes nothing"));
}

TEST_CASE("Those whom the stage's bank holds are answered when it lets them go") {
    web::StageBank bank({});
    http::RemoteBank line(bank.port());
    bank.be(web::Mood::holding);
    auto held = std::async(std::launch::async, [&] { return line.authorize(order); });
    REQUIRE(becomes([&] { return bank.waiting() == 1; }));
    bank.be(web::Mood::declining);
    CHECK(held.get() == Answer::declined);

    bank.be(web::Mood::hanging);
    auto hangs = std::async(std::launch::async, [&] { return line.authorize(order); });
    REQUIRE(becomes([&] { return bank.waiting() == 1; }));
    bank.be(web::Mood::usual);
    CHECK_THROWS_AS(hangs.get(), shop::BankUnreachable);
}

TEST_CASE("Nobody keeps the stage's bank from closing") {
    auto bank = std::make_unique<web::StageBank>(server::SlowBankOptions{});
    http::RemoteBank line(bank->port());
    bank->be(web::Mood::holding);
    auto held = std::async(std::launch::async, [&] { return line.authorize(order); });
    REQUIRE(becomes([&] { return bank->waiting() == 1; }));
    bank.reset();
    CHECK_THROWS_AS(held.get(), shop::BankUnreachable);
}

TEST_CASE("While the bank is held the stage sees whose connections are lent, and who waits") {
    if (!has_starter()) return;
    OpenShop mine(starters_server, {.flags = {{"--workers", "12"}, {"--bank-takes", "1ms"}}});
    REQUIRE(mine.shop.bank() != nullptr);
    mine.shop.bank()->be(web::Mood::holding);
    web::Requests requests([] {});
    web::OwnRequest five = an_order();
    five.times = 5;
    requests.send(five, {mine.shop.port()});
    CHECK(mine.shows([](const Json& json) {
        const Json& seen = json["seen"];
        return seen.is_object() && seen.contains("pool_in_use") &&
               seen["pool_in_use"].back() == 5 && seen["connections"].back() == 5 &&
               seen["pool_max"].back() == 4;
    }));
    CHECK(mine.shop.to_json()["bank"]["waiting"] == 5);
    mine.shop.bank()->be(web::Mood::usual);
    for (const Json& reply : replies_of(requests)) CHECK(reply["status"] == 201);
    CHECK(has(mine.shop.to_json()["said"].get<std::string>(), "its database is stage.db"));
    CHECK_FALSE(has(mine.shop.to_json()["said"].get<std::string>(), "/metrics"));
}

TEST_CASE("A shop that was killed opens again on what it had") {
    OpenShop mine(solutions_server);
    const int port = mine.shop.port();
    web::Requests requests([] {});
    requests.send(an_order(), {port});
    CHECK(replies_of(requests).front()["status"] == 201);
    mine.shop.run("curl -s localhost:8080/items/1");
    REQUIRE(mine.shows([](const Json& json) { return json["outputs"][0]["over"] == true; }));
    mine.shop.kill();
    REQUIRE(mine.shows([](const Json& json) { return json["state"] == "closed"; }));
    CHECK(mine.shop.to_json()["note"] == "The shop was ended by signal 9.");
    mine.shop.open_again();
    REQUIRE(mine.shows([](const Json& json) { return json["state"] == "open"; }));
    requests.send({"GET", "/items/1"}, {mine.shop.port()});
    CHECK(has(replies_of(requests).front()["text"].get<std::string>(), "\"stock\":9"));
}

TEST_CASE("A shop that may have few files open keeps its own bank") {
    if (!has_starter()) return;
    OpenShop mine(starters_server, {.flags = {{"--open-files", "40"}, {"--bank-takes", "1ms"}}});
    CHECK(mine.shop.bank() == nullptr);
    CHECK(mine.shop.to_json()["bank"].is_null());
    web::Requests requests([] {});
    requests.send(an_order(), {mine.shop.port()});
    CHECK(replies_of(requests).front()["status"] == 201);
}

TEST_CASE("A shop over PostgreSQL opens in the chapter's folder, and opens again with a new one") {
    const std::string program = LEAKLINGS_BIN "/solution.18_outgrowing_one_file.server";
    if (!std::filesystem::exists(program)) {
        WARN("PostgreSQL is not here.");
        return;
    }
    OpenShop mine(program, {.flags = {{"--database", "/no/such/place/shop18"}}});
    const auto stock = [&](std::size_t commands) {
        mine.shop.run(
            "psql -qAt -h /no/such/place/shop18 -U keeper postgres -c 'SELECT stock FROM items WHERE id = 1'");
        REQUIRE(mine.shows([&](const Json& json) {
            return json["outputs"].size() == commands && json["outputs"].back()["over"] == true;
        }));
        return mine.shop.to_json()["outputs"].back()["text"];
    };
    web::Requests requests([] {});
    requests.send(an_order(), {mine.shop.port()});
    CHECK(replies_of(requests).front()["status"] == 201);
    CHECK(stock(1) == "9\n");
    CHECK(has(mine.shop.to_json()["said"].get<std::string>(), "host=/no/such/place/shop18 "));
    REQUIRE(mine.shows([](const Json& json) { return json["seen"].is_object(); }));
    CHECK(mine.shop.to_json()["seen"]["connections"].back() == nullptr);
    mine.shop.kill();
    REQUIRE(mine.shows([](const Json& json) { return json["state"] == "closed"; }));
    CHECK(has(mine.shop.to_json()["note"].get<std::string>(), "Its PostgreSQL is gone with it."));
    mine.shop.open_again();
    REQUIRE(mine.shows([](const Json& json) { return json["state"] == "open"; }));
    CHECK(stock(2) == "10\n");
}

TEST_CASE("A reader's own request has bounds, and can smuggle nothing into another") {
    const Json good = {{"method", "POST"}, {"path", "/orders?a=b"}, {"customer", "alice"},
                       {"key", "tea"},     {"body", "{\n}"},        {"times", 16},
                       {"hangs_up", true}};
    const web::OwnRequest request = web::own_request_from(good);
    CHECK(request.times == 16);
    CHECK(request.hangs_up);
    const auto refuses = [&](const char* name, const Json& value) {
        Json bad = good;
        bad[name] = value;
        INFO(bad.dump());
        CHECK_THROWS_AS(web::own_request_from(bad), tutor::WrongUse);
    };
    for (const char* method : {"", "get", "CONNECT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"})
        refuses("method", method);
    for (const std::string& path :
         {std::string(), std::string("items"), std::string("http://example.org/"),
          std::string("/a b"), std::string("/a\r\nX: y"), std::string("/\xC3\xA4"),
          "/" + std::string(200, 'x')})
        refuses("path", path);
    for (const char* name : {"customer", "key"}) {
        refuses(name, "alice\r\nX-Customer: bob");
        refuses(name, std::string("a\0b", 3));
        refuses(name, std::string(101, 'x'));
        refuses(name, 1);
    }
    refuses("body", std::string(4001, 'x'));
    for (const Json& times : {Json(0), Json(17), Json(-1), Json(1.5), Json("2")})
        refuses("times", times);
}

TEST_CASE(
    "More than sixteen requests at once are too many, and those under way can be called off") {
    OpenShop mine(solutions_server, {.flags = {{"--workers", "4"}}});
    mine.shop.bank()->be(web::Mood::holding);
    web::Requests requests([] {});
    web::OwnRequest many = an_order();
    many.times = 16;
    requests.send(many, {mine.shop.port()});
    CHECK_THROWS_AS(requests.send(an_order(), {mine.shop.port()}), tutor::WrongUse);
    CHECK(requests.under_way() == 16);
    requests.clear();
    CHECK(requests.under_way() == 0);
}

TEST_CASE("A reader who hangs up in the middle is gone, and the shop goes on") {
    OpenShop mine(solutions_server);
    mine.shop.bank()->be(web::Mood::hanging);
    web::Requests requests([] {});
    web::OwnRequest request = an_order();
    request.hangs_up = true;
    requests.send(request, {mine.shop.port()});
    const Json reply = replies_of(requests).front();
    CHECK(reply["status"] == 0);
    CHECK(reply["text"] == "(you have hung up)");
    CHECK(mine.shows([](const Json& json) { return json["bank"]["waiting"] == 1; }));
    requests.send({"GET", "/items/1"}, {mine.shop.port()});
    CHECK(replies_of(requests).front()["status"] == 200);
}

TEST_CASE("Of metrics all that is a name and a number is read, and no more than a shop can have") {
    const web::Metrics metrics = web::read_metrics(
        "# TYPE pool_max gauge\npool_max 4\npool_oldest_lease_seconds{holder=\"GET /x\"} 1.5\n"
        "no number\n 5\nnot_finite inf\nbroken 1e\n\x1B[31mred 2\n" +
        std::string(200, 'x') + " 1\n");
    REQUIRE(metrics.size() == 3);
    CHECK(web::value_of(metrics, "pool_max") == 4.0);
    CHECK(metrics[1].first == "pool_oldest_lease_seconds{holder=\"GET /x\"}");
    CHECK(metrics[2].first == "red");
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += "m" + std::to_string(i) + " 1\n";
    CHECK(web::read_metrics(flood).size() == 100);
}

TEST_CASE("A load says while it goes on how many are served, and how long they wait") {
    const Json wanted = {
        {"readers", 2}, {"buyers", 2}, {"workers", 8}, {"bank", 1}, {"seconds", 1}};
    web::StageLoad load(solutions_server, web::load_from(wanted), [] {});
    REQUIRE(becomes([&] { return load.is_over(); }));
    const Json json = load.to_json();
    INFO(json.dump());
    CHECK(json["note"] == "");
    REQUIRE(json["seconds"].size() >= 2);
    CHECK(json["reads"].back() > 0);
    CHECK(json["orders"].back() > 0);
    CHECK(json["p99"].back() >= json["p50"].back());
    CHECK(json["seen"]["pool_max"].back() == 4);
    CHECK(json["sum"]["readers"]["rate"] > 0);
    CHECK(json["sum"]["buyers"]["failed"] == 0);
}

TEST_CASE("A load has bounds, and one that is called off ends at once") {
    const Json good = {
        {"readers", 16}, {"buyers", 16}, {"workers", 48}, {"bank", 1000}, {"seconds", 30}};
    CHECK(web::load_from(good).plan.readers == 16);
    const std::vector<std::pair<const char*, Json>> bad = {
        {"readers", 17}, {"readers", -1},  {"buyers", 33},   {"workers", 0},
        {"workers", 49}, {"bank", 1001},   {"bank", "1ms"},  {"seconds", 31},
        {"seconds", 0},  {"seconds", 1.5}, {"seconds", true}};
    for (const auto& [name, value] : bad) {
        Json changed = good;
        changed[name] = value;
        INFO(changed.dump());
        CHECK_THROWS_AS(web::load_from(changed), tutor::WrongUse);
    }
    CHECK_THROWS_AS(
        web::load_from(
            Json{{"readers", 0}, {"buyers", 0}, {"workers", 1}, {"bank", 0}, {"seconds", 1}}),
        tutor::WrongUse);
    const auto began = std::chrono::steady_clock::now();
    {
        const web::StageLoad load(solutions_server, web::load_from(good), [] {});
    }
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    const web::StageLoad none("/no/such/program", web::load_from(good), [] {});
    CHECK(becomes([&] { return none.is_over(); }));
    CHECK(none.to_json()["note"] != "");
}
