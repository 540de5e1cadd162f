// Rejected by: Bob and Alice both get their teapots
// Rejected by: Bob's review does not cost Alice her order
// Overlooks: The statement is refused because of what its transaction has read. It can be tried a
// thousand times; the transaction stays as old as it is.

// An order in one transaction, whose writes are tried again while the database is busy.
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

template <typename Write>
auto insist(Write write) {
    constexpr int tries = 1000;
    for (int i = 1;; ++i) {
        try {
            return write();
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || i == tries) throw;
        }
    }
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
        insist([&] { take_stock(connection, order); });
        return insist([&] { return add_order(connection, order); });
    });
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
