// How the server of every lesson is set up: the defaults that matter, and how an
// exception becomes a reply.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

// Told, in one line, about what a customer must not see: an exception that became a 500. Called on
// the worker that threw it, so it must be thread safe.
using Log = std::function<void(std::string_view)>;

struct Limits {
    int workers = 8;
    int body_bytes = 64 * 1024;  // more is 413
};

// What is to be done to every reply, errors too, before its first byte leaves: it may change
// the status, the headers and the body of a reply that is no stream. Called on its worker, so it
// must be thread safe.
using BeforeReply = std::function<void(const httplib::Request&, httplib::Response&)>;

// What a shop does when its server stops: it closes what its handlers have used. Called once, when
// no new customer is let in, while handlers may still run. `handlers_end` returns when none does
// any more and none will; it may be called again, and by this thread only.
// The idea is ASGI's lifespan.
using Shutdown = std::function<void(const std::function<void()>& handlers_end)>;

// How a shop that closes by a deadline lets go of those who are still inside. Both from any thread.
struct Deadline {
    // The deadline has passed: nobody waits any more. Called again and again until everybody has
    // gone, because somebody may begin to wait between two calls; it may block.
    std::function<void()> let_go;
    // The names of those who have not gone. Waits for nobody.
    std::function<std::vector<std::string>()> inside;
};

// A server that knows its limits, and what its shop does to every reply and at the end.
class Server : public httplib::Server {
 public:
    explicit Server(const Limits& limits) : limits_(limits) {}
    const Limits& limits() const { return limits_; }

    // `call` is made for each reply, also for one that an exception became and for one to what no
    // route knows. Before the server listens.
    void set_before_reply(BeforeReply call) { before_reply_ = std::move(call); }
    // Called by the post-routing handler.
    void before_reply(const httplib::Request& request, httplib::Response& response) const {
        if (before_reply_) before_reply_(request, response);
        if (is_closing_) response.set_header("Connection", "close");
    }

    // Hides cpp-httplib's own, which cannot be asked for what was set. Before the server listens.
    void set_pre_routing_handler(HandlerWithResponse call) {
        pre_routing_handler_ = call;
        httplib::Server::set_pre_routing_handler(std::move(call));
    }
    const HandlerWithResponse& pre_routing_handler() const { return pre_routing_handler_; }

    // These two hide cpp-httplib's own. `listen_after_bind` returns when the last handler has
    // returned; false: listening has failed. `stop` does nothing when the server has stopped
    // listening already: cpp-httplib would close its socket again, which may be another's by now.
    bool listen_after_bind();
    void stop();
    // Nobody new is let in any more: the server was stopped, or listening has failed. Handlers may
    // still run. From any thread.
    bool has_stopped_listening() const { return has_stopped_listening_; }

    // The shop closes by this deadline; without one it closes when everybody has gone. Before the
    // server listens.
    void set_deadline(Deadline deadline) { deadline_ = std::move(deadline); }
    const std::optional<Deadline>& deadline() const { return deadline_; }
    // From now on the shop says that it closes: /readyz, and every reply, after which the HTTP
    // connection is closed. It goes on serving. From any thread.
    void begin_closing() { is_closing_ = true; }
    bool is_closing() const { return is_closing_; }

    // `call` is made when the server stops. Before the server listens.
    void set_shutdown(Shutdown call) { shutdown_ = std::move(call); }
    // In the place of `stop`, by the code that runs it, once, when it listens. `handlers_end` is as
    // above; it has been called when this returns or throws.
    void shut_down(const std::function<void()>& handlers_end);

 private:
    Limits limits_;
    BeforeReply before_reply_;
    HandlerWithResponse pre_routing_handler_;
    Shutdown shutdown_;
    std::optional<Deadline> deadline_;
    std::atomic<bool> is_closing_ = false;
    std::atomic<bool> has_stopped_listening_ = false;
};

// Sets workers, sockets, limits and the two handlers through which every error leaves as JSON:
// a shop::Refusal with its own status and text, shop::OutcomeUnknown as 504, anything else as 500
// with no more than {"error":"internal error"}. Call it before the server binds.
void configure(Server& server, Log log);

// Has each reply logged: "GET /items/1 -> 200".
void log_requests(Server& server, Log log);

}  // namespace http
