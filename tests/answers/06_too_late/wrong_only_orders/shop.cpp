// The shop that takes orders for gifts.
// Its handlers say what they need and return what the customer gets.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "respond.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

Order place_order(Session& session, const NewOrder& order, Bank& bank) {
    SQLite::Database& connection = session.connection();
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    take_stock(connection, order);
    Order placed = add_order(connection, order);
    if (!order.gift_for.empty()) add_gift(connection, placed.id, order.gift_for);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Injector app([engine = Engine(database)] { return get_session(engine); });

    server.Get("/items/([0-9]{1,19})", [app](const Request& request, Response& response) {
        respond(app, request, response, [&](Session& session) {
            return found(find_item(session.connection(), http::parse_id(request)), "no such item");
        });
    });

    server.Get("/orders/([0-9]{1,19})", [app](const Request& request, Response& response) {
        respond(app, request, response, [&](Session& session) {
            return found(find_order(session.connection(), http::parse_id(request)),
                         "no such order");
        });
    });

    server.Get("/reviews/([0-9]{1,19})", [app](const Request& request, Response& response) {
        respond(app, request, response, [&](Session& session) {
            return found(find_review(session.connection(), http::parse_id(request)),
                         "no such review");
        });
    });

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        respond_durably(app, request, response, [&](Session& session) {
            return Created{place_order(session, http::parse_order(request), bank)};
        });
    });

    server.Post("/reviews", [app](const Request& request, Response& response) {
        respond(app, request, response, [&](Session& session) {
            return Created{found(add_review(session.connection(), http::parse_review(request)),
                                 "no such item")};
        });
    });
}

}  // namespace shop
