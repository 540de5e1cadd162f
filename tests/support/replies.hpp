// What customers are told, judged in full.
#pragma once

#include <fmt/format.h>

#include <string>

#include "shop/database.hpp"
#include "support/catch.hpp"
#include "support/customer.hpp"

namespace support {

// `who` is told `why` and nothing else: "404 no such item".
inline void expect_told(const Reply& reply, const std::string& who, const std::string& why) {
    EXPECT(reply.told() == why,
           fmt::format(
               "{} had to be told \"{}\", and {}.", who, why,
               reply.status == 0 ? "got no answer" : fmt::format("was told \"{}\"", reply.told())));
    CHECK(reply.location.empty());
}

// Bob looks at the teapot, buys two, reviews it, and looks at all three: each reply is whole and
// true. Then he buys the last kettle.
// He is the shop's first customer, and all of its goods are there.
inline void expect_whole_replies(Customer& bob) {
    const auto is_the_teapot = [](const Reply& reply, int stock) {
        return reply.status == 200 && reply.number("/item/id") == shop::teapot &&
               reply.text("/item/title") == "Teapot" && reply.number("/item/stock") == stock;
    };
    const auto is_his_order = [](const Reply& reply, int status) {
        return reply.status == status && reply.number("/order/id") == 1 &&
               reply.number("/order/item_id") == shop::teapot &&
               reply.number("/order/quantity") == 2 && reply.text("/order/card") == "bob";
    };
    const auto is_his_review = [](const Reply& reply, int status) {
        return reply.status == status && reply.number("/review/id") == 1 &&
               reply.number("/review/item_id") == shop::teapot &&
               reply.text("/review/text") == "Pours well.";
    };
    // Where the shop says that it is.
    const auto expect_at = [](const Reply& made, const std::string& path) {
        EXPECT(made.location == path, fmt::format("What Bob made is at {}, and he was told to look "
                                                  "at \"{}\".",
                                                  path, made.location));
    };
    const auto was_answered = [](const std::string& what, const Reply& reply) {
        return fmt::format("{}, and {}.", what,
                           reply.status == 0 ? "got no answer"
                                             : fmt::format("was answered with {} and the body '{}'",
                                                           reply.status, reply.body));
    };

    const Reply teapot = bob.gets("/items/1");
    EXPECT(is_the_teapot(teapot, 10), was_answered("Bob looked at the teapot", teapot));
    const Reply order = bob.orders(shop::teapot, 2);
    EXPECT(is_his_order(order, 201), was_answered("Bob bought two teapots", order));
    expect_at(order, "/orders/1");
    const Reply ordered = bob.gets("/orders/1");
    EXPECT(is_his_order(ordered, 200), was_answered("Bob looked at his order", ordered));
    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    EXPECT(is_his_review(review, 201), was_answered("Bob reviewed the teapot", review));
    expect_at(review, "/reviews/1");
    const Reply reviewed = bob.gets("/reviews/1");
    EXPECT(is_his_review(reviewed, 200), was_answered("Bob looked at his review", reviewed));
    const Reply left = bob.gets("/items/1");
    EXPECT(is_the_teapot(left, 8),
           was_answered("Bob bought two of ten teapots, looked how many are left", left));
    const Reply last = bob.orders(shop::kettle, 1);
    EXPECT(last.status == 201, was_answered("Bob bought the only kettle", last));
    expect_told(bob.orders(shop::kettle, 1), "Bob, who ordered another kettle,", "409 sold out");
}

}  // namespace support
