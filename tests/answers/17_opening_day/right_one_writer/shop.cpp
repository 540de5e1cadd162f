// The shop in which whoever wants to write queues in the shop, and not at the database's lock.
#include "16_graceful_shutdown/shop.hpp"

#include <httplib.h>

#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "04_depends/catalogue.hpp"
#include "04_depends/depends.hpp"
#include "05_forgotten_pragma/engine.hpp"
#include "09_charged_twice/reservations.hpp"
#include "10_exhaustion/metrics.hpp"
#include "10_exhaustion/session.hpp"
#include "13_hold_and_wait/unit_of_work.hpp"
#include "14_starved_workers/hands.hpp"
#include "15_event_loop_closed/receipts.hpp"
#include "export.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

constexpr std::size_t longest_key = 255;

// Her name for her order; an empty one is none. Some versions of cpp-httplib drop empty headers.
Key key_of(const Request& request) {
    std::string key = request.get_header_value("Idempotency-Key");
    if (key.empty()) return std::nullopt;
    if (key.size() > longest_key) {
        throw Malformed("Idempotency-Key is longer than " + std::to_string(longest_key) + " bytes");
    }
    return key;
}

// Lends one session at a time: that of the one who writes. Thread safe.
class Writer {
 public:
    explicit Writer(std::shared_ptr<Sessions> sessions) : sessions_(std::move(sessions)) {}

    class Lease {
     public:
        Lease(Writer& writer, std::string holder)
            : turn_(writer.mutex_), session_(writer.sessions_->acquire(std::move(holder))) {}
        Connection& operator*() const { return *session_; }

     private:
        std::unique_lock<std::mutex> turn_;
        Sessions::Lease session_;
    };
    Lease acquire(std::string holder) { return Lease(*this, std::move(holder)); }

 private:
    std::shared_ptr<Sessions> sessions_;
    std::mutex mutex_;
};

// Nobody waits for it. What is not written when the shop ends is written by the next one.
void submit_receipt(Shop& shop, const Order& order) {
    shop.tasks.submit([&shop, order] {
        try {
            write_receipt(shop.pool, order, shop.bank);
        } catch (const std::exception&) {  // or it is there already: she has come again
        }
    });
}

// To every reply, just before it leaves.
void before_reply(const Shop& shop, Response& response) {
    if (!shop.hands->may_stay() || !shop.is_ready) response.set_header("Connection", "close");
    if (shop.deadline && response.status >= 500 && response.status != 503) {
        response.status = 503;  // it failed because the shop closes, and not for its own reasons
        response.set_header("Retry-After", "1");
    }
}

}  // namespace

// The shop opens over whatever the one before it has left.
Shop::Shop(const std::string& database, Bank& bank_, int workers)
    : bank(bank_),
      hands(std::make_shared<Hands>(workers)),
      pool(PatientManager(Engine(database), deadline)),
      sessions(pool, deadline) {
    recover(pool, bank);
    for (const Entry& entry : unit_of_work(pool, "recovery", without_receipt)) {
        submit_receipt(*this, entry.order);
    }
}

void add_routes(httplib::Server& server, const std::shared_ptr<Shop>& shop) {
    server.new_task_queue = [shop] { return new HandsQueue(shop->hands); };
    http::before_each_reply(
        server, [shop](const Request&, Response& response) { before_reply(*shop, response); });

    const std::shared_ptr<Sessions> sessions(shop, &shop->sessions);
    add_catalogue<Session>(server, Injector([shop, sessions](const Request& request) {
                               shop->hands->require_another();
                               return get_session(sessions, holder_of(request));
                           }));
    add_export(server, shop->hands, sessions);
    const auto writer = std::make_shared<Writer>(sessions);
    server.Post("/orders", [shop, writer](const Request& request, Response& response) {
        shop->hands->require_another();
        const Order order =
            place_order(*writer, http::parse_order(request), key_of(request), shop->bank);
        submit_receipt(*shop, order);
        http::reply_created(response, order);
    });

    // Whoever watches over the shop asks these three. They wait for nothing and nobody.
    add_metrics(server, std::shared_ptr<SessionPool>(shop, &shop->pool));
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [shop](const Request&, Response& response) {
        if (!shop->is_ready) throw Unavailable("the shop is closing");
        response.set_content("ready\n", "text/plain");
    });
}

void add_routes(httplib::Server& server, const std::string& database, Bank& bank) {
    add_routes(server, std::make_shared<Shop>(database, bank, http::limits_of(server).workers));
}

}  // namespace shop
