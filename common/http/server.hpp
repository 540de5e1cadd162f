// How a shop's server is set up, whatever its lesson: the defaults that matter, and how an
// exception becomes a reply.
#pragma once

#include <httplib.h>

#include <functional>
#include <string_view>

namespace http {

// Told, in one line, about what a customer must not see: an exception that became a 500. Called on
// the worker that threw it, so it must be thread safe.
using Log = std::function<void(std::string_view)>;

struct Limits {
    int workers = 8;
    int body_bytes = 64 * 1024;  // more is 413
};

// A server that knows its limits.
class Server : public httplib::Server {
 public:
    explicit Server(const Limits& limits) : limits_(limits) {}
    const Limits& limits() const { return limits_; }

 private:
    Limits limits_;
};

// Of a server that is an http::Server, as those are that a lesson's routes are put on. Throws
// std::bad_cast for any other.
inline const Limits& limits_of(const httplib::Server& server) {
    return dynamic_cast<const Server&>(server).limits();
}

// Sets workers, sockets, limits and the two handlers through which every error leaves as JSON:
// a shop::Refusal with its own status and text, shop::BankUnreachable as 502, anything else as 500
// with no more than {"error":"internal error"}. Call it before the server binds.
void configure(Server& server, Log log);

}  // namespace http
