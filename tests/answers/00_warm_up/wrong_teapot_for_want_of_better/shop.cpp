// Rejected by: Every item's page shows that item
// Overlooks: A customer who asks for an item that is not there has to be told so.

// The smallest shop: it shows its items.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/routes.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& /*bank*/) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        const Id wanted = http::parse_id(request);
        SQLite::Database connection(database, SQLite::OPEN_READONLY);
        const std::optional<Item> item = find_item(connection, wanted);
        http::reply(response, item.value_or(find_item(connection, 1).value()));
    });
}

}  // namespace shop
