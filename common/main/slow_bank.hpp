// The bank of a server that is started by hand: it thinks for a while, says so, and answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "shop/bank.hpp"

class SlowBank : public shop::Bank {
 public:
    struct Habits {
        std::chrono::milliseconds takes{0};
        // Which card is declined at which step; every card when it is empty.
        std::optional<std::string> declines;
        std::optional<std::string> declines_capture;
    };

    explicit SlowBank(Habits habits);

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;

 private:
    Habits habits_;
};
