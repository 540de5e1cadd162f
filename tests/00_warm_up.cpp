// 00 warm-up: an item's page shows that item.
#include <fmt/format.h>

#include "support/catch.hpp"
#include "support/running_shop.hpp"

using support::Customer;
using support::Reply;
using support::RunningShop;

TEST_CASE("The teapot's page shows the teapot") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply page = alice.gets("/items/1");
    NEED(page.status == 200, "Alice asked for the teapot, item 1, and got no page.");
    EXPECT(page.text("/item/title") == "Teapot",
           "Alice asked for item 1, the teapot, and was shown another item.");
    CHECK(page.number("/item/id") == 1);
    CHECK(page.number("/item/stock") == 10);
}

TEST_CASE("Every item's page shows that item", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply page = alice.gets("/items/2");
    NEED(page.status == 200, "Alice asked for item 2, the kettle, and got no page.");
    EXPECT(page.text("/item/title") == "Kettle",
           "Alice asked for item 2, the kettle, and was shown another item. The timeline has the "
           "statement that her request ran.");
    CHECK(page.number("/item/id") == 2);
    CHECK(page.number("/item/stock") == 1);
    EXPECT(alice.gets("/items/77").status == 404,
           "Alice asked for item 77, which the shop does not have, and was not told so.");
    if (page.text("/item/title") != "Kettle") return;  // one thing at a time

    EXPECT(alice.gets("/items/4294967298").status == 404,
           "Alice asked for item 4294967298, which the shop does not have, and was not told so.");
    EXPECT(alice.gets("/items/9999999999999999999").status == 404,
           "Alice asked for item 9999999999999999999, which no shop could have, and was not told "
           "so.");

    // And when the goods change:
    shop.database().run(
        "UPDATE items SET stock = 5 WHERE id = 2; UPDATE items SET id = 12 WHERE id = 3");
    EXPECT(alice.gets("/items/2").number("/item/stock") == 5,
           "Four kettles came in, Alice looked again, and was shown the old stock.");
    EXPECT(
        alice.gets("/items/3").status == 404,
        "The samovar is item 12 now. Alice asked for item 3, which no longer exists, and was not "
        "told so.");
    EXPECT(alice.gets("/items/12").text("/item/title") == "Samovar",
           "The samovar is item 12 now. Alice asked for item 12 and was not shown the samovar.");
}
