#include "support/settings.hpp"

#include <sqlite3.h>

#include <memory>
#include <utility>

namespace support {
namespace {

thread_local bool reading = false;

int number(sqlite3* connection, const char* pragma) {
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v2(connection, pragma, -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared,
                                                                          sqlite3_finalize);
    return sqlite3_step(statement.get()) == SQLITE_ROW ? sqlite3_column_int(statement.get(), 0) : 0;
}

}  // namespace

Settings read_settings(sqlite3* connection) {
    const bool before = std::exchange(reading, true);
    Settings settings;
    int on = 0;
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &on);
    settings.foreign_keys = on != 0;
    settings.busy_timeout_ms = number(connection, "PRAGMA busy_timeout");
    settings.synchronous = number(connection, "PRAGMA synchronous");
    settings.read_only = sqlite3_db_readonly(connection, "main") == 1;
    reading = before;
    return settings;
}

bool is_reading_settings() {
    return reading;
}

}  // namespace support
