#include "support/running_shop.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "http/server.hpp"
#include "shop/routes.hpp"

namespace support {

struct RunningShop::Server {
    std::mutex mutex;
    std::function<void(int)> look;
    httplib::Server http;
    std::thread listening;
};

RunningShop::RunningShop(int workers) : server_(std::make_unique<Server>()) {
    Ledger::instance().start();
    httplib::Server& http = server_->http;
    http::Limits limits;
    limits.workers = workers;
    http::configure(http, limits, [](std::string_view line) { Ledger::instance().note(line); });
    shop::add_routes(http, database_.path(), bank_);
    http.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
        const std::string customer = request.get_header_value("X-Customer");
        Ledger::instance().request_begins(fmt::format(
            "{} {} {}", customer.empty() ? "somebody" : customer, request.method, request.path));
        return httplib::Server::HandlerResponse::Unhandled;
    });
    // Runs on the worker when the handler has returned or thrown, and before the first byte leaves.
    http.set_post_routing_handler(
        [server = server_.get()](const httplib::Request&, httplib::Response& response) {
            Ledger::instance().request_ends(response.status);
            std::unique_lock lock(server->mutex);
            const auto look = server->look;
            lock.unlock();
            if (look) look(response.status);
        });
    port_ = http.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no port is free for the test's server");
    server_->listening = std::thread([&http] { http.listen_after_bind(); });
}

RunningShop::~RunningShop() {
    close();
}

void RunningShop::before_each_reply(std::function<void(int)> look) {
    const std::lock_guard lock(server_->mutex);
    server_->look = std::move(look);
}

void RunningShop::close() {
    if (!server_) return;
    bank_.release_all();
    crowd_.join();
    // A server that is told to stop before it runs would not hear it.
    while (!server_->http.is_running()) std::this_thread::yield();
    server_->http.stop();
    server_->listening.join();
    server_.reset();
}

Customer RunningShop::customer(const std::string& name) {
    return {name, port_, crowd_};
}

std::int64_t RunningShop::stock(shop::Id item) const {
    return database_.number(fmt::format("SELECT stock FROM items WHERE id = {}", item));
}

std::int64_t RunningShop::orders_of(const std::string& card) const {
    return database_.number(fmt::format("SELECT count(*) FROM orders WHERE card = '{}'", card));
}

std::int64_t RunningShop::reviews() const {
    return database_.number("SELECT count(*) FROM reviews");
}

}  // namespace support
