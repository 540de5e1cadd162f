// A bank that does as the test says: it answers at once, unless a card is to be held, declined or
// broken.
#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "shop/bank.hpp"
#include "support/gate.hpp"

namespace support {

enum class Step { authorize, capture };

// One question of one card that the bank does not answer until the test does. When it is destroyed
// unanswered the bank accepts, so that no failing test leaves a worker waiting. Move-only.
class Held {
 public:
    Held(Held&&) noexcept = default;
    Held& operator=(Held&&) = delete;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();

    // Waits until the question has been put. False when it was not within `patience()`.
    [[nodiscard]] bool is_asked();

    void accept();
    void decline();
    void fail();  // throws BankUnreachable at whoever asked

 private:
    friend class TestBank;
    struct Question;
    explicit Held(std::shared_ptr<Question> question) : question_(std::move(question)) {}
    std::shared_ptr<Question> question_;
};

// Thread safe.
class TestBank : public shop::Bank {
 public:
    ~TestBank() override;

    // The next time that `card` comes to `step`, the bank waits for the test's answer.
    Held hold(const std::string& card, Step step);

    // Every time that `card` comes to `step` from now on.
    void decline(const std::string& card, Step step);
    void fail(const std::string& card, Step step);
    // The same with an exception of the test's choice.
    void fail(const std::string& card, Step step, std::exception_ptr thrown);

    // Answers everything that is held and holds nothing any more.
    void release_all();

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;

 private:
    shop::Answer ask(const std::string& card, Step step);

    std::mutex mutex_;
    std::vector<std::shared_ptr<Held::Question>> held_;
    struct Habit {
        std::string card;
        Step step;
        std::exception_ptr fails;  // null: declines
    };
    std::vector<Habit> habits_;
};

}  // namespace support
