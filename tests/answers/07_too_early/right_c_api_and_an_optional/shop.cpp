// The shop with an export of all its items.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "export.hpp"
#include "http/json.hpp"
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
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    const Injector app([engine] { return get_session(engine); });
    add_catalogue<Session>(server, app);
    add_export(server, database);

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_order(session, http::parse_order(request), bank);
        }));
    });
}

}  // namespace shop
