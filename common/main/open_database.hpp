// The database that main() gives to its shop: an SQLite file, or, where the lesson is over
// PostgreSQL, one of those.
#pragma once

#include <memory>
#include <string>

struct OpenDatabase {
    std::string name;            // as the shop opens it
    std::shared_ptr<void> keep;  // what it is in; null if it was there before, and stays
};

// The database of that name, made if need be; a new one, gone with `keep`, when the name is empty.
// A new one has `items` items, or those of the first day if they are more. Throws
// std::runtime_error, in words for the person who named it.
OpenDatabase open_database(const std::string& name, int items);
