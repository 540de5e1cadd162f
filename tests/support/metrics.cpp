#include "support/metrics.hpp"

#include <sstream>

#include "support/await.hpp"

namespace support {

double metric(const Reply& metrics, std::string_view name) {
    std::istringstream lines(metrics.body);
    std::string word;
    double value = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        if (words >> word >> value && word == name) return value;
    }
    return -1;
}

bool await_metric(Customer& observer, std::string_view name, double value) {
    return await([&] { return metric(observer.gets("/metrics"), name) == value; });
}

}  // namespace support
