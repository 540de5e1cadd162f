// How a connection is set up, asked of SQLite itself:
// what the ledger notes when a connection begins to work.
#pragma once

struct sqlite3;

namespace support {

struct Settings {
    bool foreign_keys = false;
    int busy_timeout_ms = 0;  // 0 also when a busy handler of the connection's own does the waiting
    int synchronous = 0;      // 0: off, 1: normal, 2: full, 3: extra
    bool read_only = false;   // opened so
};

// Reads them on the connection's own thread, also while it runs a statement, and leaves nothing
// open behind. Runs statements of its own on the connection.
Settings read_settings(sqlite3* connection);

// Whether this thread is inside `read_settings`:
// the statements that a trace sees then are the tests' own.
bool is_reading_settings();

}  // namespace support
