// Rejected by: Nothing is open while the bank thinks
// Rejected by: If two buy the last kettle, one gets it and the other pays nothing
// Overlooks: Two customers are at the bank for one kettle, and both pay: only after that does the
// second unit look again.

// An order in one transaction; when it was stale,
// the bank's answer is kept and the rest done again.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "reservations.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    bool paid = false;
    const auto place = [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        if (!paid && bank.charge(order) == Answer::declined) throw PaymentDeclined();
        paid = true;
        take_stock(connection, order);
        return add_order(connection, order);
    };
    constexpr int tries = 5;
    for (int i = 1;; ++i) {
        try {
            return unit_of_work(engine, place);
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || i == tries) throw;
        }
    }
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(engine, http::parse_order(request), bank));
    });
}

}  // namespace shop
