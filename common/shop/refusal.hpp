// The ways in which the shop says no. Thrown out of a handler they become the reply of their kind
// (see http/server.hpp); their text is written for the customer and goes out as it is.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace shop {

class Refusal : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

// 404
class NotFound : public Refusal {
 public:
    using Refusal::Refusal;
};

// 401
class Unauthorized : public Refusal {
 public:
    using Refusal::Refusal;
};

// 409
class SoldOut : public Refusal {
 public:
    explicit SoldOut(const std::string& text = "sold out") : Refusal(text) {}
};

// 402
class PaymentDeclined : public Refusal {
 public:
    PaymentDeclined() : Refusal("payment declined") {}
};

// 400: what came is not even JSON.
class Unreadable : public Refusal {
 public:
    using Refusal::Refusal;
};

// 422: it can be read, and is not what was asked for.
class Malformed : public Refusal {
 public:
    using Refusal::Refusal;
};

// 503 with Retry-After: not now, and when it is worth trying again.
class Unavailable : public Refusal {
 public:
    explicit Unavailable(const std::string& text,
                         std::chrono::seconds retry_after = std::chrono::seconds(1))
        : Refusal(text), retry_after_(retry_after) {}
    std::chrono::seconds retry_after() const { return retry_after_; }

 private:
    std::chrono::seconds retry_after_;
};

}  // namespace shop
