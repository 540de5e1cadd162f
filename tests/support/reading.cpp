#include "support/reading.hpp"

#include <atomic>

namespace support {
namespace {
std::atomic<int> all_statements{0};
std::atomic<int> all_rows{0};
}  // namespace

Reading::Reading() : statements_before_(all_statements), rows_before_(all_rows) {}

int Reading::statements() const {
    return all_statements - statements_before_;
}

int Reading::rows() const {
    return all_rows - rows_before_;
}

void Reading::statement_begins() {
    ++all_statements;
}

void Reading::row_is_handed_out() {
    ++all_rows;
}

}  // namespace support
