// How often connections find the database's write lock taken. Each attempt counts, so a connection
// that waits for its turn is refused again and again, in whatever way it passes the time between;
// one that does not wait is refused once.
#pragma once

namespace support {

// Counts from its making on: every attempt to take the write lock of a database in WAL mode, of any
// connection in this process that was opened after the first LockRefusals was made. Thread safe.
class LockRefusals {
 public:
    LockRefusals();
    int count() const;

 private:
    int before_;
};

}  // namespace support
