// A fixed sample of what tests/fuzz/pages.cpp tries: its corpus, and what becomes of that when bytes of
// it are changed.
#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "web/testing/fuzzed_pages.hpp"

namespace fs = std::filesystem;

namespace {

std::vector<std::string> corpus() {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator(fs::path(LEAKLINGS_SOURCE) / "tests/fuzz/pages"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> all;
    for (const fs::path& file : files) all.push_back(tools::read_file(file));
    return all;
}

// One of the words that mean something, or a byte, in the place of a few bytes.
std::string changed(std::string text, std::mt19937& random) {
    static const std::vector<std::string> words = {"..",
                                                   "%2e%2e/",
                                                   "%00",
                                                   "\r\n",
                                                   "\"",
                                                   "{",
                                                   "}",
                                                   "null",
                                                   "-1",
                                                   "1e9",
                                                   "99999999999999999999",
                                                   "GET",
                                                   "POST",
                                                   "{KEY}",
                                                   "Host: ",
                                                   "Origin: null\r\n",
                                                   "Cookie: ",
                                                   "Content-Length: 5\r\n"};
    const auto below = [&](std::size_t count) {
        return random() % std::max<std::size_t>(count, 1);
    };
    for (std::size_t times = 1 + below(3); times > 0; --times) {
        const std::size_t at = below(text.size());
        const std::string put = below(2) == 0 ? words[below(words.size())]
                                              : std::string(1, static_cast<char>(below(256)));
        text.replace(at, below(4), put);
    }
    return text;
}

}  // namespace

TEST_CASE("Whatever is sent, strangers stay out and nobody is told 500 or what is not the book's") {
    FuzzedPages pages;
    std::mt19937 random(7);  // the same sample each time
    const std::vector<std::string> all = corpus();
    REQUIRE(all.size() >= 10);
    for (const std::string& each : all) {
        INFO(each);
        CHECK(pages.ask(each) == "");
        for (int i = 0; i < 40; ++i) {
            const std::string other = changed(each, random);
            INFO(other);
            CHECK(pages.ask(other) == "");
        }
    }
}
