// The bank of a server that is started by hand: it thinks for a while, says so, and answers.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "say.hpp"
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
    // What it says, in lines, and in any thread that asks it.
    using Say = std::function<void(std::string_view)>;

    explicit SlowBank(SlowBankOptions options, Say speak = say);

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;
    void hang_up() override;

    // Whether every card is declined from now on, whatever the options say.
    void decline_everybody(bool on) { declines_everybody_ = on; }

 private:
    bool declines(const shop::NewOrder& order) const;
    void think();

    const SlowBankOptions options_;
    const Say say_;
    std::atomic<bool> declines_everybody_ = false;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    bool has_hung_up_ = false;
    std::map<std::string, shop::Answer> charged_;  // by key
};

}  // namespace server
