// Rejected by: Others' work stays when Alice is declined
// Overlooks: The stock that was read is another's by now: what Bob took in the meantime is undone.

// Reserves, charges, and confirms, or puts the stock back as it was.
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

struct Reserved {
    Order order;
    int stock_before;
};

void put_back(const Engine& engine, const Reserved& reserved) {
    unit_of_work(engine, [&](SQLite::Database& connection) {
        SQLite::Statement update(connection, "UPDATE items SET stock = ? WHERE id = ?");
        update.bind(1, reserved.stock_before);
        update.bind(2, reserved.order.item_id);
        update.exec();
        SQLite::Statement remove(connection, "DELETE FROM orders WHERE id = ?");
        remove.bind(1, reserved.order.id);
        remove.exec();
    });
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Reserved reserved = unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        return Reserved{reserve(connection, order), item.stock};
    });
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        put_back(engine, reserved);
        throw;
    }
    if (answer == Answer::declined) {
        put_back(engine, reserved);
        throw PaymentDeclined();
    }
    unit_of_work(engine,
                 [&](SQLite::Database& connection) { confirm(connection, reserved.order.id); });
    return reserved.order;
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
