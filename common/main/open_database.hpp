// The database that main() gives to its shop: an SQLite file, or, where the lesson is over
// PostgreSQL, one of those.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace server {

struct ShopDatabase {
    std::string name;            // as the shop opens it
    std::shared_ptr<void> keep;  // what it is in; null if it was there before, and stays
};

// The database of that name, made if need be; a new one, gone with `keep`, when the name is empty.
// A new one has `items` items, or those of the first day if they are more. Throws
// std::runtime_error, in words for the person who named it.
using OpenDatabase = std::function<ShopDatabase(const std::string& name, int items)>;

// The name is a file's.
ShopDatabase open_sqlite(const std::string& name, int items);

// The name is "host=/tmp/pg dbname=shop user=shop", or for short the folder of a server's socket. A
// server at such an address that is not there (yet) is no error.
ShopDatabase open_postgres(const std::string& name, int items);

}  // namespace server
