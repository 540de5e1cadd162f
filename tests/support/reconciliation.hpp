// What customers were told, to be held against what the bank took and what the shop wrote down:
// when they differ, an incident, told as one: what was promised, what was found, who lost what.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "shop/goods.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/test_bank.hpp"

namespace support {

// "Promised: {promise}. Found: {found}."
std::string incident(const std::string& promise, const std::string& found);

// Thread safe, but for the reports. What it is made with outlives it.
class Reconciliation {
 public:
    // From now on nothing comes into stock.
    Reconciliation(const DatabaseFile& database, const TestBank& bank);

    // What became of an order that `card` sent, of which there is one for each card: noted again
    // when she has tried again. Status 0: she was told nothing.
    void note(const std::string& card, shop::Id item, int quantity, const Reply& reply);

    int accepted() const;  // were told 201
    int answered() const;  // were told anything

    // Of the orders that were accepted, those that are not in the database, word for word.
    // Any time.
    std::string what_was_accepted_and_is_gone() const;
    // Of those who were told nothing, who has an order, or half of one. Any time.
    std::string what_was_done_and_not_told() const;
    // All that differs. While no order is under way: each is confirmed, or is none.
    std::string incidents() const;

 private:
    struct SentOrder {
        shop::Id item;
        int quantity;
        Reply reply;
    };
    struct StoredOrder {
        std::string card;
        shop::Id item;
        int quantity;
        std::string state;
    };
    std::map<shop::Id, StoredOrder> orders_stored() const;
    std::map<shop::Id, std::int64_t> stock() const;
    std::map<std::string, SentOrder> orders_sent() const;

    const DatabaseFile& database_;
    const TestBank& bank_;
    const std::map<shop::Id, std::int64_t> stock_before_;
    mutable std::mutex mutex_;
    std::map<std::string, SentOrder> orders_;  // by card
};

}  // namespace support
