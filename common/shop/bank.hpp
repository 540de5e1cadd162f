// The bank: the slow thing outside. An order is paid by `authorize`, which may take seconds, and,
// where a lesson needs a second step, by `capture`. Tests hold, decline or break it; a server that
// is started by hand has one that thinks for as long as --bank-takes says.
#pragma once

#include <stdexcept>

#include "shop/goods.hpp"

namespace shop {

enum class Answer { accepted, declined };

// The bank could not be asked: whether the card was charged is not known.
class BankUnreachable : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

// Thread safe. Both calls block until the bank has answered and throw BankUnreachable when it does
// not.
class Bank {
 public:
    Bank() = default;
    Bank(const Bank&) = delete;
    Bank& operator=(const Bank&) = delete;
    virtual ~Bank() = default;

    // Is the card good for this order?
    virtual Answer authorize(const NewOrder& order) = 0;

    // Takes the money that was authorized.
    virtual Answer capture(const NewOrder& order) = 0;
};

}  // namespace shop
