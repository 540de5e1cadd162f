#include "http/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"

namespace http {
namespace {

void reply_to_exception(httplib::Response& response, const std::exception_ptr& thrown,
                        const std::string& where, const Log& log) {
    try {
        std::rethrow_exception(thrown);
    } catch (const shop::Unauthorized& refusal) {
        reply_error(response, 401, refusal.what());
        response.set_header("WWW-Authenticate", "X-Customer realm=\"the shop\"");
    } catch (const shop::NotFound& refusal) {
        reply_error(response, 404, refusal.what());
    } catch (const shop::SoldOut& refusal) {
        reply_error(response, 409, refusal.what());
    } catch (const shop::PaymentDeclined& refusal) {
        reply_error(response, 402, refusal.what());
    } catch (const shop::Unreadable& refusal) {
        reply_error(response, 400, refusal.what());
    } catch (const shop::Malformed& refusal) {
        reply_error(response, 422, refusal.what());
    } catch (const shop::Unavailable& refusal) {
        reply_error(response, 503, refusal.what());
        response.set_header("Retry-After", fmt::format("{}", refusal.retry_after().count()));
    } catch (const shop::BankUnreachable& error) {
        log(fmt::format("{}: 504, {}", where, error.what()));
        reply_error(response, 504, "the bank does not answer");
    } catch (const shop::OutcomeUnknown& error) {
        log(fmt::format("{}: 504, {}", where, error.what()));
        reply_error(response, 504, "it is not known yet whether you have paid");
    } catch (const std::exception& error) {
        log(fmt::format("{}: 500, {}", where, error.what()));
        reply_error(response, 500, "internal error");
    } catch (...) {
        log(fmt::format("{}: 500, something that is no std::exception", where));
        reply_error(response, 500, "internal error");
    }
}

std::string_view text_of(int status) {
    switch (status) {
        case 404:
            return "no such page";
        case 413:
            return "too large";
        case 414:
            return "address too long";
        case 416:
            return "no such range";
        default:
            return status < 500 ? "bad request" : "internal error";
    }
}

// Cpp-httplib shuts its task queue down when it has stopped listening, and waits for the handlers
// in there.
class ToldOfTheEnd : public httplib::TaskQueue {
 public:
    ToldOfTheEnd(httplib::TaskQueue* queue, std::atomic<bool>& is_over)
        : queue_(queue), is_over_(is_over) {}

    // void before cpp-httplib 0.15, bool since.
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

    Enqueued enqueue(std::function<void()> serve) override {
        return queue_->enqueue(std::move(serve));
    }
    void shutdown() override {
        is_over_ = true;
        queue_->shutdown();
    }
    void on_idle() override { queue_->on_idle(); }

 private:
    std::unique_ptr<httplib::TaskQueue> queue_;
    std::atomic<bool>& is_over_;
};

}  // namespace

bool Server::listen_after_bind() {
    struct Over {
        std::atomic<bool>& is_over;
        ~Over() { is_over = true; }  // also when it could not even begin, or throws
    } const at_the_end{has_stopped_listening_};
    new_task_queue = [this, make = std::move(new_task_queue)] {
        return new ToldOfTheEnd(make(), has_stopped_listening_);  // cpp-httplib deletes it
    };
    return httplib::Server::listen_after_bind();
}

void Server::stop() {
    if (!has_stopped_listening_) httplib::Server::stop();
}

void Server::shut_down(const std::function<void()>& handlers_end) {
    stop();
    std::exception_ptr thrown;
    try {
        if (shutdown_) shutdown_(handlers_end);
    } catch (...) {
        thrown = std::current_exception();
    }
    handlers_end();
    if (thrown) std::rethrow_exception(thrown);
}

void configure(Server& server, Log log) {
    const Limits& limits = server.limits();
    server.new_task_queue = [workers = static_cast<std::size_t>(limits.workers)] {
        return new httplib::ThreadPool(workers);  // the server owns and deletes it
    };
    server.set_payload_max_length(static_cast<std::size_t>(limits.body_bytes));
    server.set_keep_alive_max_count(
        100'000);                  // its default closes a connection after five requests
    server.set_tcp_nodelay(true);  // its default costs 40 ms a reply
    // Its default, SO_REUSEPORT, lets a second server take half of the first one's customers.
    server.set_socket_options([](socket_t socket) {
        const int on = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    server.set_exception_handler([log = std::move(log)](const httplib::Request& request,
                                                        httplib::Response& response,
                                                        std::exception_ptr thrown) {
        reply_to_exception(response, thrown, request.method + " " + request.path, log);
    });
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) reply_error(response, response.status, text_of(response.status));
    });
    server.set_post_routing_handler(
        [&server](const httplib::Request& request, httplib::Response& response) {
            // What cpp-httplib has said of the body and the connection by now, it says of what the
            // reply was before.
            const std::size_t size = response.body.size();
            server.before_reply(request, response);
            if (response.get_header_value("Connection") == "close") {
                response.headers.erase("Keep-Alive");
            }
            if (response.body.size() != size) {
                response.headers.erase("Content-Length");
                response.set_header("Content-Length", std::to_string(response.body.size()));
            }
        });
}

void log_requests(Server& server, Log log) {
    server.set_logger(
        [log = std::move(log)](const httplib::Request& request, const httplib::Response& response) {
            log(fmt::format("{} {} -> {}", request.method, request.path, response.status));
        });
}

}  // namespace http
