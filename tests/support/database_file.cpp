#include "support/database_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include "shop/database.hpp"
#include "support/ledger.hpp"

namespace support {
namespace {

constexpr int busy_timeout_ms = 5000;

// In memory, where there is plenty of it and nobody says otherwise (TMPDIR): no test cuts the
// power, and most of a test's time would go into waiting for the disk.
std::filesystem::path folder_for_files() {
    const std::filesystem::path memory = "/dev/shm";
    constexpr std::uintmax_t plenty = 1'000'000'000;
    std::error_code missing;
    const auto space = std::filesystem::space(memory, missing);
    const bool is_there = !missing && space.available > plenty && access(memory.c_str(), W_OK) == 0;
    return is_there && std::getenv("TMPDIR") == nullptr ? memory
                                                        : std::filesystem::temp_directory_path();
}

}  // namespace

DatabaseFile::DatabaseFile() {
    std::string name = (folder_for_files() / "leaklings-test-XXXXXX").string();
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
