// The bank: the slow thing outside. An order is paid by `authorize`, which may take seconds, and,
// where a lesson needs a second step, by `capture`; from lesson 08 on by `charge`, which is both.
// Tests hold, decline or break it; a server that is started by hand has one that thinks for as long
// as --bank-takes says.
#pragma once

#include <stdexcept>
#include <string>

#include "shop/goods.hpp"

namespace shop {

enum class Answer { accepted, declined };

// The bank was asked, and whether the card was charged is not known yet, or not written down. The
// customer is told 504, and not to try again: without a key she would pay twice.
class OutcomeUnknown : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

// There was no answer.
class BankUnreachable : public OutcomeUnknown {
 public:
    using OutcomeUnknown::OutcomeUnknown;
};

// Thread safe. Every call blocks until the bank has answered and throws BankUnreachable when it
// does not, or when the shop has hung up.
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

    // Takes the money at once, if the card is good. Asked again with the same `key`, the bank gives
    // the answer that it gave before and takes nothing; an empty key names nothing, and each such
    // call is a payment of its own.
    virtual Answer charge(const NewOrder& order, const std::string& key) = 0;
    Answer charge(const NewOrder& order) { return charge(order, {}); }

    // The bank's own number of a payment, which stands on a receipt. Takes as long as a payment.
    virtual std::string reference(const NewOrder& order) { return "paid by " + order.card; }

    // From now on nobody waits: calls under way and later ones throw BankUnreachable, within a
    // moment. Whether the bank does what it was asked is not known. Of several calls all but the
    // first do nothing.
    virtual void hang_up() {}  // a bank that answers at once has nobody waiting
};

}  // namespace shop
