// A customer who reads by hand sees whether she has everything.
#include "support/raw_client.hpp"
#include "support/listening.hpp"

#include <httplib.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/server.hpp"
#include "support/catch.hpp"
#include "support/child_shop.hpp"
#include "support/running_shop.hpp"

using support::ChildShop;
using support::DatabaseFile;
using support::RawClient;
using support::RunningShop;
using support::TestBank;
using support::Transfer;

namespace {

Transfer fetch(int port, const char* request) {
    RawClient client(port);
    client.asks(request);
    return client.reads_to_the_end();
}

// A server that streams 40,000 bytes in chunks and then says that this is all, or breaks off.
struct Streaming {
    httplib::Server server;
    std::optional<support::Listening> listening;

    Streaming() {
        for (const bool breaks_off : {false, true}) {
            server.Get(breaks_off ? "/broken" : "/whole",
                       [=](const httplib::Request&, httplib::Response& response) {
                           response.set_chunked_content_provider(
                               "text/plain", [=](std::size_t offset, httplib::DataSink& sink) {
                                   const std::string bytes(1'000, 'x');
                                   if (offset < 40'000)
                                       return sink.write(bytes.data(), bytes.size());
                                   if (!breaks_off) sink.done();
                                   return !breaks_off;
                               });
                       });
        }
        listening.emplace(server);
    }
    int port() const { return listening->port(); }
};

}  // namespace

TEST_CASE("A customer who reads by hand gets a reply of a known length") {
    RunningShop shop;
    const Transfer item = fetch(shop.port(), "GET /items/1");
    CHECK(item.status == 200);
    CHECK(item.is_complete);
    CHECK(item.body == "{\"item\":{\"id\":1,\"title\":\"Teapot\",\"stock\":10}}\n");
    CHECK(fetch(shop.port(), "GET /items/77").status == 404);
}

TEST_CASE("A customer who reads by hand can tell a whole stream from a broken one") {
    const Streaming streaming;
    const Transfer whole = fetch(streaming.port(), "GET /whole");
    CHECK(whole.status == 200);
    CHECK(whole.body == std::string(40'000, 'x'));
    CHECK(whole.is_complete);
    const Transfer broken = fetch(streaming.port(), "GET /broken");
    CHECK(broken.status == 200);
    CHECK(broken.body == whole.body);
    CHECK(!broken.is_complete);
}

TEST_CASE("A customer who reads by hand reads as far as she likes") {
    const Streaming streaming;
    RawClient client(streaming.port());
    client.asks("GET /whole");
    client.reads_until("\r\n\r\n");
    CHECK(client.received().starts_with("HTTP/1.1 200"));
    client.reads(10'000);
    CHECK(client.received().size() >= 10'000);
    client.hangs_up();
    CHECK(!client.reads_to_the_end().is_complete);
}

TEST_CASE("A customer who calls where nobody listens reads nothing") {
    int port = 0;
    {
        const Streaming streaming;
        port = streaming.port();
    }
    CHECK(fetch(port, "GET /whole").status == 0);
}

TEST_CASE("A customer who writes by hand sends pieces, and sees whether she is hung up on") {
    RunningShop shop;
    RawClient client(shop.port());
    CHECK(!client.is_hung_up_on());
    client.sends("GET /items/1 HTTP/1.1\r\nHo");
    client.sends("st: 127.0.0.1\r\n\r\n");
    client.reads_until("}}");
    CHECK(client.received().starts_with("HTTP/1.1 200"));
    client.turns_the_page();
    CHECK(client.received().empty());
    client.sends("GET /items/77 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    client.reads_until("no such item");
    CHECK(client.received().starts_with("HTTP/1.1 404"));
    CHECK(!client.is_hung_up_on());
    client.turns_the_page();
    client.asks("GET /items/1");
    CHECK(client.reads_to_the_end().is_complete);
    CHECK(client.is_hung_up_on());
}

TEST_CASE("What a shop does before each reply it does to every reply") {
    for (const bool is_configured_only : {true, false}) {
        http::Server server(http::Limits{});
        http::configure(server, [](std::string_view) {});
        server.set_before_reply([](const httplib::Request&, httplib::Response& response) {
            response.set_header("X-Seen", std::to_string(response.status));
        });
        server.Get("/fine", [](const httplib::Request&, httplib::Response& response) {
            response.set_content("fine", "text/plain");
        });
        server.Get("/broken", [](const httplib::Request&, httplib::Response&) {
            throw std::runtime_error("broken");
        });
        if (!is_configured_only) {  // as a shop with its own hook does
            server.set_post_routing_handler(
                [&server](const httplib::Request& request, httplib::Response& response) {
                    server.before_reply(request, response);
                });
        }
        const support::Listening listening(server);
        httplib::Client client("127.0.0.1", listening.port());
        CHECK(client.Get("/fine")->get_header_value("X-Seen") == "200");
        CHECK(client.Get("/broken")->get_header_value("X-Seen") == "500");
        CHECK(client.Get("/nowhere")->get_header_value("X-Seen") == "404");
    }
}

TEST_CASE("A shop in a process of its own can copy its replies") {
    const DatabaseFile database;
    TestBank bank;
    ChildShop child(database, bank, {.copies_replies = true});
    CHECK(child.customer("alice").gets("/items/1").status == 200);
    CHECK(child.close().status == 0);
}
