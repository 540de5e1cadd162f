#include "support/database_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>

#include "shop/database.hpp"
#include "support/ledger.hpp"

namespace support {
namespace {
constexpr int busy_timeout_ms = 5000;
}

DatabaseFile::DatabaseFile() {
    std::string name = (std::filesystem::temp_directory_path() / "leaklings-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no folder can be made for " + name);
    folder_ = name;
    const Ledger::Unseen unseen;
    shop::create_database(path());
}

DatabaseFile::~DatabaseFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::int64_t DatabaseFile::number(const std::string& sql) const {
    const Ledger::Unseen unseen;
    SQLite::Database database(path(), SQLite::OPEN_READWRITE, busy_timeout_ms);
    return database.execAndGet(sql).getInt64();
}

void DatabaseFile::run(const std::string& sql) const {
    const Ledger::Unseen unseen;
    SQLite::Database database(path(), SQLite::OPEN_READWRITE, busy_timeout_ms);
    database.exec(sql);
}

}  // namespace support
