#include "tutor/watch/keys.hpp"

#include <array>
#include <utility>

namespace tutor {
namespace {

constexpr int no_key = 0;

constexpr std::array<std::pair<std::string_view, int>, 20> sequences = {{
    {"\033[A", key_up},        {"\033OA", key_up},       {"\033[B", key_down},
    {"\033OB", key_down},      {"\033[5~", key_page_up}, {"\033[6~", key_page_down},
    {"\033[H", key_home},      {"\033OH", key_home},     {"\033[1~", key_home},
    {"\033[7~", key_home},     {"\033[F", key_end},      {"\033OF", key_end},
    {"\033[4~", key_end},      {"\033[8~", key_end},     {"\033[C", key_page_down},
    {"\033OC", key_page_down}, {"\033[D", key_page_up},  {"\033OD", key_page_up},
    {"\033[200~", no_key},     {"\033[201~", no_key},
}};
constexpr std::string_view paste_begins = "\033[200~";
constexpr std::string_view paste_ends = "\033[201~";

// "\033[1;5A" and the like end with a letter or a tilde; "\033Ox" with its third byte; Alt-x with
// its second. 0: there is more to come.
std::size_t length_of(std::string_view text) {
    if (text.size() < 2) return 0;
    if (text[1] == 'O') return text.size() < 3 ? 0 : 3;
    if (text[1] != '[') return text[1] == '\033' ? 1 : 2;
    for (std::size_t i = 2; i < text.size(); ++i) {
        if (text[i] >= '@' && text[i] <= '~') return i + 1;
    }
    return 0;
}

}  // namespace

std::optional<int> Keys::take(bool nothing_follows) {
    if (rest_.empty()) return std::nullopt;
    if (rest_[0] != '\033') {
        const auto byte = static_cast<unsigned char>(rest_[0]);
        rest_.erase(0, 1);
        if (pasting_) return no_key;
        return byte == '\n' ? int{key_enter} : int{byte};
    }
    const std::size_t length = length_of(rest_);
    if (length == 0) {
        if (!nothing_follows) return std::nullopt;
        const bool alone = rest_.size() == 1;
        rest_.clear();
        return alone ? int{key_escape} : no_key;
    }
    const std::string sequence = rest_.substr(0, length);
    rest_.erase(0, length);
    if (length == 1) return key_escape;
    if (sequence == paste_begins) pasting_ = true;
    if (sequence == paste_ends) pasting_ = false;
    for (const auto& [bytes, key] : sequences) {
        if (bytes == sequence) return key;
    }
    return no_key;
}

std::vector<int> Keys::add(std::string_view bytes) {
    rest_ += bytes;
    std::vector<int> keys;
    while (const auto key = take(false)) {
        if (*key != no_key) keys.push_back(*key);
    }
    return keys;
}

std::vector<int> Keys::nothing_follows() {
    std::vector<int> keys;
    while (const auto key = take(true)) {
        if (*key != no_key) keys.push_back(*key);
    }
    return keys;
}

}  // namespace tutor
