#include "http/metrics.hpp"

#include <fmt/format.h>

namespace http {
namespace {

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

void Metrics::gauge(std::string_view name, int value) {
    text_ += fmt::format("# TYPE {0} gauge\n{0} {1}\n", name, value);
}

void Metrics::counter(std::string_view name, std::uint64_t value) {
    text_ += fmt::format("# TYPE {0} counter\n{0} {1}\n", name, value);
}

void Metrics::counter(std::string_view name, std::chrono::nanoseconds value) {
    text_ += fmt::format("# TYPE {0} counter\n{0} {1}\n", name, in_seconds(value));
}

void Metrics::labelled(std::string_view name, std::string_view type) {
    text_ += fmt::format("# TYPE {} {}\n", name, type);
}

void Metrics::line(std::string_view name, std::string_view label, std::string_view label_value,
                   std::uint64_t value) {
    text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, label_value, value);
}

void Metrics::line(std::string_view name, std::string_view label, std::string_view label_value,
                   std::chrono::nanoseconds value) {
    text_ += fmt::format("{}{{{}=\"{}\"}} {:.3f}\n", name, label, label_value, in_seconds(value));
}

}  // namespace http
