// What the shop deals in. Plain values, copied freely, with no behaviour and no database in them.
#pragma once

#include <cstdint>
#include <string>

namespace shop {

using Id = std::int64_t;

struct Item {
    Id id;
    std::string title;
    int stock;
};

// What a customer sends to POST /orders. The card is a name such as "alice": enough for a bank that
// is only ever played.
struct NewOrder {
    Id item_id;
    int quantity;
    std::string card;
    std::string gift_for = {};  // a customer of the shop; empty: nobody, she keeps it
};

// Somebody whom the shop knows by name.
struct Customer {
    std::string name;
    int visits;
};

struct Order {
    Id id;
    Id item_id;
    int quantity;
    std::string card;
};

// What a customer sends to POST /reviews.
struct NewReview {
    Id item_id;
    std::string text;
};

struct Review {
    Id id;
    Id item_id;
    std::string text;
};

}  // namespace shop
