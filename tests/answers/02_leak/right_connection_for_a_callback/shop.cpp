// The shop with a connection for each request, lent to a callback: no handler opens or closes one.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <memory>
#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// A handler that is given the connection beside the request.
template <typename Work>
httplib::Server::Handler with_session(const std::string& database, Work work) {
    return [database, work](const Request& request, Response& response) {
        constexpr int busy_timeout_ms = 5000;
        const auto connection =
            std::make_unique<SQLite::Database>(database, SQLite::OPEN_READWRITE, busy_timeout_ms);
        work(*connection, request, response);
    };
}

void show_item(SQLite::Database& connection, const Request& request, Response& response) {
    const std::optional<Item> item = find_item(connection, http::parse_id(request));
    if (!item) return http::reply_error(response, 404, "no such item");
    http::reply(response, *item);
}

void show_order(SQLite::Database& connection, const Request& request, Response& response) {
    const std::optional<Order> order = find_order(connection, http::parse_id(request));
    if (!order) return http::reply_error(response, 404, "no such order");
    http::reply(response, *order);
}

void show_review(SQLite::Database& connection, const Request& request, Response& response) {
    const std::optional<Review> review = find_review(connection, http::parse_id(request));
    if (!review) return http::reply_error(response, 404, "no such review");
    http::reply(response, *review);
}

void place_order(SQLite::Database& connection, const Request& request, Response& response,
                 Bank& bank) {
    const NewOrder order = http::parse_order(request);
    connection.exec("BEGIN");  // a connection that is closed inside its transaction rolls it back
    const std::optional<Item> item = find_item(connection, order.item_id);
    if (!item) return http::reply_error(response, 404, "no such item");
    if (item->stock < order.quantity) return http::reply_error(response, 409, "sold out");
    if (bank.authorize(order) == Answer::declined) {
        return http::reply_error(response, 402, "payment declined");
    }
    take_stock(connection, order);
    const Order placed = add_order(connection, order);
    connection.exec("COMMIT");
    http::reply_created(response, placed);
}

void write_review(SQLite::Database& connection, const Request& request, Response& response) {
    const std::optional<Review> review = add_review(connection, http::parse_review(request));
    if (!review) return http::reply_error(response, 404, "no such item");
    http::reply_created(response, *review);
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    server.Get("/items/([0-9]{1,19})", with_session(database, show_item));
    server.Get("/orders/([0-9]{1,19})", with_session(database, show_order));
    server.Get("/reviews/([0-9]{1,19})", with_session(database, show_review));
    server.Post("/orders",
                with_session(database, [&bank](SQLite::Database& connection, const Request& request,
                                               Response& response) {
                    place_order(connection, request, response, bank);
                }));
    server.Post("/reviews", with_session(database, write_review));
}

}  // namespace shop
