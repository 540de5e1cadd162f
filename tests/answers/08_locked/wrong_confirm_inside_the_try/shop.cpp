// Rejected by: Goods that Alice has paid for are not sold to another
// Overlooks: When it is the confirmation that fails, the card has been charged. Giving back is for
// what was not paid.

// Reserves, charges and confirms; if anything fails on the way, the goods are given back.
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

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Order placed = unit_of_work(
        engine, [&](SQLite::Database& connection) { return reserve(connection, order); });
    try {
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
        unit_of_work(engine, [&](SQLite::Database& connection) {
            if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
        });
    } catch (...) {
        unit_of_work(engine, [&](SQLite::Database& connection) { release(connection, placed.id); });
        throw;
    }
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
