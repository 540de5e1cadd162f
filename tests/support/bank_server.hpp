// The test's bank behind a wire, for a shop in a process of its own.
#pragma once

#include <memory>
#include <string>

#include "http/remote_bank.hpp"
#include "shop/bank.hpp"

namespace support {

// Answers what comes over HTTP with what `bank` says, as long as it lives. `bank` outlives it, and
// holds nobody any more when this goes.
class BankServer {
 public:
    explicit BankServer(shop::Bank& bank);
    BankServer(const BankServer&) = delete;
    BankServer& operator=(const BankServer&) = delete;
    ~BankServer();
    int port() const;

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// Asks the BankServer at a port of this machine. Before a question and after its answer is a step
// (support/failpoints.hpp). Thread safe.
class FailpointBank : public shop::Bank {
 public:
    explicit FailpointBank(int port);
    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;

 private:
    http::RemoteBank bank_;
};

}  // namespace support
