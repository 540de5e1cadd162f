#include "course/durations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

#include "text/text.hpp"

namespace tools {
namespace {

constexpr std::chrono::milliseconds slow(300);

std::filesystem::path file_of(std::filesystem::path executable) {
    return executable += ".took";
}

}  // namespace

Durations read_durations(const std::filesystem::path& executable) try {
    Durations durations;
    const std::string text = read_file(file_of(executable));
    for (const std::string_view line : lines_of(text)) {
        int milliseconds = 0;
        const char* end = line.data() + line.size();
        const auto [rest, error] = std::from_chars(line.data(), end, milliseconds);
        if (error == std::errc() && rest != end)
            durations[std::string(rest + 1, end)] = std::chrono::milliseconds(milliseconds);
    }
    return durations;
} catch (const std::exception&) {
    return {};
}

void remember_durations(const std::filesystem::path& executable,
                        const Durations& durations) noexcept {
    try {
        std::string text;
        for (const auto& [test, took] : durations)
            text += fmt::format("{} {}\n", took.count(), test);
        write_file(file_of(executable), text);
    } catch (const std::exception&) {
        return;
    }
}

std::vector<std::size_t> order_to_begin(const std::vector<Test>& tests,
                                        const Durations& durations) {
    const auto long_of = [&](std::size_t index) {
        const auto found = durations.find(tests[index].name);
        const bool is_slow = found != durations.end() && found->second >= slow;
        return is_slow ? found->second : std::chrono::milliseconds(0);
    };
    std::vector<std::size_t> order(tests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return long_of(a) > long_of(b); });
    return order;
}

}  // namespace tools
