// The shop whose handlers are given their session:
// no handler opens, commits, rolls back or closes one.
#include <httplib.h>

#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "with_session.hpp"

namespace shop {
namespace {

template <typename Thing>
Thing found(const std::optional<Thing>& thing, const char* otherwise) {
    if (!thing) throw NotFound(otherwise);
    return *thing;
}

Order place_order(Session& session, const NewOrder& order, Bank& bank) {
    SQLite::Database& connection = session.connection();
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    take_stock(connection, order);
    Order placed = add_order(connection, order);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        http::reply(response, with_session(database, [&](Session& session) {
                        return found(find_item(session.connection(), http::parse_id(request)),
                                     "no such item");
                    }));
    });

    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        http::reply(response, with_session(database, [&](Session& session) {
                        return found(find_order(session.connection(), http::parse_id(request)),
                                     "no such order");
                    }));
    });

    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        http::reply(response, with_session(database, [&](Session& session) {
                        return found(find_review(session.connection(), http::parse_id(request)),
                                     "no such review");
                    }));
    });

    server.Post("/orders", [database, &bank](const Request& request, Response& response) {
        http::reply_created(response, with_session(database, [&](Session& session) {
                                return place_order(session, http::parse_order(request), bank);
                            }));
    });

    server.Post("/reviews", [database](const Request& request, Response& response) {
        http::reply_created(response, with_session(database, [&](Session& session) {
                                return found(
                                    add_review(session.connection(), http::parse_review(request)),
                                    "no such item");
                            }));
    });
}

}  // namespace shop
