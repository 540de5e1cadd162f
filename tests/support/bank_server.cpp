#include "support/bank_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <optional>

#include "http/server.hpp"
#include "support/failpoints.hpp"
#include "support/ledger.hpp"
#include "support/listening.hpp"
#include "support/patience.hpp"

namespace support {
namespace {

// Says after its end that it is over, also by an exception.
class Question {
 public:
    Question(const char* what, const std::string& card) : card_(card) {
        reach_failpoint(fmt::format("the bank is about to be asked to {} {}", what, card));
    }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    ~Question() { reach_failpoint(fmt::format("the bank has answered {}", card_)); }

 private:
    std::string card_;
};

}  // namespace

struct BankServer::Parts {
    http::Server http{http::Limits{.workers = 16}};  // as many questions can be held at a time
    std::optional<Listening> listening;
};

BankServer::BankServer(shop::Bank& bank) : parts_(std::make_unique<Parts>()) {
    http::configure(parts_->http, [](std::string_view) {});
    http::add_bank(parts_->http, bank);
    parts_->http.set_pre_routing_handler([](const httplib::Request&, httplib::Response&) {
        Ledger::instance().i_am("the bank");
        return httplib::Server::HandlerResponse::Unhandled;
    });
    parts_->listening.emplace(parts_->http);
}

BankServer::~BankServer() = default;

int BankServer::port() const {
    return parts_->listening->port();
}

// A held bank answers when the test says so.
FailpointBank::FailpointBank(int port) : bank_(port, 4 * patience()) {}

shop::Answer FailpointBank::authorize(const shop::NewOrder& order) {
    const Question question("authorize", order.card);
    return bank_.authorize(order);
}

shop::Answer FailpointBank::capture(const shop::NewOrder& order) {
    const Question question("capture", order.card);
    return bank_.capture(order);
}

shop::Answer FailpointBank::charge(const shop::NewOrder& order, const std::string& key) {
    const Question question("charge", order.card);
    return bank_.charge(order, key);
}

std::string FailpointBank::reference(const shop::NewOrder& order) {
    const Question question("give the number of the payment of", order.card);
    return bank_.reference(order);
}

}  // namespace support
