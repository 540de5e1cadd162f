// Rejected by: Every item's page shows that item
// Overlooks: An item's page that is kept shows the stock of the day on which it was first looked
// at.

// The smallest shop: it shows its items.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <httplib.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

// Those that somebody has looked at, so that the database is asked once for each.
std::mutex mutex;
std::map<Id, Item> known;

std::optional<Item> look_up(SQLite::Database& connection, Id wanted) {
    const std::lock_guard lock(mutex);
    if (const auto there = known.find(wanted); there != known.end()) return there->second;
    const std::optional<Item> item = find_item(connection, wanted);
    if (item) known.emplace(wanted, *item);
    return item;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& /*bank*/) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        const Id wanted = http::parse_id(request);
        SQLite::Database connection(database, SQLite::OPEN_READONLY);
        const std::optional<Item> item = look_up(connection, wanted);
        if (!item) throw NotFound(fmt::format("there is no item {}", wanted));
        http::reply(response, *item);
    });
}

}  // namespace shop
