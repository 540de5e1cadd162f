#include "support/sql_counts.hpp"

#include <atomic>

namespace support {
namespace {
std::atomic<int> all_statements{0};
std::atomic<int> all_rows{0};
}  // namespace

SqlCounts::SqlCounts() : statements_before_(all_statements), rows_before_(all_rows) {}

int SqlCounts::statements() const {
    return all_statements - statements_before_;
}

int SqlCounts::rows() const {
    return all_rows - rows_before_;
}

void SqlCounts::statement_begins() {
    ++all_statements;
}

void SqlCounts::row_is_handed_out() {
    ++all_rows;
}

}  // namespace support
