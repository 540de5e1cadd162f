// How much the shop's connections ask of SQLite: statements begun and rows handed out.
#pragma once

namespace support {

// Counts while it lives, over all connections that the ledger sees. Thread safe.
class SqlCounts {
 public:
    SqlCounts();

    // BEGIN, COMMIT and PRAGMA count as well.
    int statements() const;
    int rows() const;

    // Called by the ledger.
    static void statement_begins();
    static void row_is_handed_out();

 private:
    int statements_before_;
    int rows_before_;
};

}  // namespace support
