// The shop with a table of what is being paid for:
// goods leave the stock when the bank has said yes.
#include <httplib.h>

#include <cstdio>
#include <exception>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

Id reserve(SQLite::Database& connection, const NewOrder& order) {
    const Item item = found(find_item(connection, order.item_id), "no such item");
    SQLite::Statement others(connection,
                             "SELECT total(quantity) FROM reservations WHERE item_id = ?");
    others.bind(1, order.item_id);
    others.executeStep();
    if (item.stock - others.getColumn(0).getInt() < order.quantity) throw SoldOut();
    SQLite::Statement insert(connection,
                             "INSERT INTO reservations (item_id, quantity, card) VALUES (?, ?, ?)");
    insert.bind(1, order.item_id);
    insert.bind(2, order.quantity);
    insert.bind(3, order.card);
    insert.exec();
    return connection.getLastInsertRowid();
}

void end(SQLite::Database& connection, Id reservation) {
    SQLite::Statement remove(connection, "DELETE FROM reservations WHERE id = ?");
    remove.bind(1, reservation);
    remove.exec();
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Id reservation = unit_of_work(
        engine, [&](SQLite::Database& connection) { return reserve(connection, order); });
    const auto release = [&] {
        unit_of_work(engine, [&](SQLite::Database& connection) { end(connection, reservation); });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        try {
            release();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "An order stays reserved: %s\n", error.what());
        }
        throw;
    }
    if (answer == Answer::declined) {
        release();
        throw PaymentDeclined();
    }
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        end(connection, reservation);
        take_stock(connection, order);
        return add_order(connection, order);
    });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    engine.connect().exec(
        "CREATE TABLE IF NOT EXISTS reservations (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL "
        "REFERENCES items (id), quantity INTEGER NOT NULL, card TEXT NOT NULL)");
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(engine, http::parse_order(request), bank));
    });
}

}  // namespace shop
