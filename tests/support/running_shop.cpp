#include "support/running_shop.hpp"

#include <fmt/format.h>

#include <utility>

namespace support {

RunningShop::RunningShop(int workers) {
    Ledger::instance().start();
    server_ = std::make_unique<ShopServer>(database_.path(), bank_, workers);
}

RunningShop::~RunningShop() {
    close();
}

void RunningShop::before_each_reply(std::function<void(int)> look) {
    server_->before_each_reply(std::move(look));
}

void RunningShop::starts_to_close() {
    Ledger::instance().note("the shop begins to close");
    closing_ = std::thread([this] { server_->close(); });
}

void RunningShop::close() {
    if (!server_) return;
    bank_.release_all();
    crowd_.join();
    if (closing_.joinable()) closing_.join();
    server_.reset();
}

Customer RunningShop::customer(const std::string& name) {
    return {name, port(), crowd_};
}

std::int64_t RunningShop::stock(shop::Id item) const {
    return database_.number(fmt::format("SELECT stock FROM items WHERE id = {}", item));
}

std::int64_t RunningShop::orders_of(const std::string& card) const {
    return database_.number(
        fmt::format("SELECT count(*) FROM orders WHERE card = '{}' AND state = 'confirmed'", card));
}

std::int64_t RunningShop::reviews() const {
    return database_.number("SELECT count(*) FROM reviews");
}

}  // namespace support
