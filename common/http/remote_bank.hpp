// A bank behind a wire: one process asks, another answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "http/server.hpp"
#include "shop/bank.hpp"

namespace httplib {
class Client;
}

namespace http {

// The shop's end. Each question is a connection of its own.
class RemoteBank : public shop::Bank {
 public:
    // The bank is at `port` of this machine.
    // One that is silent for longer than `patience` counts as unreachable.
    explicit RemoteBank(int port, std::chrono::seconds patience = std::chrono::seconds(60))
        : port_(port), patience_(patience) {}

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;
    // Returns when nobody waits any more.
    void hang_up() override;

 private:
    class UnderWay;
    std::string ask(const std::string& what, const shop::NewOrder& order, const std::string& key);

    const int port_;
    const std::chrono::seconds patience_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool has_hung_up_ = false;
    std::set<httplib::Client*> under_way_;
};

// The bank's end: has `server` answer with what `bank` says. `bank` outlives the server.
void add_bank(Server& server, shop::Bank& bank);

}  // namespace http
