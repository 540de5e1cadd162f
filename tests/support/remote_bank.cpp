#include "support/remote_bank.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "http/server.hpp"
#include "support/listening.hpp"
#include "support/patience.hpp"
#include "support/steps.hpp"

namespace support {
namespace {

shop::Answer answer_to(shop::Bank& bank, const nlohmann::json& question) {
    const shop::NewOrder order{question.at("item_id"), question.at("quantity"),
                               question.at("card")};
    const std::string what = question.at("what");
    if (what == "authorize") return bank.authorize(order);
    if (what == "capture") return bank.capture(order);
    return bank.charge(order, question.at("key"));
}

}  // namespace

struct BankServer::Parts {
    http::Server http{http::Limits{.workers = 16}};  // as many questions can be held at a time
    std::optional<Listening> listening;
};

BankServer::BankServer(shop::Bank& bank) : parts_(std::make_unique<Parts>()) {
    http::Server& http = parts_->http;
    http::configure(http, [](std::string_view) {});
    http.Post("/", [&bank](const httplib::Request& request, httplib::Response& response) {
        const bool accepted =
            answer_to(bank, nlohmann::json::parse(request.body)) == shop::Answer::accepted;
        response.set_content(accepted ? "accepted" : "declined", "text/plain");
    });
    parts_->listening.emplace(http);
}

BankServer::~BankServer() = default;

int BankServer::port() const {
    return parts_->listening->port();
}

shop::Answer RemoteBank::authorize(const shop::NewOrder& order) {
    return ask("authorize", order, {});
}

shop::Answer RemoteBank::capture(const shop::NewOrder& order) {
    return ask("capture", order, {});
}

shop::Answer RemoteBank::charge(const shop::NewOrder& order, const std::string& key) {
    return ask("charge", order, key);
}

shop::Answer RemoteBank::ask(const std::string& what, const shop::NewOrder& order,
                             const std::string& key) {
    reach_step(fmt::format("the bank is about to be asked to {} {}", what, order.card));
    const nlohmann::json question = {{"what", what},
                                     {"item_id", order.item_id},
                                     {"quantity", order.quantity},
                                     {"card", order.card},
                                     {"key", key}};
    httplib::Client line("127.0.0.1", port_);
    line.set_tcp_nodelay(true);
    line.set_read_timeout(4 * patience());  // a held bank answers when the test says so
    const httplib::Result result = line.Post("/", question.dump(), "application/json");
    reach_step(fmt::format("the bank has answered {}", order.card));
    if (!result || result->status != 200) {
        throw shop::BankUnreachable("the line to the bank is broken");
    }
    return result->body == "accepted" ? shop::Answer::accepted : shop::Answer::declined;
}

}  // namespace support
