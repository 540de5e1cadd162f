#include "slow_bank.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <thread>
#include <utility>

#include "say.hpp"

SlowBank::SlowBank(Habits habits) : habits_(std::move(habits)) {}

shop::Answer SlowBank::authorize(const shop::NewOrder& order) {
    const bool declined =
        habits_.declines && (habits_.declines->empty() || *habits_.declines == order.card);
    say(fmt::format("bank: {}'s card? thinking for {} ms", order.card, habits_.takes.count()));
    std::this_thread::sleep_for(habits_.takes);
    say(fmt::format("bank: {}'s card is {}", order.card, declined ? "declined" : "good"));
    return declined ? shop::Answer::declined : shop::Answer::accepted;
}

shop::Answer SlowBank::capture(const shop::NewOrder& order) {
    say(fmt::format("bank: took {}'s money", order.card));
    return shop::Answer::accepted;
}
