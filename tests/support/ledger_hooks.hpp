// What SQLite calls while a shop works, for the ledger to write it down. For its own files.
#pragma once

#include <sqlite3.h>

namespace support {

// Each runs on the thread that uses the connection and under the connection's own mutex, so each
// reads SQLite first and locks the page after, and nothing that holds a page calls SQLite.
struct Hooks {
    // A connection is opened: as an automatic extension, which asks SQLite for all the others.
    static int opened(sqlite3* database, const char**, const sqlite3_api_routines*);

    // The connections that this thread opens are not recorded.
    static thread_local bool unseen;

 private:
    struct Observer;
    static void nothing(sqlite3_context*, int, sqlite3_value**);
    static void closed(void* context);
    static int committing(void* context);
    static int authorizing(void* context, int action, const char* operation, const char*,
                           const char*, const char*);
    static int traced(unsigned kind, void* context, void* subject, void* detail);
    static void statement_begins(Observer& observer, sqlite3_stmt* statement);
    static void statement_ends(Observer& observer, sqlite3_stmt* statement, sqlite3_int64 ns);
};

}  // namespace support
