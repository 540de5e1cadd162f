// The shop whose routes commit and reply; its handlers return values.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>
#include <sqlite3.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
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
    if (!order.gift_for.empty()) add_gift(connection, placed.id, order.gift_for);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

template <typename... Ts, typename Handler>
void get(httplib::Server& server, const char* path, const Injector<Ts...>& app, Handler handler) {
    server.Get(path, [app, handler](const httplib::Request& request, httplib::Response& response) {
        http::reply(response, app.call(request, [&](Session& session) {
            return handler(request, session.connection());
        }));
    });
}

// SQLite looks at the COMMIT whether a gift's recipient exists; that is the customer's error.
template <typename... Ts, typename Handler>
void post(httplib::Server& server, const char* path, const Injector<Ts...>& app, Handler handler) {
    server.Post(path, [app, handler](const httplib::Request& request, httplib::Response& response) {
        try {
            http::reply_created(response, app.call(request, [&](Session& session) {
                return handler(request, session);
            }));
        } catch (const SQLite::Exception& error) {
            if (error.getExtendedErrorCode() != SQLITE_CONSTRAINT_FOREIGNKEY) throw;
            throw Malformed("the shop knows nobody of that name");
        }
    });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;

    const Injector app([engine = Engine(database)] { return get_session(engine); });

    get(server, "/items/([0-9]{1,19})", app,
        [](const Request& request, SQLite::Database& connection) {
            return found(find_item(connection, http::parse_id(request)), "no such item");
        });
    get(server, "/orders/([0-9]{1,19})", app,
        [](const Request& request, SQLite::Database& connection) {
            return found(find_order(connection, http::parse_id(request)), "no such order");
        });
    get(server, "/reviews/([0-9]{1,19})", app,
        [](const Request& request, SQLite::Database& connection) {
            return found(find_review(connection, http::parse_id(request)), "no such review");
        });
    post(server, "/orders", app, [&bank](const Request& request, Session& session) {
        return place_order(session, http::parse_order(request), bank);
    });
    post(server, "/reviews", app, [](const Request& request, Session& session) {
        return found(add_review(session.connection(), http::parse_review(request)), "no such item");
    });
}

}  // namespace shop
