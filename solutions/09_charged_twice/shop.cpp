// The shop in which everything that is tried again has a name, and the name is written down before
// anything is tried.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "earlier/08_locked/unit_of_work.hpp"
#include "http/json.hpp"
#include "idempotency.hpp"
#include "reservations.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

// Brings an order to its end from wherever it stands. Throws PaymentDeclined when that was the end,
// and BankUnreachable when there is none yet: then it stays reserved, because it may be paid.
Order settle(const Engine& engine, const Entry& entry, Bank& bank) {
    const Order& order = entry.order;
    if (entry.state == "confirmed") return order;
    if (entry.state == "declined") throw PaymentDeclined();
    const bool paid = ask(bank, entry) == Answer::accepted;
    unit_of_work(engine, [&](SQLite::Database& connection) {
        return paid ? confirm(connection, order.id) : release(connection, order.id);
    });
    if (!paid) throw PaymentDeclined();
    return order;
}

Order place_order(const Engine& engine, const NewOrder& order, const Key& key, Bank& bank) {
    const Entry entry = unit_of_work(
        engine, [&](SQLite::Database& connection) { return reserve(connection, order, key); });
    return settle(engine, entry, bank);
}

// Settles what an earlier server has left behind.
void recover(const Engine& engine, Bank& bank) {
    for (const Entry& entry : unit_of_work(engine, still_reserved)) {
        try {
            settle(engine, entry, bank);
        } catch (const PaymentDeclined&) {  // an end like any other
        } catch (const BankUnreachable&) {  // left for its customer, or for the next start
        }
    }
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    recover(engine, bank);
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        http::reply_created(response,
                            place_order(engine, http::parse_order(request), key_of(request), bank));
    });
}

}  // namespace shop
