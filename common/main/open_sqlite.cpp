#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "open_database.hpp"
#include "shop/database.hpp"

namespace fs = std::filesystem;

namespace server {
namespace {

// A folder of the server's own, gone when the server ends.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "leaklings-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error(
                fmt::format("no folder can be made in {}", fs::temp_directory_path().string()));
        }
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

 private:
    fs::path path_;
};

void make(const fs::path& database, int items) {
    try {
        shop::create_database(database);
        shop::fill_shelves(database, items);
    } catch (const std::exception& error) {
        throw std::runtime_error(
            fmt::format("{} cannot be made: {}", database.string(), error.what()));
    }
}

}  // namespace

ShopDatabase open_sqlite(const std::string& name, int items) {
    // SQLite counts the memory it takes, for nobody here, under one lock for all connections.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    ShopDatabase database{name, nullptr};
    if (name.empty()) {
        const auto folder = std::make_shared<TemporaryFolder>();
        database = {(folder->path() / "shop.db").string(), folder};
    }
    if (!fs::exists(database.name)) make(database.name, items);
    shop::require_database(database.name);
    return database;
}

}  // namespace server
