// The bank of a long day: over HTTP, in one mood after another, and with books of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "http/server.hpp"
#include "shop/bank.hpp"
#include "support/listening.hpp"

namespace long_day {

// How it treats those who ask. While it is hanging they are told nothing, then or later: half of
// them have paid. So has everybody whose answer is lost.
enum class Mood { usual, slow, hanging, losing, failing };

// Whose card is declined, whatever the mood.
inline const std::string poor = "poor-";

// Thread safe. Open as long as it lives.
class DayBank : public shop::Bank {
 public:
    DayBank();
    ~DayBank() override;
    int port() const { return listening_.port(); }

    void be(Mood mood);
    // How often it has taken money from each card that has paid.
    std::map<std::string, int> payments() const;
    // How many have waited for an answer in vain.
    std::size_t hung() const;

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;

 private:
    // Called with the lock held, which it gives away while it waits. Throws BankUnreachable when the
    // mood is that there is no answer.
    void treat(std::unique_lock<std::mutex>& lock);

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    Mood mood_ = Mood::usual;
    unsigned generation_ = 0;  // of moods
    std::size_t hung_ = 0;
    std::map<std::string, shop::Answer> answered_;  // by key
    std::map<std::string, int> payments_;           // by card

    http::Server server_{{.workers = 64}};  // so many can be hung at a time
    support::Listening listening_;
};

// Has the bank change its mood at each turn, as long as it lives; after that the mood is the usual.
class Moods {
 public:
    Moods(DayBank& bank, std::chrono::milliseconds turn);
    Moods(const Moods&) = delete;
    Moods& operator=(const Moods&) = delete;
    ~Moods();

 private:
    DayBank& bank_;
    std::mutex mutex_;  // guards `is_over_`
    std::condition_variable changed_;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace long_day
