// The shop whose handlers say by their parameters what they need.
#include <httplib.h>

#include <string>

#include "customer.hpp"
#include "depends.hpp"
#include "earlier/03_yield/session.hpp"
#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

// Takes first and looks then: what was too much, the rollback gives back.
Order place_order(Session& session, const NewOrder& order, Bank& bank) {
    SQLite::Database& connection = session.connection();
    take_stock(connection, order);
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < 0) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    Order placed = add_order(connection, order);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    const Injector app([engine] { return get_engine(engine); },
                       [](Engine& given) { return get_session(given); }, current_customer);
    add_catalogue<Session>(server, app);

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session, Customer&) {
            return place_order(session, http::parse_order(request), bank);
        }));
    });
}

}  // namespace shop
