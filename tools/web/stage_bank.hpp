// The bank of a shop on the stage: it does as the chapter's flags say, until the reader wants it to
// behave in another way. The shop asks it over HTTP (--bank-port).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.hpp"
#include "main/slow_bank.hpp"

namespace web {

enum class Mood {
    usual,      // as the chapter has it
    holding,    // nobody is answered until the mood is another
    declining,  // every card
    losing,     // does what it is asked to, and the answer is lost
    hanging,    // nobody is answered, and never will be
};

// Nothing when there is no such mood.
std::optional<Mood> mood_called(std::string_view name);
std::string_view name_of(Mood mood);

// Thread safe. Open as long as it lives; who waits then is cut off.
class StageBank : public server::SlowBank {
 public:
    // Throws std::runtime_error when there is no port.
    explicit StageBank(server::SlowBankOptions options);
    StageBank(const StageBank&) = delete;
    StageBank& operator=(const StageBank&) = delete;
    ~StageBank() override;

    int port() const { return port_; }
    void be(Mood mood);
    // How many are held, or hang.
    std::size_t waiting() const;
    // What it has said, the last of it.
    std::string said() const;

    shop::Answer authorize(const shop::NewOrder& order) override;
    shop::Answer capture(const shop::NewOrder& order) override;
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder& order, const std::string& key) override;
    std::string reference(const shop::NewOrder& order) override;
    void hang_up() override;

 private:
    template <typename Ask>
    auto treat(const shop::NewOrder& order, const Ask& ask) -> decltype(ask());
    Mood await_turn(const shop::NewOrder& order);
    void note(std::string_view line);

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    Mood mood_ = Mood::usual;
    unsigned generation_ = 0;  // of moods
    bool is_over_ = false;
    std::size_t waiting_ = 0;
    std::string said_;

    http::Server server_;
    int port_ = 0;
    std::thread listening_;
};

}  // namespace web
