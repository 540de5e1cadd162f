#include "http/remote_bank.hpp"

#include <httplib.h>

#include <nlohmann/json.hpp>

namespace http {
namespace {

// What goes over the wire for a yes; anything else is a no.
constexpr const char* yes = "accepted";

shop::Answer read(const std::string& answer) {
    return answer == yes ? shop::Answer::accepted : shop::Answer::declined;
}

std::string written(shop::Answer answer) {
    return answer == shop::Answer::accepted ? yes : "declined";
}

std::string answer_to(shop::Bank& bank, const nlohmann::json& question) {
    const shop::NewOrder order{question.at("item_id"), question.at("quantity"),
                               question.at("card")};
    const std::string what = question.at("what");
    if (what == "authorize") return written(bank.authorize(order));
    if (what == "capture") return written(bank.capture(order));
    if (what == "reference") return bank.reference(order);
    return written(bank.charge(order, question.at("key")));
}

}  // namespace

// One that asks, for as long as it may be cut off.
class RemoteBank::UnderWay {
 public:
    UnderWay(RemoteBank& bank, httplib::Client& line) : bank_(bank), line_(line) {
        const std::lock_guard lock(bank_.mutex_);
        if (bank_.has_hung_up_) throw shop::BankUnreachable("the shop has hung up");
        bank_.under_way_.insert(&line_);
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() {
        const std::lock_guard lock(bank_.mutex_);
        bank_.under_way_.erase(&line_);
        bank_.changed_.notify_all();
    }

 private:
    RemoteBank& bank_;
    httplib::Client& line_;
};

shop::Answer RemoteBank::authorize(const shop::NewOrder& order) {
    return read(ask("authorize", order, {}));
}

shop::Answer RemoteBank::capture(const shop::NewOrder& order) {
    return read(ask("capture", order, {}));
}

shop::Answer RemoteBank::charge(const shop::NewOrder& order, const std::string& key) {
    return read(ask("charge", order, key));
}

std::string RemoteBank::reference(const shop::NewOrder& order) {
    return ask("reference", order, {});
}

// Again and again: a thread that is about to connect has no line yet that could be cut.
void RemoteBank::hang_up() {
    std::unique_lock lock(mutex_);
    has_hung_up_ = true;
    while (!under_way_.empty()) {
        for (httplib::Client* line : under_way_) line->stop();
        changed_.wait_for(lock, std::chrono::milliseconds(1));
    }
}

std::string RemoteBank::ask(const std::string& what, const shop::NewOrder& order,
                            const std::string& key) {
    const nlohmann::json question = {{"what", what},
                                     {"item_id", order.item_id},
                                     {"quantity", order.quantity},
                                     {"card", order.card},
                                     {"key", key}};
    httplib::Client line("127.0.0.1", port_);
    line.set_tcp_nodelay(true);
    line.set_connection_timeout(patience_);  // its default is five minutes
    line.set_read_timeout(patience_);
    const httplib::Result result = [&] {
        const UnderWay under_way(*this, line);
        return line.Post("/", question.dump(), "application/json");
    }();
    if (!result || result->status != 200) {
        throw shop::BankUnreachable("the line to the bank is broken");
    }
    return result->body;
}

void add_bank(Server& server, shop::Bank& bank) {
    server.Post("/", [&bank](const httplib::Request& request, httplib::Response& response) {
        response.set_content(answer_to(bank, nlohmann::json::parse(request.body)), "text/plain");
    });
}

}  // namespace http
