// The shop in which one thread writes for all, and nobody ever holds it up at the bank.
#include <httplib.h>

#include <cstdio>
#include <exception>
#include <memory>
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
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "writer.hpp"

namespace shop {
namespace {

Order place_order(Writer& writer, const NewOrder& order, Bank& bank) {
    const Order placed =
        writer.write([&](SQLite::Database& connection) { return reserve(connection, order); });
    const auto give_back = [&] {
        writer.write([&](SQLite::Database& connection) { return release(connection, placed.id); });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        try {
            give_back();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "An order stays reserved: %s\n", error.what());
        }
        throw;
    }
    if (answer == Answer::declined) {
        give_back();
        throw PaymentDeclined();
    }
    if (!writer.write(
            [&](SQLite::Database& connection) { return confirm(connection, placed.id); })) {
        throw std::logic_error("paid, and not reserved");
    }
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    const auto writer = std::make_shared<Writer>(engine);
    server.Post("/orders", [writer, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(*writer, http::parse_order(request), bank));
    });
}

}  // namespace shop
