#include "support/shop_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include "http/server.hpp"
#include "shop/routes.hpp"
#include "support/failpoints.hpp"
#include "support/gate.hpp"
#include "support/ledger.hpp"
#include "support/listening.hpp"
#include "support/patience.hpp"
#include "support/stack_overflow.hpp"

namespace support {

struct ShopServer::Parts {
    explicit Parts(int workers) : http(http::Limits{.workers = workers}) {}
    std::mutex mutex;
    std::function<void(int)> look;  // this and the copies are guarded by `mutex`
    http::Server http;
    std::list<httplib::Response> copies;  // which stay where they are
    std::optional<Listening> listening;
    Gate awaits_handlers;
    Gate handlers_have_ended;
    bool is_closed = false;
};

ShopServer::ShopServer(const std::string& database, shop::Bank& bank, int workers,
                       bool copies_replies)
    : parts_(std::make_unique<Parts>(workers)) {
    http::Server& http = parts_->http;
    http::configure(http, [](std::string_view line) { Ledger::instance().note(line); });
    // A customer whom a test lets wait is not given up before the test is.
    http.set_write_timeout(4 * patience());
    shop::add_routes(http, database, bank);
    http.set_pre_routing_handler([shops = http.pre_routing_handler()](
                                     const httplib::Request& request, httplib::Response& response) {
        tell_of_stack_overflow();
        // A test asks for it again and again, and what is of interest would drown in the timeline.
        if (request.path != "/metrics") {
            const std::string customer = request.get_header_value("X-Customer");
            Ledger::instance().request_begins(fmt::format("{} {} {}",
                                                          customer.empty() ? "somebody" : customer,
                                                          request.method, request.path));
        }
        return shops ? shops(request, response) : httplib::Server::HandlerResponse::Unhandled;
    });
    // Runs on the worker when the handler has returned or thrown, and before the first byte leaves.
    http.set_post_routing_handler(
        [copies_replies, parts = parts_.get()](const httplib::Request& request,
                                               httplib::Response& response) {
            parts->http.before_reply(request, response);
            if (copies_replies) {
                // A copy may be made and go at any time, as a logger would have it.
                // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
                const httplib::Response looked_at(response);
            }
            std::unique_lock lock(parts->mutex);
            if (copies_replies) parts->copies.push_back(response);
            const auto look = parts->look;
            lock.unlock();
            Ledger::instance().request_ends(response.status);
            reach_failpoint(fmt::format("the reply {} is about to leave", response.status));
            if (look) look(response.status);
        });
    parts_->listening.emplace(http);
}

ShopServer::~ShopServer() {
    close();
}

void ShopServer::close() {
    if (std::exchange(parts_->is_closed, true)) return;
    try {
        parts_->http.shut_down([this] {
            parts_->awaits_handlers.open();
            parts_->listening->join();
            parts_->handlers_have_ended.open();
        });
    } catch (const std::exception& error) {
        Ledger::instance().note(fmt::format("the shop's shutdown throws: {}", error.what()));
    } catch (...) {
        Ledger::instance().note("the shop's shutdown throws something");
    }
}

bool ShopServer::awaits_handlers() const {
    return parts_->awaits_handlers.is_open();
}

bool ShopServer::handlers_have_ended() const {
    return parts_->handlers_have_ended.is_open();
}

void ShopServer::before_each_reply(std::function<void(int)> look) {
    const std::lock_guard lock(parts_->mutex);
    parts_->look = std::move(look);
}

int ShopServer::port() const {
    return parts_->listening->port();
}

}  // namespace support
