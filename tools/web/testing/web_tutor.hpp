// ./learn web as a test starts it, and a client that talks with it as a browser would.
#pragma once

#include <httplib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tutor/testing/terminal.hpp"

// The page's own files, which a small course lacks.
void bring_page_files(const std::filesystem::path& course);

class WebTutor {
 public:
    using Environment = std::vector<std::pair<std::string, std::string>>;
    // In that course, at that port, 0 for any; returns when it serves. Throws when it does not.
    explicit WebTutor(const std::filesystem::path& course, int port = 0,
                      const Environment& more = {});

    const std::string& address() const { return address_; }  // with the key
    std::string base() const;                                // http://127.0.0.1:PORT
    int port() const { return port_; }
    std::string cookie() const;

    // With the cookie, and for what changes anything with our origin, unless they are given.
    httplib::Result get(const std::string& path, httplib::Headers more = {}) const;
    httplib::Result post(const std::string& path, const std::string& body,
                         httplib::Headers more = {}) const;
    // Without anything but these.
    httplib::Result get_as(const std::string& path, const httplib::Headers& headers) const;
    // A verb's answer; an answer that is not 200 has its status as "status".
    nlohmann::json ask(const std::string& verb, const nlohmann::json& request) const;

    // Reads states until one is as wanted; nothing when there are no more, or for too long none
    // was.
    std::optional<nlohmann::json> await(
        const std::function<bool(const nlohmann::json&)>& wanted) const;

    void send(int signal) const;
    // Its exit status, or 128 and the signal that ended it.
    int end();
    // What it has printed.
    std::string said() const { return terminal_.seen(); }

 private:
    // Not under a guard of ours, which would end the guards of what it starts before they are done.
    Terminal terminal_;
    std::string address_;
    std::string key_;
    int port_ = 0;
};
