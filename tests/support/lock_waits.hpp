// SQLite's waiting for a lock that another connection holds. Its busy handler waits by the xSleep
// of the VFS, and the tests have a VFS of their own: SQLite's default with another xSleep.
#pragma once

namespace support {

// While one lives, connections wait in the way that it says. One at a time; connections that were
// opened before the first of a process are not seen. Thread safe.
class LockWaits {
 public:
    enum class Length {
        as_set,  // as long as each connection's busy timeout says
        none,    // a wait returns at once: a timeout of 5 s is over in about 2 ms. Not for
                 // tests in which several connections really write at the same time.
    };
    explicit LockWaits(Length length = Length::as_set);
    LockWaits(const LockWaits&) = delete;
    LockWaits& operator=(const LockWaits&) = delete;
    ~LockWaits();

    // How many waits there have been since this was made.
    int count() const;

    // Waits until a connection waits for a lock. False when none did within `patience()`.
    [[nodiscard]] bool somebody_waits() const;
};

}  // namespace support
