// What happens when a connection is opened, as the test says: it succeeds, fails, or takes until
// the test lets it go on.
#pragma once

#include <memory>

#include "support/gate.hpp"

namespace support {

// One attempt to open a connection that does not end until the test lets it. Let go of at the
// latest when this goes, so that no failing test leaves a worker waiting. Move-only.
class HeldConnect {
 public:
    HeldConnect(HeldConnect&&) noexcept = default;
    HeldConnect& operator=(HeldConnect&&) = delete;
    HeldConnect(const HeldConnect&) = delete;
    HeldConnect& operator=(const HeldConnect&) = delete;
    ~HeldConnect();

    // Waits until somebody opens a connection. False when nobody did within `patience()`.
    [[nodiscard]] bool is_tried();

    void succeed();
    void fail();

 private:
    friend class ConnectInterceptor;
    struct Attempt;
    explicit HeldConnect(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
    std::shared_ptr<Attempt> attempt_;
};

// While it lives, every connection that is opened, but for the test's own, asks it. One at a time;
// made before the shop. An attempt that fails is an SQLite::Exception to the thread that opens.
// Thread safe.
class ConnectInterceptor {
 public:
    ConnectInterceptor();
    ConnectInterceptor(const ConnectInterceptor&) = delete;
    ConnectInterceptor& operator=(const ConnectInterceptor&) = delete;
    // Lets go of all that are still held.
    ~ConnectInterceptor();

    // The next attempt that is not held yet.
    HeldConnect hold_next();

    // As many of the next attempts that are not held; `fail_all` until `mend`.
    void fail_next(int attempts);
    void fail_all();
    void mend();

    // How many have been begun.
    int attempts() const;

    // Called by the ledger, on the thread that opens a connection. False: it is to fail.
    static bool may_open();

 private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace support
