#include "slow_bank.hpp"

#include <fmt/format.h>

#include <utility>

namespace server {
namespace {

bool concerns(const std::optional<std::string>& card, const shop::NewOrder& order) {
    return card && (card->empty() || *card == order.card);
}

}  // namespace

SlowBank::SlowBank(SlowBankOptions options, Say speak)
    : options_(std::move(options)), say_(std::move(speak)) {}

bool SlowBank::declines(const shop::NewOrder& order) const {
    return declines_everybody_ || concerns(options_.declines, order);
}

shop::Answer SlowBank::authorize(const shop::NewOrder& order) {
    const bool declined = declines(order);
    say_(fmt::format("bank: {}'s card? thinking for {} ms", order.card, options_.takes.count()));
    think();
    say_(fmt::format("bank: {}'s card is {}", order.card, declined ? "declined" : "good"));
    return declined ? shop::Answer::declined : shop::Answer::accepted;
}

shop::Answer SlowBank::capture(const shop::NewOrder& order) {
    const bool declined = declines_everybody_ || concerns(options_.declines_capture, order);
    say_(fmt::format("bank: {} {}'s money", declined ? "does not give" : "took", order.card));
    return declined ? shop::Answer::declined : shop::Answer::accepted;
}

shop::Answer SlowBank::charge(const shop::NewOrder& order, const std::string& key) {
    const std::string about = key.empty() ? "" : fmt::format(" (key {})", key);
    say_(fmt::format("bank: {}'s money?{} thinking for {} ms", order.card, about,
                     options_.takes.count()));
    think();
    const shop::Answer verdict = declines(order) ? shop::Answer::declined : shop::Answer::accepted;
    {
        const std::lock_guard lock(mutex_);
        const auto [earlier, first] = charged_.try_emplace(key, verdict);
        if (!key.empty() && !first) {
            say_(fmt::format("bank: has answered{} before, takes nothing", about));
            return earlier->second;
        }
    }
    say_(fmt::format("bank: {} {}'s money{}",
                     verdict == shop::Answer::declined ? "does not give" : "took", order.card,
                     about));
    if (concerns(options_.loses_answer, order)) {
        say_("bank: the line breaks, the answer is lost");
        throw shop::BankUnreachable("the line to the bank broke before its answer came");
    }
    return verdict;
}

void SlowBank::hang_up() {
    const std::lock_guard lock(mutex_);
    has_hung_up_ = true;
    changed_.notify_all();
}

void SlowBank::think() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, options_.takes, [this] { return has_hung_up_; })) {
        throw shop::BankUnreachable("the shop has hung up");
    }
}

std::string SlowBank::reference(const shop::NewOrder& order) {
    say_(fmt::format("bank: the number of {}'s payment? thinking for {} ms", order.card,
                     options_.takes.count()));
    think();
    return Bank::reference(order);
}

}  // namespace server
