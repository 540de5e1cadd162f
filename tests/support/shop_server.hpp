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
    // no port is free. `bank` outlives it. With `copies_replies` it copies each reply twice before
    // the body is sent, as hooks that log them may: one copy goes at once, the other when it goes.
    ShopServer(const std::string& database, shop::Bank& bank, int workers,
               bool copies_replies = false);
    ShopServer(const ShopServer&) = delete;
    ShopServer& operator=(const ShopServer&) = delete;
    // Closes it, and destroys the server, and with it what its handlers own.
    ~ShopServer();

    // Stops the server as its main() does, which waits for the requests that it is serving.
    // Does not throw: what the shop throws at its shutdown is a note in the ledger. Once is enough.
    void close();
    // Whether the shop, which is being closed, waits until no handler runs, or has done so.
    bool awaits_handlers() const;
    bool handlers_have_ended() const;

    int port() const;

    // As RunningShop::before_each_reply.
    void before_each_reply(std::function<void(int status)> look);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace support
