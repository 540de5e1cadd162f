// Rejected by: Nothing is open while the bank thinks
// Overlooks: A statement that has been stepped and not reset reads on, without any BEGIN: the log
// cannot be emptied for as long as the bank thinks.

// Reserves by what one statement says of the item, which is still there when the bank is asked.
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

Answer charge_or_release(const Engine& engine, const NewOrder& order, Id reserved, Bank& bank) {
    const auto give_back = [&] {
        unit_of_work(engine, [&](SQLite::Database& connection) { release(connection, reserved); });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        give_back();
        throw;
    }
    if (answer == Answer::declined) give_back();
    return answer;
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    SQLite::Database connection = engine.connect();
    SQLite::Statement item(connection, "SELECT stock FROM items WHERE id = ?");
    item.bind(1, order.item_id);
    if (!item.executeStep()) throw NotFound("no such item");
    if (item.getColumn(0).getInt() < order.quantity) throw SoldOut();
    const Order placed =
        unit_of_work(engine, [&](SQLite::Database& own) { return reserve(own, order); });
    if (charge_or_release(engine, order, placed.id, bank) == Answer::declined) {
        throw PaymentDeclined();
    }
    unit_of_work(engine, [&](SQLite::Database& own) { confirm(own, placed.id); });
    return placed;
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
