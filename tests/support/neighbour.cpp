#include "support/neighbour.hpp"

#include <sqlite3.h>

#include <utility>

#include "support/ledger.hpp"

namespace support {
namespace {

SQLite::Database open_unseen(const DatabaseFile& database) {
    const Ledger::Unseen not_of_the_shop;
    return {database.path(), SQLite::OPEN_READWRITE};
}

}  // namespace

Neighbour::Neighbour(const DatabaseFile& database, std::string sql, int moment)
    : connection_(open_unseen(database)), sql_(std::move(sql)), left_(moment) {
    Ledger::instance().before_each_statement(
        [this](std::string_view statement) { statement_begins(statement); });
}

Neighbour::~Neighbour() {
    Ledger::instance().before_each_statement({});
}

std::string Neighbour::came_before() const {
    const std::lock_guard lock(mutex_);
    return came_before_;
}

int Neighbour::changed() const {
    const std::lock_guard lock(mutex_);
    return changed_;
}

void Neighbour::statement_begins(std::string_view statement) {
    const std::lock_guard lock(mutex_);
    if (left_ == 0 || --left_ > 0) return;
    came_before_ = statement;
    const int status = connection_.tryExec(sql_);
    if (status == SQLITE_OK) changed_ = connection_.getTotalChanges();
    Ledger::instance().note(status == SQLITE_OK ? "a neighbour writes"
                                                : "a neighbour cannot write");
}

}  // namespace support
