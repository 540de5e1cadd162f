// A bank behind a wire: one process asks, another answers.
#pragma once

#include <memory>
#include <string>

#include "shop/bank.hpp"

namespace support {

// Answers what comes over HTTP with what `bank` says, as long as it lives. `bank` outlives it.
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
// (support/steps.hpp). Thread safe.
class RemoteBank : public shop::Bank {
 public:
    explicit RemoteBank(int port) : port_(port) {}
    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;

 private:
    shop::Answer ask(const std::string& what, const shop::NewOrder& order, const std::string& key);
    int port_;
};

}  // namespace support
