// The shop that reserves before it asks the bank, and has nothing open while the bank thinks.
#include <httplib.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "earlier/08_locked/unit_of_work.hpp"
#include "http/json.hpp"
#include "reservations.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

// What the bank says. When it says no, or breaks down,
// the order is released before anybody is told.
Answer charge_or_release(const Engine& engine, const NewOrder& order, Id reserved, Bank& bank) {
    const auto give_back = [&] {
        unit_of_work(engine, [&](SQLite::Database& connection) { release(connection, reserved); });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        try {
            give_back();
        } catch (const std::exception& error) {  // and she is told what the bank did
            std::fprintf(stderr, "Order %lld stays reserved: %s\n",
                         static_cast<long long>(reserved), error.what());
        }
        throw;
    }
    if (answer == Answer::declined) give_back();
    return answer;
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Order placed = unit_of_work(
        engine, [&](SQLite::Database& connection) { return reserve(connection, order); });
    if (charge_or_release(engine, order, placed.id, bank) == Answer::declined) {
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
