#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "open_database.hpp"
#include "postgres/connection.hpp"
#include "postgres/private_server.hpp"

namespace server {
namespace {

ShopDatabase start(const std::string& folder, int items) {
    const auto server =
        std::make_shared<postgres::PrivateServer>(std::vector<std::string>{}, folder);
    postgres::Connection(server->keepers_address() + " options='-c statement_timeout=0'")  // many
        .exec("INSERT INTO items SELECT n, 'Cup ' || n, 10 FROM generate_series(4, $1::bigint) n",
              {fmt::format("{}", items)});
    return {server->address(), server};
}

}  // namespace

ShopDatabase open_postgres(const std::string& name, int items) {
    const bool is_folder = name.find('=') == std::string::npos;
    if (is_folder && !std::filesystem::exists(name)) return start(name, items);
    const std::string address = is_folder ? postgres::address_in(name) : name;
    try {
        postgres::Connection(address).exec("SELECT FROM items, orders LIMIT 1");
    } catch (const postgres::Error& error) {
        if (!is_folder && error.sqlstate() == "08001") {  // it may be up in a moment
            std::fprintf(stderr, "The shop opens without its database: %s\n", error.what());
            return {address, nullptr};
        }
        throw std::runtime_error(
            fmt::format("{} is not a database of this shop: {}. Name a folder that does not exist "
                        "yet and a PostgreSQL is started there.",
                        name, error.what()));
    }
    return {address, nullptr};
}

}  // namespace server
