// The bank of a server that is started by hand: it thinks for a while, says so, and answers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "shop/bank.hpp"

namespace server {

struct SlowBankOptions {
    std::chrono::milliseconds takes{0};
    // Which card is declined at which step; every card when it is empty.
    std::optional<std::string> declines;
    std::optional<std::string> declines_capture;
    // Whose charge is made while the answer to it is lost, the first time for each key.
    std::optional<std::string> loses_answer;
};

class SlowBank : public shop::Bank {
 public:
    explicit SlowBank(SlowBankOptions options);

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;
    void hang_up() override;

 private:
    void think();

    SlowBankOptions options_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool has_hung_up_ = false;
    std::map<std::string, shop::Answer> charged_;  // by key
};

}  // namespace server
