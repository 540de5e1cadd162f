// The pages of a small course, to be sent whatever comes, and what must be true of each answer. For
// tests/fuzz/pages.cpp, and for a fixed sample of what that tries.
#pragma once

#include <memory>
#include <string>
#include <string_view>

class FuzzedPages {
 public:
    // Serves as long as it lives.
    FuzzedPages();
    FuzzedPages(const FuzzedPages&) = delete;
    FuzzedPages& operator=(const FuzzedPages&) = delete;
    ~FuzzedPages();

    // Sends these bytes over a connection of their own, with the key in the place of {KEY} and the port
    // in that of {PORT}. Returns what is wrong with the answer; nothing when it is as it should be.
    std::string ask(std::string_view bytes);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};
