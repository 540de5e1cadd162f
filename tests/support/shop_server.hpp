// The routes under test on a real server at a free port of this machine, with the ledger's hooks.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace shop {
class Bank;
}

namespace support {

class ShopServer {
 public:
    // Listens when it returns. Throws what `shop::add_routes` throws, and std::runtime_error when
    // no port is free. `bank` outlives it. With `keeps_copies` it keeps a copy of each reply until
    // it goes, as a hook that collects them may.
    ShopServer(const std::string& database, shop::Bank& bank, int workers,
               bool keeps_copies = false);
    ShopServer(const ShopServer&) = delete;
    ShopServer& operator=(const ShopServer&) = delete;
    // Stops the server, which waits for the requests that it is serving, and destroys it, and with
    // it what its handlers own.
    ~ShopServer();

    int port() const;

    // As RunningShop::before_each_reply.
    void before_each_reply(std::function<void(int status)> look);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace support
