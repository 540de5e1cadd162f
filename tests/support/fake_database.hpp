// What a pool lends in its tests: connections that lead nowhere and do as the test says, out of a
// database that counts them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>

#include "support/halt.hpp"

namespace support {

struct CannotConnect : std::runtime_error {
    CannotConnect() : std::runtime_error("unable to open database file") {}
};

// Thread safe, but for the functions: they are set while nobody calls them. Takes no lock, so that
// a visit of all locks (support/lock_visit.hpp) finds only the pool's; and counts without an order,
// so that ThreadSanitizer sees what only the pool's lock orders.
class FakeDatabase {
 public:
    // What happens to everybody, on the thread to which it happens. Each but `on_close` may throw.
    std::function<void(int attempt)> on_connect = [](int) {};  // from 1
    std::function<void(int connection)> on_reset = [](int) {};
    std::function<bool(int connection)> is_good = [](int) { return true; };
    std::function<void(int connection)> on_close = [](int) {};
    std::atomic<bool> is_away{false};  // nobody can connect

    int open() const { return open_; }  // also those that are being opened or closed
    int most() const { return most_; }  // of these, at any time
    int attempts() const { return attempts_; }
    int opened() const { return opened_; }
    int failed() const { return failed_; }  // attempts
    int checks() const { return checks_; }

 private:
    friend class FakeConnection;
    friend struct FakeManager;

    // Counts one more, or one less, and says how many there are then.
    static int add(std::atomic<int>& count, int more = 1) {
        return count.fetch_add(more, std::memory_order_relaxed) + more;
    }
    int begin_attempt();  // its number
    void count_failure();

    std::atomic<int> open_{0};
    std::atomic<int> most_{0};
    std::atomic<int> attempts_{0};
    std::atomic<int> opened_{0};
    std::atomic<int> failed_{0};
    std::atomic<int> checks_{0};
};

// One connection, which its borrower can spoil. Closed when it goes; move-only.
class FakeConnection {
 public:
    FakeConnection(std::shared_ptr<FakeDatabase> database, int the_number);
    FakeConnection(FakeConnection&&) noexcept = default;
    FakeConnection& operator=(FakeConnection&& other) noexcept;  // closes what this was before
    FakeConnection(const FakeConnection&) = delete;
    FakeConnection& operator=(const FakeConnection&) = delete;
    ~FakeConnection();

    bool is_open() const { return database_ != nullptr; }  // not when it was moved from

    int number;              // from 1, in the order of opening
    bool is_dirty = false;   // until it is reset
    bool is_broken = false;  // it cannot be reset
    bool is_stale = false;   // it leads nowhere any more
    bool check_throws = false;
    std::shared_ptr<Halt> on_reset;
    std::shared_ptr<Halt> on_check;
    std::shared_ptr<Halt> on_close;

 private:
    std::shared_ptr<FakeDatabase> database_;
};

// The manager of these connections, for a pool. Keeps the database, also for an attempt to connect
// that nobody waits for any more.
struct FakeManager {
    using Connection = FakeConnection;
    std::shared_ptr<FakeDatabase> database = std::make_shared<FakeDatabase>();

    FakeConnection connect() const;
    // From lesson 11 on.
    bool reset(FakeConnection& connection) const;
    bool is_valid(FakeConnection& connection) const;
};

}  // namespace support
