// A customer of a running shop: one keep-alive connection, so one worker as long as it lasts.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "shop/goods.hpp"

namespace support {

// What came back. Status 0: no answer within `patience()`, or the connection broke.
struct Reply {
    int status = 0;
    std::string body;
    std::string location;
    std::map<std::string, std::string> headers = {};  // with names as the shop writes them
    // Of a reply that broke off, and so has status 0: "503, and 26 of the 27 bytes it promised".
    std::string broken_off = {};

    // The value at a JSON pointer such as "/item/stock".
    // A number that is not there is -1, a text "".
    std::int64_t number(std::string_view pointer) const;
    std::string text(std::string_view pointer) const;
    bool is_json() const;
    // What the customer was told when she was not served: "404 no such item".
    // "nothing" when no answer came.
    std::string told() const;
};

// A request that has been sent and whose reply is not needed yet. Its destructor does not wait.
class Pending {
 public:
    explicit Pending(std::shared_future<Reply> reply) : reply_(std::move(reply)) {}

    // Waits for the reply; it is a Reply of status 0 when none comes within `patience()` from now.
    Reply reply() const;
    bool is_answered() const;
    // Waits for it, that long at most.
    bool is_answered_within(std::chrono::milliseconds limit) const;

 private:
    std::shared_future<Reply> reply_;
};

class Crowd;

// Not thread safe: one request at a time. Does not outlive the shop it was got from.
class Customer {
 public:
    Customer(std::string name, int port, Crowd& crowd);
    Customer(Customer&&) noexcept;
    Customer& operator=(Customer&&) = delete;
    Customer(const Customer&) = delete;
    Customer& operator=(const Customer&) = delete;
    ~Customer();

    // POST /orders with the customer's name as the card.
    Reply orders(shop::Id item, int quantity);
    Pending starts_to_order(shop::Id item, int quantity);
    // The same with a header Idempotency-Key.
    Reply orders(shop::Id item, int quantity, const std::string& key);
    Pending starts_to_order(shop::Id item, int quantity, const std::string& key);
    Reply reviews(shop::Id item, std::string_view text);
    Pending starts_to_review(shop::Id item, std::string_view text);

    Reply gets(const std::string& path);
    Pending starts_to_get(const std::string& path);
    using Headers = std::multimap<std::string, std::string>;
    Reply posts(const std::string& path, std::string body, const Headers& headers = {});
    Pending starts_to_post(const std::string& path, std::string body, const Headers& headers = {});

 private:
    struct Client;
    std::shared_ptr<Client> line_;
    Crowd& crowd_;
};

}  // namespace support
