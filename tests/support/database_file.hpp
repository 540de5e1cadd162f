// A database file of the test's own, and a look into it that no ledger records.
#pragma once

#include <filesystem>
#include <string>

namespace support {

// The shop's database in a new folder, which goes with this object.
class DatabaseFile {
 public:
    DatabaseFile();
    DatabaseFile(const DatabaseFile&) = delete;
    DatabaseFile& operator=(const DatabaseFile&) = delete;
    ~DatabaseFile();

    std::string path() const { return (folder_ / "shop.db").string(); }

    // The one number that a query yields, read on a connection of its own: what has been committed.
    std::int64_t number(const std::string& sql) const;
    // Runs SQL on a connection of its own.
    void run(const std::string& sql) const;

 private:
    std::filesystem::path folder_;
};

}  // namespace support
