// Pages that are told at once what is new.
#include "web/streams.hpp"

#include <chrono>
#include <future>
#include <string>

#include "support/catch.hpp"

using web::Streams;
using News = Streams::Seat::News;

namespace {

constexpr auto longest_wait = std::chrono::minutes(5);
constexpr auto none = std::chrono::milliseconds(0);

}  // namespace

TEST_CASE("A stream is told the newest state, and each state once") {
    Streams streams(2);
    streams.publish("one");
    streams.publish("two");
    const auto seat = streams.take_seat();
    std::string state;
    CHECK(seat->wait(longest_wait, state) == News::state);
    CHECK(state == "two");
    CHECK(seat->wait(none, state) == News::none);
    streams.publish("two");  // nothing new
    CHECK(seat->wait(none, state) == News::none);
    streams.publish("three");
    CHECK(seat->wait(longest_wait, state) == News::state);
    CHECK(state == "three");
}

TEST_CASE("A stream that waits is woken by what is new") {
    Streams streams(1);
    const auto seat = streams.take_seat();
    auto news = std::async(std::launch::async, [&] {
        std::string state;
        return seat->wait(longest_wait, state) == News::state ? state : "nothing";
    });
    streams.publish("new");
    CHECK(news.get() == "new");
}

TEST_CASE("There are only so many streams, and a place is free again when its page is gone") {
    Streams streams(2);
    auto one = streams.take_seat();
    const auto two = streams.take_seat();
    REQUIRE(one);
    REQUIRE(two);
    CHECK_FALSE(streams.take_seat());
    CHECK(streams.count() == 2);
    one.reset();
    CHECK(streams.count() == 1);
    CHECK(streams.take_seat());
}

TEST_CASE("When it is over all streams end, and no other begins") {
    Streams streams(2);
    const auto seat = streams.take_seat();
    auto news = std::async(std::launch::async, [&] {
        std::string state;
        return seat->wait(longest_wait, state);
    });
    streams.close();
    CHECK(news.get() == News::end);
    CHECK_FALSE(streams.take_seat());
}
