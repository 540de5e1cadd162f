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
        std::optional<std::string> declines;  // this card, or every card when it is empty
    };

    explicit SlowBank(Habits habits);

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;

 private:
    Habits habits_;
};
