#include "web/stage_bank.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "http/remote_bank.hpp"

namespace web {
namespace {

constexpr int most_held = 32;  // at a time; who comes then is not even heard
constexpr std::size_t most_said = 8'000;

constexpr std::array<std::pair<Mood, std::string_view>, 5> moods = {{{Mood::usual, "usual"},
                                                                     {Mood::holding, "holding"},
                                                                     {Mood::declining, "declining"},
                                                                     {Mood::losing, "losing"},
                                                                     {Mood::hanging, "hanging"}}};

}  // namespace

std::optional<Mood> mood_called(std::string_view name) {
    for (const auto& [mood, its_name] : moods) {
        if (its_name == name) return mood;
    }
    return std::nullopt;
}

std::string_view name_of(Mood mood) {
    return moods[static_cast<std::size_t>(mood)].second;
}

StageBank::StageBank(server::SlowBankOptions options)
    : SlowBank(std::move(options), [this](std::string_view line) { note(line); }),
      server_({.workers = most_held}) {
    http::configure(server_, [](std::string_view) {});
    http::add_bank(server_, *this);
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("No port is free for the bank.");
    listening_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() before it would be lost
}

StageBank::~StageBank() {
    StageBank::hang_up();
    server_.stop();
    listening_.join();
}

void StageBank::be(Mood mood) {
    const std::lock_guard lock(mutex_);
    if (mood_ == mood) return;
    mood_ = mood;
    ++generation_;
    decline_everybody(mood == Mood::declining);
    changed_.notify_all();
}

std::size_t StageBank::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

std::string StageBank::said() const {
    const std::lock_guard lock(mutex_);
    return said_;
}

shop::Answer StageBank::authorize(const shop::NewOrder& order) {
    return treat(order, [&] { return SlowBank::authorize(order); });
}

shop::Answer StageBank::capture(const shop::NewOrder& order) {
    return treat(order, [&] { return SlowBank::capture(order); });
}

shop::Answer StageBank::charge(const shop::NewOrder& order, const std::string& key) {
    return treat(order, [&] { return SlowBank::charge(order, key); });
}

std::string StageBank::reference(const shop::NewOrder& order) {
    return treat(order, [&] { return SlowBank::reference(order); });
}

void StageBank::hang_up() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        changed_.notify_all();
    }
    SlowBank::hang_up();
}

template <typename Ask>
auto StageBank::treat(const shop::NewOrder& order, const Ask& ask) -> decltype(ask()) {
    const Mood mood = await_turn(order);
    auto answer = ask();
    if (mood != Mood::losing) return answer;
    note("bank: the line breaks, the answer is lost");
    throw shop::BankUnreachable("the line to the bank broke before its answer came");
}

Mood StageBank::await_turn(const shop::NewOrder& order) {
    std::unique_lock lock(mutex_);
    while (!is_over_ && (mood_ == Mood::holding || mood_ == Mood::hanging)) {
        const bool hangs = mood_ == Mood::hanging;
        said_ += fmt::format("bank: {} {}\n", order.card,
                             hangs ? "will hear nothing" : "has to wait for an answer");
        ++waiting_;
        changed_.wait(lock,
                      [this, since = generation_] { return is_over_ || generation_ != since; });
        --waiting_;
        if (hangs) throw shop::BankUnreachable("no answer");
    }
    if (is_over_) throw shop::BankUnreachable("the bank is closed");
    return mood_;
}

void StageBank::note(std::string_view line) {
    const std::lock_guard lock(mutex_);
    said_ += std::string(line) + "\n";
    if (said_.size() > most_said) said_.erase(0, said_.find('\n', said_.size() - most_said) + 1);
}

}  // namespace web
