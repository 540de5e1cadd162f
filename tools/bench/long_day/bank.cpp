#include "bank.hpp"

#include <chrono>
#include <iterator>
#include <string_view>

#include "http/remote_bank.hpp"

namespace long_day {
namespace {

constexpr auto slowly = std::chrono::milliseconds(100);

http::Server& opened(http::Server& server, shop::Bank& bank) {
    http::configure(server, [](std::string_view) {});
    http::add_bank(server, bank);
    return server;
}

}  // namespace

DayBank::DayBank() : listening_(opened(server_, *this)) {}

DayBank::~DayBank() {
    be(Mood::failing);
}

void DayBank::be(Mood mood) {
    const std::lock_guard lock(mutex_);
    mood_ = mood;
    ++generation_;
    changed_.notify_all();
}

std::map<std::string, int> DayBank::payments() const {
    const std::lock_guard lock(mutex_);
    return payments_;
}

std::size_t DayBank::hung() const {
    const std::lock_guard lock(mutex_);
    return hung_;
}

shop::Answer DayBank::authorize(const shop::NewOrder& order) {
    return charge(order, {});
}

shop::Answer DayBank::capture(const shop::NewOrder& order) {
    return charge(order, {});
}

shop::Answer DayBank::charge(const shop::NewOrder& order, const std::string& key) {
    std::unique_lock lock(mutex_);
    if (mood_ == Mood::failing) throw shop::BankUnreachable("the bank is out of order");
    const bool pays_first = mood_ == Mood::losing || (mood_ == Mood::hanging && hung_ % 2 == 0);
    if (!pays_first) treat(lock);
    const auto answer =
        order.card.starts_with(poor) ? shop::Answer::declined : shop::Answer::accepted;
    const auto [earlier, is_first] = answered_.try_emplace(key, answer);
    const bool is_paid = is_first || key.empty();
    if (is_paid && answer == shop::Answer::accepted) ++payments_[order.card];
    const shop::Answer said = earlier->second;
    if (pays_first && is_first) treat(lock);
    return said;
}

std::string DayBank::reference(const shop::NewOrder& order) {
    std::unique_lock lock(mutex_);
    treat(lock);
    return Bank::reference(order);
}

void DayBank::treat(std::unique_lock<std::mutex>& lock) {
    const unsigned now = generation_;
    const auto is_over = [this, now] { return generation_ != now; };
    switch (mood_) {
        case Mood::usual:
            return;
        case Mood::slow:
            changed_.wait_for(lock, slowly, is_over);
            return;
        case Mood::hanging:
            ++hung_;
            changed_.wait(lock, is_over);
            break;
        case Mood::losing:
        case Mood::failing:
            break;
    }
    throw shop::BankUnreachable("no answer");
}

Moods::Moods(DayBank& bank, std::chrono::milliseconds turn)
    : bank_(bank), thread_([this, turn] {
          constexpr Mood all[] = {Mood::usual, Mood::slow, Mood::hanging, Mood::losing,
                                  Mood::failing};
          std::unique_lock lock(mutex_);
          for (std::size_t i = 0; !is_over_; ++i) {
              bank_.be(all[i % std::size(all)]);
              changed_.wait_for(lock, turn, [this] { return is_over_; });
          }
      }) {}

Moods::~Moods() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
    bank_.be(Mood::usual);
}

}  // namespace long_day
