#include "support/test_bank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/ledger.hpp"

namespace support {
namespace {

enum class Verdict { accept, decline, fail };

shop::BankUnreachable broken_line() {
    return shop::BankUnreachable("the line to the bank is broken");
}

shop::Answer answer(const std::string& card, Verdict verdict) {
    Ledger& ledger = Ledger::instance();
    switch (verdict) {
        case Verdict::accept:
            break;
        case Verdict::decline:
            ledger.note(fmt::format("the bank declines {}'s card", card));
            return shop::Answer::declined;
        case Verdict::fail:
            ledger.note("the bank breaks down");
            throw broken_line();
    }
    return shop::Answer::accepted;
}

const char* name(Step step) {
    return step == Step::authorize ? "authorize" : "capture";
}

}  // namespace

struct Held::Question {
    std::string card;
    Step step;
    Gate asked;
    Gate answered;
    Verdict verdict = Verdict::accept;  // written once, before `answered` opens

    void answer(Verdict value) {
        if (answered.is_open()) return;
        verdict = value;
        answered.open();
    }
};

Held::~Held() {
    if (question_) question_->answer(Verdict::accept);
}

bool Held::is_asked() {
    return question_->asked.wait();
}

void Held::accept() {
    question_->answer(Verdict::accept);
}
void Held::decline() {
    question_->answer(Verdict::decline);
}
void Held::fail() {
    question_->answer(Verdict::fail);
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

void TestBank::release_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& question : held_) question->answer(Verdict::accept);
}

shop::Answer TestBank::authorize(const shop::NewOrder& order) {
    return ask(order.card, Step::authorize);
}
shop::Answer TestBank::capture(const shop::NewOrder& order) {
    return ask(order.card, Step::capture);
}

shop::Answer TestBank::ask(const std::string& card, Step step) {
    const auto concerns = [&](const auto& entry) {
        return entry.card == card && entry.step == step;
    };
    std::shared_ptr<Held::Question> question;
    {
        const std::lock_guard lock(mutex_);
        const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& entry) {
            return concerns(*entry) && !entry->asked.is_open();
        });
        if (held == held_.end()) {
            Ledger::instance().note(fmt::format("bank: {} {}", name(step), card));
            const auto habit = std::find_if(habits_.begin(), habits_.end(), concerns);
            if (habit == habits_.end()) return shop::Answer::accepted;
            if (!habit->fails) return answer(card, Verdict::decline);
            Ledger::instance().note("the bank breaks down");
            std::rethrow_exception(habit->fails);
        }
        question = *held;
        Ledger::instance().note(
            fmt::format("bank: {} {} ... the bank is thinking", name(step), card));
        question->asked.open();
    }
    // Waits as long as it takes: whoever holds the bank answers, and a Held answers when it goes.
    while (!question->answered.wait()) continue;
    return answer(card, question->verdict);
}

}  // namespace support
