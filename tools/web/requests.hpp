// Requests that the reader has put together herself, to the shops on the stage and nowhere else.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "web/json.hpp"

namespace web {

struct OwnRequest {
    std::string method;
    std::string path;
    std::string customer = {};  // X-Customer; may be empty, as all that follows
    std::string key = {};       // Idempotency-Key
    std::string body = {};
    int times = 1;          // at once
    bool hangs_up = false;  // in the middle: at the reply's first bytes, or after half a second
};

constexpr int most_at_once = 16;

// Out of what a page has sent. Throws tutor::WrongUse, with words for the reader, when it is none
// that may be sent.
OwnRequest own_request_from(const Json& body);

// Those under way and the last that were answered. Belongs to one thread; each request has one of its
// own.
class Requests {
 public:
    // `news` is called in any thread when one has come to its end.
    explicit Requests(std::function<void()> news);
    Requests(const Requests&) = delete;
    Requests& operator=(const Requests&) = delete;
    // Cuts off what is under way.
    ~Requests();

    // To each of these ports of this machine. Throws tutor::WrongUse when too many would be under way.
    void send(const OwnRequest& request, const std::vector<int>& ports);
    void clear();
    std::size_t under_way() const;
    // [{"title": "POST /orders", "replies": [[reply or null, …] for each port]}], the newest last; a
    // reply is {"status": 201, "ms": 12, "text": "…"}, its status 0 when there was none.
    Json to_json() const;

 private:
    class UnderWay;
    struct Sent;

    std::function<void()> news_;
    std::vector<std::unique_ptr<Sent>> sent_;
};

}  // namespace web
