// A bank that does as the test says: it answers at once,
// unless a card is to be held, declined or broken.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "shop/bank.hpp"
#include "support/gate.hpp"

namespace support {

// What the bank says to one question.
enum class Decision { accept, decline, fail, lose };

enum class Step { authorize, capture, charge, reference };

// Money that the bank took by `charge`.
struct Charge {
    std::string card;
    int quantity = 0;
    std::string key;
};

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
    void fail();  // throws BankUnreachable at the caller, and charges nothing
    void lose();  // accepts, and throws BankUnreachable: the answer never arrives

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

    // `card` is a card like any other again.
    void mend(const std::string& card);

    // The next time that `card` is charged it pays, and the answer never arrives: the caller gets
    // BankUnreachable.
    void lose_next_answer(const std::string& card);

    // What was taken, in order. A key that has been charged is not charged again.
    std::vector<Charge> charges() const;
    int charges_of(const std::string& card) const;
    // How often `card` came to `step`, with any answer.
    int asked(const std::string& card, Step step) const;

    // Answers everything that is held and holds nothing any more.
    void release_all();

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;

 private:
    Decision ask(const std::string& card, Step step);

    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Held::Question>> held_;
    struct Habit {
        std::string card;
        Step step;
        std::exception_ptr fails;  // null: declines
    };
    std::vector<Habit> habits_;
    std::vector<std::pair<std::string, Step>> asked_;
    std::vector<std::string> to_lose_;  // cards
    std::vector<Charge> charges_;
    std::map<std::string, shop::Answer> answered_;  // by key
};

}  // namespace support
