// Requests as no honest customer sends them, made up by a generator that begins with a seed and so
// makes the same ones each time.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace support {

// Used by one thread at a time.
class MalformedRequests {
 public:
    explicit MalformedRequests(std::uint32_t seed) : random_(seed) {}

    // What she sends on a connection of her own, before she falls silent. There is nothing in it
    // that a shop could say yes to.
    std::string next();

 private:
    // By hand: what the standard's distributions yield differs between libraries.
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool sometimes() { return below(2) == 0; }
    template <typename Choices>
    auto one_of(const Choices& choices) {
        return choices[below(choices.size())];
    }
    std::string bytes(std::size_t most);
    std::string torn(std::string text);
    std::string body();
    std::string path();
    std::string head(const std::string& method, const std::string& target);
    std::string with_body(const std::string& content);

    std::mt19937 random_;
};

}  // namespace support
