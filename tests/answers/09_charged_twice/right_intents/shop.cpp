// The shop that writes down what it is about to do before it does it.
#include <httplib.h>

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

constexpr std::size_t longest_key = 255;

// Her name for her order; an empty one is none. Some versions of cpp-httplib drop empty headers.
Key key_of(const httplib::Request& request) {
    const std::string key = request.get_header_value("Idempotency-Key");
    if (key.empty()) return std::nullopt;
    if (key.size() > longest_key) {
        throw Malformed("Idempotency-Key is longer than " + std::to_string(longest_key) + " bytes");
    }
    const std::string owner = request.get_header_value("X-Customer");
    return std::to_string(owner.size()) + ":" + owner + key;
}

// What the bank says. It is asked twice at most, always by the intent's own name.
Answer ask(Bank& bank, const Intent& intent) {
    for (bool is_again = false;; is_again = true) {
        try {
            return bank.charge(intent.wants, intent.payment);
        } catch (const BankUnreachable&) {
            if (is_again) throw;
        }
    }
}

Order carry_out(const Engine& engine, Intent intent, Bank& bank) {
    if (intent.is_open) {
        const bool is_paid = ask(bank, intent) == Answer::accepted;
        intent = unit_of_work(engine, [&](SQLite::Database& connection) {
            return close_intent(connection, intent.id, is_paid);
        });
    }
    if (!intent.order) throw PaymentDeclined();
    return {*intent.order, intent.wants.item_id, intent.wants.quantity, intent.wants.card};
}

Order place_order(const Engine& engine, const NewOrder& order, const Key& key, Bank& bank) {
    return carry_out(
        engine,
        unit_of_work(engine,
                     [&](SQLite::Database& connection) { return intend(connection, order, key); }),
        bank);
}

// Carries out what an earlier server has only written down.
void recover(const Engine& engine, Bank& bank) {
    unit_of_work(engine, make_intents);
    for (const Intent& intent : unit_of_work(engine, open_intents)) {
        try {
            carry_out(engine, intent, bank);
        } catch (const PaymentDeclined&) {  // an end like any other
        } catch (const BankUnreachable&) {  // the next time
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
