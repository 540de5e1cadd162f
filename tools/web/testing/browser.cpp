#include "web/testing/browser.hpp"

#include <httplib.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/patience.hpp"
#include "text/text.hpp"
#include "text/utf8.hpp"

namespace {

// An element that is no longer in the page.
struct Stale : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A wait ends when its state comes; this runs out only when a test fails. Five minutes, for behind a state may be a build.
std::chrono::seconds browser_patience() {
    return 60 * support::patience();
}

tools::Command driver_command() {
    tools::Command command;
    command.words = {LEAKLINGS_CHROMEDRIVER, "--port=0"};
    command.limit = 10 * browser_patience();  // for all of a test
    return command;
}

std::string decoded(const std::string& base64) {
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : base64) {
        const std::size_t at = letters.find(c);
        if (at == std::string_view::npos) continue;
        bits = (bits << 6U) | static_cast<unsigned>(at);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
    return bytes;
}

}  // namespace

// It takes a free port for IPv6 and then the same for IPv4, which another may have.
bool Browser::start_driver() {
    driver_.emplace(driver_command());
    const auto deadline = std::chrono::steady_clock::now() + browser_patience();
    const std::string started = "started successfully on port ";
    while (driver_->output().find(started) == std::string::npos && driver_->read_more(deadline))
        continue;
    const std::size_t at = driver_->output().find(started);
    if (at == std::string::npos) return false;
    port_ = std::stoi(driver_->output().substr(at + started.size()));
    return true;
}

Browser::Browser(int width, int height) {
    constexpr int most_tries = 5;
    for (int tries = 1; !start_driver(); ++tries) {
        if (tries == most_tries) throw std::runtime_error("chromedriver: " + driver_->output());
    }
    Json arguments = {"--headless=new", "--disable-gpu", "--force-prefers-reduced-motion"};
    if (::geteuid() == 0) arguments.push_back("--no-sandbox");  // which root cannot have
    const Json options = {{"binary", LEAKLINGS_CHROMIUM}, {"args", arguments}};
    const Json wanted = {{"goog:chromeOptions", options},
                         {"goog:loggingPrefs", {{"browser", "ALL"}}}};
    const Json session = call("POST", "/session", {{"capabilities", {{"alwaysMatch", wanted}}}});
    session_ = "/session/" + session.at("sessionId").get<std::string>();
    resize(width, height);
}

Browser::~Browser() {
    try {
        call("DELETE", session_, {});
    } catch (const std::exception&) {
        // It ends with its driver.
    }
}

Browser::Json Browser::call(const std::string& method, const std::string& path, const Json& body) {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(browser_patience());
    const std::string text = body.is_null() ? "{}" : body.dump();
    const auto reply = method == "GET"      ? client.Get(path)
                       : method == "DELETE" ? client.Delete(path)
                                            : client.Post(path, text, "application/json");
    if (!reply) throw std::runtime_error("chromedriver does not answer");
    Json answer = Json::parse(reply->body).at("value");
    if (reply->status == 200) return answer;
    const std::string message = path + ": " + answer.value("message", reply->body);
    if (answer.value("error", "") == "stale element reference") throw Stale(message);
    throw std::runtime_error(message);
}

void Browser::go(const std::string& address) {
    call("POST", session_ + "/url", {{"url", address}});
}

std::string Browser::window() {
    return call("GET", session_ + "/window", {});
}

void Browser::open_window() {
    const Json made = call("POST", session_ + "/window/new", {{"type", "window"}});
    switch_to(made.at("handle"));
}

void Browser::switch_to(const std::string& window) {
    call("POST", session_ + "/window", {{"handle", window}});
}

void Browser::resize(int width, int height) {
    const Json screen = {
        {"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}};
    call("POST", session_ + "/goog/cdp/execute",
         {{"cmd", "Emulation.setDeviceMetricsOverride"}, {"params", screen}});
}

void Browser::prefer(const std::string& scheme) {
    const Json feature = {{"name", "prefers-color-scheme"}, {"value", scheme}};
    call("POST", session_ + "/goog/cdp/execute",
         {{"cmd", "Emulation.setEmulatedMedia"},
          {"params", {{"features", Json::array({feature})}}}});
}

std::vector<Browser::Told> Browser::told(const std::string& selector) {
    constexpr int most_tries = 10;
    for (int tries = 1;; ++tries) {
        try {
            return told_now(selector);
        } catch (const Stale&) {  // the page has changed meanwhile
            if (tries == most_tries) throw;
        }
    }
}

std::vector<Browser::Told> Browser::told_now(const std::string& selector) {
    std::vector<Told> all;
    for (const Json& found :
         call("POST", session_ + "/elements", {{"using", "css selector"}, {"value", selector}})) {
        const std::string element =
            session_ + "/element/" + found.begin().value().get<std::string>();
        if (call("GET", element + "/displayed", {}) != true) continue;
        all.push_back({call("GET", element + "/computedrole", {}),
                       call("GET", element + "/computedlabel", {})});
    }
    return all;
}

Browser::Json Browser::value(const std::string& expression) {
    return call("POST", session_ + "/execute/sync",
                {{"script", "return " + expression + ";"}, {"args", Json::array()}});
}

bool Browser::awaits(const std::string& expression) {
    const auto deadline = std::chrono::steady_clock::now() + browser_patience();
    while (std::chrono::steady_clock::now() < deadline) {
        if (value("Boolean(" + expression + ")") == true) return true;
        ::poll(nullptr, 0, 20);
    }
    return false;
}

void Browser::click(const std::string& selector) {
    const Json found =
        call("POST", session_ + "/element", {{"using", "css selector"}, {"value", selector}});
    call("POST", session_ + "/element/" + found.begin().value().get<std::string>() + "/click",
         Json::object());
}

void Browser::press(const std::string& keys) {
    Json actions = Json::array();
    for (std::string_view rest = keys; !rest.empty();) {
        const std::size_t size = tools::first_character_of(rest).bytes;
        const std::string key(rest.substr(0, size));
        actions.push_back({{"type", "keyDown"}, {"value", key}});
        actions.push_back({{"type", "keyUp"}, {"value", key}});
        rest.remove_prefix(size);
    }
    const Json keyboard = {{"type", "key"}, {"id", "keyboard"}, {"actions", actions}};
    call("POST", session_ + "/actions", {{"actions", Json::array({keyboard})}});
}

std::string Browser::complaints() {
    std::string all;
    for (const Json& each : call("POST", session_ + "/se/log", {{"type", "browser"}})) {
        if (each.at("level") == "SEVERE") all += each.at("message").get<std::string>() + "\n";
    }
    return all;
}

void Browser::picture(const std::string& name, const std::string& selector) {
    const char* folder = std::getenv("LEAKLINGS_SCREENSHOTS");
    if (folder == nullptr) return;
    Json wanted = Json::object();
    if (!selector.empty()) {
        wanted["clip"] = value(
            "(() => { const e = document.querySelector('" + selector +
            "'); e.scrollIntoView(); const r = e.getBoundingClientRect(); return { x: r.x - 16, "
            "y: r.y + scrollY - 16, width: r.width + 32, height: r.height + 32, scale: 1 }; })()");
    }
    const Json taken = call("POST", session_ + "/goog/cdp/execute",
                            {{"cmd", "Page.captureScreenshot"}, {"params", wanted}});
    const std::string png = taken.at("data");
    std::filesystem::create_directories(folder);
    tools::write_file(std::filesystem::path(folder) / (name + ".png"), decoded(png));
}
