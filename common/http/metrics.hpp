// What a shop says of itself in numbers, as Prometheus reads it: its text format 0.0.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

class Metrics {
 public:
    // How it is now.
    void gauge(std::string_view name, int value);
    // How many, or how long, so far: in seconds, as Prometheus wants its times.
    void counter(std::string_view name, std::uint64_t value);
    void counter(std::string_view name, std::chrono::nanoseconds value);

    // One that has a label: its name and type first, then a line for each value of the label.
    void labelled(std::string_view name, std::string_view type);
    void line(std::string_view name, std::string_view label, std::string_view label_value,
              std::uint64_t value);
    void line(std::string_view name, std::string_view label, std::string_view label_value,
              std::chrono::nanoseconds value);

    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

}  // namespace http
