// What the pool of lesson 11 is given by its tests: the learner's own manager, or one of
// connections that lead nowhere.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "support/pool_under_test.hpp"

// In a namespace, because a learner may call something of hers `Database` as well.
namespace pool_tests {

// The learner's ConnectionManager, on the database in this file.
struct OnDatabase {
    using Connection = SQLite::Database;
    std::string path;
};

// A manager of connections that are nothing but a number. What it says of them, and how long it
// takes to say it, is the test's choice.
class Attendant {
 public:
    struct State;
    // From a guest's coming to his going.
    struct Presence {
        Presence(std::shared_ptr<State> whose, int which) : state(std::move(whose)), number(which) {
            const int now = ++state->present;
            for (int most = state->most; now > most;) {
                if (state->most.compare_exchange_weak(most, now)) break;
            }
        }
        Presence(const Presence&) = delete;
        Presence& operator=(const Presence&) = delete;
        ~Presence() {
            state->close(number);
            --state->present;
        }
        std::shared_ptr<State> state;
        int number;
    };
    struct Guest {
        int number;
        std::unique_ptr<Presence> presence;
    };
    using Connection = Guest;

    Guest connect() const {
        const int number = ++state_->connected;
        state_->open(number);
        return {number, std::make_unique<Presence>(state_, number)};
    }
    bool reset(Guest& guest) const {
        ++state_->resets;
        state_->come_back(guest.number);
        return false;
    }
    bool is_valid(Guest& guest) const {
        ++state_->checks;
        return state_->is_good(guest.number);
    }

    struct State {
        std::atomic<int> connected{0};
        std::atomic<int> resets{0};
        std::atomic<int> checks{0};
        std::atomic<int> present{0};
        std::atomic<int> most{0};  // at once
        std::function<void(int)> open = [](int) {};
        std::function<void(int)> close = [](int) {};
        std::function<void(int)> come_back = [](int) {};
        std::function<bool(int)> is_good = [](int) { return true; };
    };
    State* operator->() const { return state_.get(); }

 private:
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace pool_tests

extern template class support::PoolUnderTest<pool_tests::OnDatabase>;
extern template class support::PoolUnderTest<pool_tests::Attendant>;
