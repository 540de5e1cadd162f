#include "support/test_bank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/ledger.hpp"

namespace support {
namespace {

shop::BankUnreachable broken_line() {
    return shop::BankUnreachable("the line to the bank is broken");
}

shop::Answer answer(const std::string& card, Decision decision) {
    Ledger& ledger = Ledger::instance();
    switch (decision) {
        case Decision::accept:
            break;
        case Decision::decline:
            ledger.note(fmt::format("the bank declines {}'s card", card));
            return shop::Answer::declined;
        case Decision::fail:
        case Decision::lose:
            ledger.note("the bank breaks down");
            throw broken_line();
    }
    return shop::Answer::accepted;
}

const char* name(Step step) {
    switch (step) {
        case Step::authorize:
            return "authorize";
        case Step::capture:
            return "capture";
        case Step::charge:
            return "charge";
        case Step::reference:
            return "number of the payment of";
    }
    return "";
}

}  // namespace

struct Held::Question {
    std::string card;
    Step step;
    Gate asked;
    Gate answered;
    Decision decision = Decision::accept;  // written once, before `answered` opens

    void answer(Decision value) {
        if (answered.is_open()) return;
        decision = value;
        answered.open();
    }
};

Held::~Held() {
    if (question_) question_->answer(Decision::accept);
}

bool Held::is_asked() {
    return question_->asked.wait();
}

void Held::accept() {
    question_->answer(Decision::accept);
}
void Held::decline() {
    question_->answer(Decision::decline);
}
void Held::fail() {
    question_->answer(Decision::fail);
}
void Held::lose() {
    question_->answer(Decision::lose);
}

TestBank::~TestBank() {
    release_all();
}

Held TestBank::hold(const std::string& card, Step step) {
    auto question = std::make_shared<Held::Question>();
    question->card = card;
    question->step = step;
    const std::lock_guard lock(mutex_);
    held_.push_back(question);
    return Held(std::move(question));
}

void TestBank::decline(const std::string& card, Step step) {
    const std::lock_guard lock(mutex_);
    habits_.push_back({card, step, nullptr});
}

void TestBank::fail(const std::string& card, Step step) {
    fail(card, step, std::make_exception_ptr(broken_line()));
}

void TestBank::fail(const std::string& card, Step step, std::exception_ptr thrown) {
    const std::lock_guard lock(mutex_);
    habits_.push_back({card, step, std::move(thrown)});
}

void TestBank::mend(const std::string& card) {
    const std::lock_guard lock(mutex_);
    const auto concerns = [&](const Habit& habit) { return habit.card == card; };
    habits_.erase(std::remove_if(habits_.begin(), habits_.end(), concerns), habits_.end());
}

void TestBank::release_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& question : held_) question->answer(Decision::accept);
}

void TestBank::lose_next_answer(const std::string& card) {
    const std::lock_guard lock(mutex_);
    to_lose_.push_back(card);
}

std::vector<Charge> TestBank::charges() const {
    const std::lock_guard lock(mutex_);
    return charges_;
}

int TestBank::charges_of(const std::string& card) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(charges_.begin(), charges_.end(),
                                          [&](const Charge& each) { return each.card == card; }));
}

int TestBank::asked(const std::string& card, Step step) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(asked_.begin(), asked_.end(), std::pair(card, step)));
}

shop::Answer TestBank::authorize(const shop::NewOrder& order) {
    return answer(order.card, ask(order.card, Step::authorize));
}

shop::Answer TestBank::capture(const shop::NewOrder& order) {
    return answer(order.card, ask(order.card, Step::capture));
}

shop::Answer TestBank::charge(const shop::NewOrder& order, const std::string& key) {
    Decision decision = ask(order.card, Step::charge);
    if (decision == Decision::fail) return answer(order.card, decision);
    bool lost = decision == Decision::lose;
    {
        const std::lock_guard lock(mutex_);
        const auto to_lose = std::find(to_lose_.begin(), to_lose_.end(), order.card);
        if (to_lose != to_lose_.end()) {
            to_lose_.erase(to_lose);
            lost = true;
        }
        const auto earlier = answered_.find(key);
        if (!key.empty() && earlier != answered_.end()) {
            Ledger::instance().note(
                fmt::format("the bank has answered {} before and takes nothing", key));
            decision =
                earlier->second == shop::Answer::accepted ? Decision::accept : Decision::decline;
        } else {
            if (decision != Decision::decline) {
                charges_.push_back({order.card, order.quantity, key});
                Ledger::instance().note(fmt::format("the bank takes {}'s money", order.card));
            }
            answered_[key] =
                decision == Decision::decline ? shop::Answer::declined : shop::Answer::accepted;
        }
    }
    if (lost) {
        Ledger::instance().note("the bank's answer is lost");
        throw broken_line();
    }
    return answer(order.card, decision);
}

std::string TestBank::reference(const shop::NewOrder& order) {
    answer(order.card, ask(order.card, Step::reference));
    return Bank::reference(order);
}

Decision TestBank::ask(const std::string& card, Step step) {
    const auto concerns = [&](const auto& entry) {
        return entry.card == card && entry.step == step;
    };
    std::shared_ptr<Held::Question> question;
    {
        const std::lock_guard lock(mutex_);
        asked_.emplace_back(card, step);
        const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& entry) {
            return concerns(*entry) && !entry->asked.is_open();
        });
        if (held == held_.end()) {
            Ledger::instance().note(fmt::format("bank: {} {}", name(step), card));
            const auto habit = std::find_if(habits_.begin(), habits_.end(), concerns);
            if (habit == habits_.end()) return Decision::accept;
            if (!habit->fails) return Decision::decline;
            Ledger::instance().note("the bank breaks down");
            std::rethrow_exception(habit->fails);
        }
        question = *held;
        Ledger::instance().note(
            fmt::format("bank: {} {} ... the bank is thinking", name(step), card));
        question->asked.open();
    }
    // Waits as long as it takes: the test holding the bank answers, and a Held answers when it goes.
    while (!question->answered.wait()) continue;
    return question->decision;
}

}  // namespace support
