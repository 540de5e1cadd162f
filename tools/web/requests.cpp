#include "web/requests.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "text/text.hpp"
#include "tutor/exit_status.hpp"

namespace web {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t most_sent = 6;  // that are shown
constexpr std::size_t longest_path = 200;
constexpr std::size_t longest_header = 100;
constexpr std::size_t longest_body = 4'000;
constexpr std::size_t most_of_a_reply = 2'000;
constexpr auto before_hanging_up = milliseconds(500);
constexpr std::string_view methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD"};

std::string text_of(const Json& body, const char* name, std::size_t longest) {
    const auto found = body.find(name);
    if (found == body.end()) return {};
    if (!found->is_string())
        throw tutor::WrongUse(fmt::format("\"{}\" of a request is a text.", name));
    std::string text = found->get<std::string>();
    if (text.size() > longest)
        throw tutor::WrongUse(fmt::format("\"{}\" is too long: {} bytes at most.", name, longest));
    return text;
}

// Nothing in it can end the line in which it stands.
bool is_one_line(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string header_of(const Json& body, const char* name) {
    std::string text = text_of(body, name, longest_header);
    if (!is_one_line(text))
        throw tutor::WrongUse(fmt::format("\"{}\" has letters that no header has.", name));
    return text;
}

}  // namespace

OwnRequest own_request_from(const Json& body) {
    OwnRequest request;
    request.method = text_of(body, "method", 10);
    if (std::find(std::begin(methods), std::end(methods), request.method) == std::end(methods))
        throw tutor::WrongUse("A request is a GET, POST, PUT, DELETE or HEAD.");
    request.path = text_of(body, "path", longest_path);
    if (!request.path.starts_with('/') || !is_one_line(request.path) ||
        request.path.find(' ') != std::string::npos) {
        throw tutor::WrongUse("The path begins with / and has no spaces, such as /items/1.");
    }
    request.customer = header_of(body, "customer");
    request.key = header_of(body, "key");
    request.body = text_of(body, "body", longest_body);
    const auto times = body.find("times");
    if (times != body.end()) {
        if (!times->is_number_integer() || *times < 1 || *times > most_at_once)
            throw tutor::WrongUse(fmt::format("Between 1 and {} at once.", most_at_once));
        request.times = times->get<int>();
    }
    const auto hangs_up = body.find("hangs_up");
    request.hangs_up = hangs_up != body.end() && *hangs_up == true;
    return request;
}

// One request, on its thread.
class Requests::UnderWay {
 public:
    UnderWay(const OwnRequest& request, int port, std::function<void()> news)
        : client_("127.0.0.1", port), thread_([this, request, news = std::move(news)] {
              ask(request);
              is_over_ = true;
              news();
          }) {}
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() {
        while (!is_over_) {  // it may just be about to connect
            client_.stop();
            std::this_thread::sleep_for(milliseconds(1));
        }
        thread_.join();
    }

    bool is_over() const { return is_over_; }
    // When it is over.
    Json reply() const {
        return {{"status", status_}, {"ms", took_.count()}, {"text", tools::printable(text_)}};
    }

 private:
    void ask(const OwnRequest& wanted) {
        client_.set_connection_timeout(2, 0);
        client_.set_tcp_nodelay(true);
        if (wanted.hangs_up)
            client_.set_read_timeout(before_hanging_up);
        else
            client_.set_read_timeout(120, 0);
        httplib::Request request;
        request.method = wanted.method;
        request.path = wanted.path;
        request.body = wanted.body;
        if (!wanted.body.empty()) request.headers.emplace("Content-Type", "application/json");
        if (!wanted.customer.empty()) request.headers.emplace("X-Customer", wanted.customer);
        if (!wanted.key.empty()) request.headers.emplace("Idempotency-Key", wanted.key);
        request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                       std::uint64_t) {
            const std::size_t room = most_of_a_reply - std::min(most_of_a_reply, text_.size());
            text_.append(data, std::min(size, room));
            return !wanted.hangs_up;
        };
        const Clock::time_point began = Clock::now();
        const httplib::Result reply = client_.send(request);
        took_ = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
        if (reply) {
            status_ = reply->status;
            return;
        }
        text_ += wanted.hangs_up ? "(you have hung up)" : "(no answer: the connection was closed)";
    }

    httplib::Client client_;
    int status_ = 0;
    milliseconds took_{0};
    std::string text_;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;  // last: it uses the others
};

struct Requests::Sent {
    std::string title;
    std::vector<std::vector<std::unique_ptr<UnderWay>>> copies;  // for each port

    std::size_t under_way() const {
        std::size_t count = 0;
        for (const auto& of_port : copies) {
            count += static_cast<std::size_t>(std::count_if(
                of_port.begin(), of_port.end(), [](const auto& each) { return !each->is_over(); }));
        }
        return count;
    }
};

Requests::Requests(std::function<void()> news) : news_(std::move(news)) {}

Requests::~Requests() = default;

void Requests::send(const OwnRequest& request, const std::vector<int>& ports) {
    const auto wanted = static_cast<std::size_t>(request.times) * ports.size();
    if (under_way() + wanted > static_cast<std::size_t>(most_at_once) * ports.size()) {
        throw tutor::WrongUse(
            fmt::format("{} at once are the most; some are still under way.", most_at_once));
    }
    const auto over = [](const auto& each) { return each->under_way() == 0; };
    if (sent_.size() >= most_sent) {
        const auto oldest = std::find_if(sent_.begin(), sent_.end(), over);
        if (oldest != sent_.end()) sent_.erase(oldest);
    }
    auto sent = std::make_unique<Sent>();
    sent->title = fmt::format("{} {}{}{}", request.method, request.path,
                              request.customer.empty() ? "" : " as " + request.customer,
                              request.times > 1 ? fmt::format(", {} at once", request.times) : "");
    for (const int port : ports) {
        auto& copies = sent->copies.emplace_back();
        for (int i = 0; i < request.times; ++i)
            copies.push_back(std::make_unique<UnderWay>(request, port, news_));
    }
    sent_.push_back(std::move(sent));
}

void Requests::clear() {
    sent_.clear();
}

std::size_t Requests::under_way() const {
    std::size_t count = 0;
    for (const auto& each : sent_) count += each->under_way();
    return count;
}

Json Requests::to_json() const {
    Json all = Json::array();
    for (const auto& each : sent_) {
        Json replies = Json::array();
        for (const auto& of_port : each->copies) {
            Json of_one = Json::array();
            for (const auto& copy : of_port)
                of_one.push_back(copy->is_over() ? copy->reply() : Json());
            replies.push_back(std::move(of_one));
        }
        all.push_back({{"title", each->title}, {"replies", std::move(replies)}});
    }
    return all;
}

}  // namespace web
