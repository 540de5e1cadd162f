// Rejected by: Alice's declined order does not touch her others
// Overlooks: Alice has more than one tab. All that she is just paying for goes with the one order
// that was declined.

// Reserves, charges, and confirms or releases what the card has reserved.
#include <httplib.h>

#include <stdexcept>
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

void release_all_of(SQLite::Database& connection, const std::string& card) {
    SQLite::Statement give_back(
        connection,
        "UPDATE items SET stock = stock + (SELECT sum(quantity) FROM orders WHERE item_id = "
        "items.id AND card = ?1 AND state = 'reserved') WHERE id IN (SELECT item_id FROM orders "
        "WHERE card = ?1 AND state = 'reserved')");
    give_back.bind(1, card);
    give_back.exec();
    SQLite::Statement remove(connection,
                             "DELETE FROM orders WHERE card = ? AND state = 'reserved'");
    remove.bind(1, card);
    remove.exec();
}

Answer charge_or_release(const Engine& engine, const NewOrder& order, Bank& bank) {
    const auto give_back = [&] {
        unit_of_work(engine,
                     [&](SQLite::Database& connection) { release_all_of(connection, order.card); });
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
    const Order placed = unit_of_work(
        engine, [&](SQLite::Database& connection) { return reserve(connection, order); });
    if (charge_or_release(engine, order, bank) == Answer::declined) {
        throw PaymentDeclined();
    }
    unit_of_work(engine, [&](SQLite::Database& connection) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
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
