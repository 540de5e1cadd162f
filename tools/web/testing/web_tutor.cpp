#include "web/testing/web_tutor.hpp"

#include <stdexcept>
#include <utility>

#include "support/patience.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"

namespace fs = std::filesystem;

namespace {

// Of one that builds and tests.
std::chrono::seconds tutor_patience() {
    return 120 * support::patience();
}

std::chrono::seconds reply_patience() {
    return 12 * support::patience();
}

tools::Command command_of(const fs::path& course, int port, const WebTutor::Environment& more) {
    tools::Command command;
    command.words = {LEAKLINGS_TUTOR, "web", "--no-open", "--port", std::to_string(port)};
    command.folder = course;
    command.environment = {{"LC_ALL", "C.UTF-8"}, {"NO_COLOR", "1"}};
    command.environment.insert(command.environment.end(), more.begin(), more.end());
    command.limit = tutor_patience();
    return command;
}

}  // namespace

void bring_page_files(const fs::path& course) {
    const fs::path from = fs::path(LEAKLINGS_SOURCE) / "tools/web/page";
    for (const auto& entry : fs::directory_iterator(from))
        put(course / "tools/web/page" / entry.path().filename(), tools::read_file(entry.path()));
}

WebTutor::WebTutor(const fs::path& course, int port, const Environment& more)
    : terminal_(command_of(course, port, more)) {
    terminal_.sees("Ctrl-C ends it");
    const std::string said = terminal_.seen();
    const std::size_t begin = said.find("http://");
    if (begin == std::string::npos) throw std::runtime_error("./learn web: " + said);
    address_ = said.substr(begin, said.find('\n', begin) - begin);
    key_ = address_.substr(address_.find("key=") + 4);
    port_ = std::stoi(address_.substr(address_.find(':', 7) + 1));
}

std::string WebTutor::base() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

std::string WebTutor::cookie() const {
    return "leaklings-" + std::to_string(port_) + "=" + key_;
}

httplib::Result WebTutor::get_as(const std::string& path, const httplib::Headers& headers) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(reply_patience());
    return client.Get(path, headers);
}

httplib::Result WebTutor::get(const std::string& path, httplib::Headers more) const {
    if (more.count("Cookie") == 0) more.emplace("Cookie", cookie());
    return get_as(path, more);
}

httplib::Result WebTutor::post(const std::string& path, const std::string& body,
                               httplib::Headers more) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(reply_patience());
    if (more.count("Cookie") == 0) more.emplace("Cookie", cookie());
    if (more.count("Origin") == 0) more.emplace("Origin", base());
    return client.Post(path, more, body, "application/json");
}

nlohmann::json WebTutor::ask(const std::string& verb, const nlohmann::json& request) const {
    const auto reply = post("/verb/" + verb, request.dump());
    if (!reply) return {{"status", 0}};
    nlohmann::json answer = nlohmann::json::parse(reply->body, nullptr, false);
    if (reply->status != 200) answer["status"] = reply->status;
    return answer;
}

std::optional<nlohmann::json> WebTutor::await(
    const std::function<bool(const nlohmann::json&)>& wanted) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(tutor_patience());
    std::string text;
    std::optional<nlohmann::json> found;
    client.Get("/events", {{"Cookie", cookie()}}, [&](const char* data, std::size_t size) {
        text.append(data, size);
        for (std::size_t end = 0; (end = text.find("\n\n")) != std::string::npos;
             text.erase(0, end + 2)) {
            if (!text.starts_with("data: ")) continue;
            nlohmann::json state = nlohmann::json::parse(text.substr(6, end - 6));
            if (!wanted(state)) continue;
            found = std::move(state);
            return false;
        }
        return true;
    });
    return found;
}

void WebTutor::send(int signal) const {
    terminal_.send(signal);
}

int WebTutor::end() {
    return terminal_.end();
}
