// Rejected by: A shop that dies in the middle of an order charges nobody for nothing
// Overlooks: The list dies with the process, and who comes again after that is a stranger.

// The shop with a list of the keys that it has served.
#include <httplib.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
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
    const bool paid = ask(bank, order) == Answer::accepted;
    unit_of_work(engine, [&](SQLite::Database& connection) {
        return paid ? confirm(connection, order.id) : release(connection, order.id);
    });
    if (!paid) throw PaymentDeclined();
    return order;
}

// What has become of each key. Whoever comes second waits for the first. Thread safe.
class Served {
 public:
    template <typename Place>
    Order once(const std::string& key, const NewOrder& order, Place place) {
        std::promise<Order> promise;
        std::shared_future<Order> outcome;
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            const auto [at, added] = outcomes_.try_emplace(key);
            if (added) at->second = {described(order), promise.get_future().share()};
            if (at->second.request != described(order)) {
                throw Malformed("this Idempotency-Key was used for another order");
            }
            first = added;
            outcome = at->second.outcome;
        }
        if (first) {
            try {
                promise.set_value(place());
            } catch (const PaymentDeclined&) {
                promise.set_exception(std::current_exception());
            } catch (...) {
                promise.set_exception(std::current_exception());
                const std::lock_guard lock(mutex_);
                outcomes_.erase(key);
            }
        }
        return outcome.get();
    }

 private:
    struct Outcome {
        std::string request;
        std::shared_future<Order> outcome;
    };
    std::mutex mutex_;
    std::map<std::string, Outcome> outcomes_;
};

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Entry entry = unit_of_work(engine, [&](SQLite::Database& connection) {
        return reserve(connection, order, std::nullopt);
    });
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

    const auto served = std::make_shared<Served>();
    server.Post("/orders", [engine, served, &bank](const Request& request, Response& response) {
        const NewOrder order = http::parse_order(request);
        const Key key = key_of(request);
        const auto place = [&] { return place_order(engine, order, bank); };
        http::reply_created(response, key ? served->once(*key, order, place) : place());
    });
}

}  // namespace shop
