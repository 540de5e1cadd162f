// What comes over the wire, well formed or not, gets a reply of the table of routes, in JSON, and
// nothing of the server's inside with it. The routes are those of lesson 02's solution.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/running_shop.hpp"

using support::Customer;
using support::Reply;
using support::RunningShop;

namespace {

struct Request {
    const char* body;
    const char* error;
};

constexpr const char* no_json = "the body is not JSON";

// Sends bytes as they are and returns all that comes back
// until the server hangs up or falls silent.
std::string send_raw(int port, const std::string& bytes) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    const timeval limit{support::patience().count(), 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    std::string received;
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
        send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) {
        shutdown(socket, SHUT_WR);
        char buffer[4096];
        for (ssize_t read = 0; (read = recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
            received.append(buffer, static_cast<std::size_t>(read));
        }
    }
    close(socket);
    return received;
}

}  // namespace

TEST_CASE("An order that is no JSON is 400, a malformed one 422, and both say what to fix") {
    const std::vector<Request> requests{
        {"", no_json},
        {"a teapot, please", no_json},
        {"[1,2,3]", "the body is not a JSON object"},
        {"null", "the body is not a JSON object"},
        {R"({"item_id":1,"quantity":1,"card":"a")", no_json},
        {"{}", "item_id is missing"},
        {R"({"item_id":"1","quantity":1,"card":"a"})", "item_id is not a whole number"},
        {R"({"item_id":1.5,"quantity":1,"card":"a"})", "item_id is not a whole number"},
        {R"({"item_id":true,"quantity":1,"card":"a"})", "item_id is not a whole number"},
        {R"({"item_id":null,"quantity":1,"card":"a"})", "item_id is not a whole number"},
        {R"({"item_id":-1,"quantity":1,"card":"a"})", "item_id is not a whole number"},
        {R"({"item_id":18446744073709551615,"quantity":1,"card":"a"})",
         "item_id is not a whole number"},
        {R"({"item_id":1e999,"quantity":1,"card":"a"})", no_json},
        {R"({"item_id":1,"card":"a"})", "quantity is missing"},
        {R"({"item_id":1,"quantity":0,"card":"a"})",
         "quantity is not a whole number from 1 to 1000"},
        {R"({"item_id":1,"quantity":1001,"card":"a"})",
         "quantity is not a whole number from 1 to 1000"},
        {R"({"item_id":1,"quantity":[1],"card":"a"})", "quantity is not a whole number"},
        {R"({"item_id":1,"quantity":1})", "card is missing"},
        {R"({"item_id":1,"quantity":1,"card":7})", "card is not a text"},
        {R"({"item_id":1,"quantity":1,"card":""})", "card is not a text of 1 to 64 bytes"},
        {"{\"item_id\":1,\"quantity\":1,\"card\":\"\xff\xfe\"}", no_json},
    };
    RunningShop shop;
    Customer bob = shop.customer("bob");
    for (const Request& request : requests) {
        INFO(request.body);
        const Reply reply = bob.posts("/orders", request.body);
        CHECK(reply.status == (request.error == no_json ? 400 : 422));
        CHECK(reply.text("/error").substr(0, std::string(request.error).size()) == request.error);
    }
    CHECK(bob.posts("/orders", std::string(20'000, '[')).status == 400);
    CHECK(bob.posts("/orders", fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"}})",
                                           std::string(65, 'a')))
              .status == 422);
    CHECK(shop.stock(shop::teapot) == 10);
    CHECK(bob.orders(shop::teapot, 1).status == 201);
}

TEST_CASE("What is too large is 413, and what is nowhere 404, in JSON") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    const Reply large = bob.posts("/reviews", std::string(200'000, 'x'));
    CHECK(large.status == 413);
    CHECK(large.text("/error") == "too large");
    for (const char* path :
         {"/", "/items", "/items/", "/items/abc", "/items/-1", "/items/1/2",
          "/items/99999999999999999999", "/items/9999999999999999999", "/orders/1", "/nothing"}) {
        INFO(path);
        const Reply reply = bob.gets(path);
        CHECK(reply.status == 404);
        CHECK(!reply.text("/error").empty());
    }
    CHECK(bob.posts("/items/1", "{}").status == 404);
    CHECK(bob.gets("/items/1").status == 200);
}

TEST_CASE("A text goes in and comes out as it was, with any characters") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    for (const std::string text :
         {"Gießt gut.", "'; DROP TABLE items; --", "\"quoted\"\n\ttwice", "a\\u0000b", "🫖"}) {
        INFO(text);
        const Reply review = bob.reviews(shop::teapot, text);
        REQUIRE(review.status == 201);
        CHECK(bob.gets(review.location).text("/review/text") == text);
    }
    CHECK(bob.posts("/reviews", R"({"item_id":1,"text":"a\u0000b"})").text("/review/text") ==
          std::string("a\0b", 3));
    CHECK(bob.reviews(shop::teapot, std::string(2001, 'x')).status == 422);
    CHECK(bob.gets("/items/1").text("/item/title") == "Teapot");
}

TEST_CASE("A test can look when a reply is about to leave") {
    std::atomic<int> told{0};
    support::Gate looked;
    support::Gate go_on;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.before_each_reply([&](int status) {
        told = status;
        looked.open();
        static_cast<void>(go_on.wait());
    });
    const support::Pending page = alice.starts_to_get("/items/77");
    CHECK(looked.wait());
    CHECK(told == 404);
    CHECK_FALSE(page.is_answered());
    go_on.open();
    CHECK(page.reply().status == 404);
}

TEST_CASE("Nothing of an exception leaves the server") {
    RunningShop shop;
    shop.database().run("ALTER TABLE reviews RENAME TO gone");
    httplib::Client client("127.0.0.1", shop.port());
    const auto reply =
        client.Post("/reviews", R"({"item_id":1,"text":"Pours well."})", "application/json");
    REQUIRE(reply);
    CHECK(reply->status == 500);
    CHECK(reply->body == "{\"error\":\"internal error\"}\n");
    for (const auto& [name, value] : reply->headers) {
        INFO(name << ": " << value);
        CHECK(value.find("reviews") == std::string::npos);
        CHECK(name != "EXCEPTION_WHAT");
    }
}

TEST_CASE("Bytes that are no request get no more than an error, and the next customer is served") {
    RunningShop shop;
    const std::vector<std::string> garbage{
        "\r\n\r\n",
        "GET\r\n\r\n",
        "NONSENSE / HTTP/1.1\r\n\r\n",
        "GET /items/1 HTTP/9.9\r\n\r\n",
        std::string("\0\1\2\3\r\n\r\n", 8),
        "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n",
        "POST /orders HTTP/1.1\r\nContent-Length: -5\r\n\r\nxx",
        "POST /orders HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nxx",
        "POST /orders HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET /items/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=9-1\r\nConnection: close\r\n\r\n",
        "GET /items/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=500-600\r\nConnection: close\r\n\r\n",
    };
    for (const std::string& bytes : garbage) {
        const std::string reply = send_raw(shop.port(), bytes);
        INFO(bytes.substr(0, 80) << "\n" << reply);
        CHECK((reply.empty() || reply.substr(0, 10) == "HTTP/1.1 4"));
        Customer bob = shop.customer("bob");
        CHECK(bob.gets("/items/1").status == 200);
    }
}
