// Chromium, without a window, driven by chromedriver over WebDriver
// (https://www.w3.org/TR/webdriver2).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "process/child.hpp"

class Browser {
 public:
    using Json = nlohmann::json;

    // A screen of that many pixels. Throws std::runtime_error.
    explicit Browser(int width = 1400, int height = 900);
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;
    ~Browser();

    void go(const std::string& address);
    // Another page beside this one, which is the one that is spoken of from now on; and back to one
    // of them.
    std::string window();
    void open_window();
    void switch_to(const std::string& window);
    void resize(int width, int height);
    // "light" or "dark", as the page's reader prefers it.
    void prefer(const std::string& scheme);
    // Of each element that the selector finds and that can be seen: the role and the name that a screen
    // reader is told, by the browser's own reckoning.
    struct Told {
        std::string role;
        std::string name;
    };
    std::vector<Told> told(const std::string& selector);

    // The value of an expression of JavaScript in the page.
    Json value(const std::string& expression);
    // Asks again and again, until it is true. False when it is not within sixty times `patience()`.
    bool awaits(const std::string& expression);
    void click(const std::string& selector);
    // Characters, or the keys below.
    void press(const std::string& keys);
    static constexpr const char* tab = "\uE004";
    static constexpr const char* enter = "\uE007";
    static constexpr const char* escape = "\uE00C";
    static constexpr const char* left = "\uE012";
    static constexpr const char* right = "\uE014";
    static constexpr const char* down = "\uE015";

    // What the browser has complained about: errors in scripts, what the policy of a page forbids.
    std::string complaints();
    // Into a file, for people; where LEAKLINGS_SCREENSHOTS names a folder.
    // Of the page as far as it is seen, or of one element.
    void picture(const std::string& name, const std::string& selector = {});

 private:
    std::vector<Told> told_now(const std::string& selector);
    Json call(const std::string& method, const std::string& path, const Json& body);

    bool start_driver();

    std::optional<tools::Child> driver_;
    int port_ = 0;
    std::string session_;
};
