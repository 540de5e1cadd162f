// Those who come to the shop all day: buyers, readers, one who reads slowly, one who hangs up, and
// one who makes no sense.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "shop/goods.hpp"

namespace long_day {

// An order that somebody wanted, and what became of it as far as she knows.
struct Wish {
    shop::Id item = 0;
    int quantity = 0;
    int status = 0;      // of the last answer; 0: she was told nothing, or did not wait for it
    shop::Id order = 0;  // with a 201
};

// What they were told. Thread safe; asked when they have left.
class Told {
 public:
    void note(const std::string& card, const Wish& wish);
    void note_review(shop::Id review, const std::string& text);
    // 0: no answer.
    void count(const std::string& what, int status);
    // What must not be, told by a customer.
    void complain(const std::string& text);
    // Some order that was accepted; one of number 0 when there is none yet.
    std::pair<std::string, Wish> some_accepted(std::uint64_t chance) const;

    std::map<std::string, Wish> wishes() const;  // by card
    std::map<shop::Id, std::string> reviews() const;
    std::map<std::string, std::map<int, long>> counts() const;
    std::vector<std::string> complaints() const;

 private:
    mutable std::mutex mutex_;
    std::map<std::string, Wish> wishes_;
    std::vector<std::string> accepted_;  // cards
    std::map<shop::Id, std::string> reviews_;
    std::map<std::string, std::map<int, long>> counts_;
    std::vector<std::string> complaints_;
};

inline constexpr int items = 20'000;       // so that an export is longer than any buffer
inline constexpr int first_plentiful = 4;  // of these there are as many as one likes
inline constexpr int rare = 1;             // of this there are ten

// Comes when it is made and leaves when it goes. For one thread.
class Crowd {
 public:
    // The shop is at `port` of this machine, when it is open.
    Crowd(int port, Told& told);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd();

    // All have hung up, and nobody asks for anything until `goes_on`.
    void rests();
    void goes_on();

 private:
    struct Place;
    // A customer, who does `visit` again and again.
    void comes(std::function<void(Place&)> visit);

    int port_;
    Told& told_;
    std::atomic<bool> rests_ = false;
    std::atomic<bool> leaves_ = false;
    std::atomic<int> busy_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace long_day
