#include "support/fake_database.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace support {

int FakeDatabase::begin_attempt() {
    const int now = add(open_);
    for (int most = most_.load(std::memory_order_relaxed); most < now;) {
        if (most_.compare_exchange_weak(most, now, std::memory_order_relaxed)) break;
    }
    return add(attempts_);
}

void FakeDatabase::count_failure() {
    add(failed_);
    add(open_, -1);
}

FakeConnection::FakeConnection(std::shared_ptr<FakeDatabase> database, int the_number)
    : number(the_number), database_(std::move(database)) {}

FakeConnection& FakeConnection::operator=(FakeConnection&& other) noexcept {
    if (this != &other) {
        std::destroy_at(this);
        std::construct_at(this, std::move(other));
    }
    return *this;
}

FakeConnection::~FakeConnection() {
    if (!is_open()) return;
    if (on_close) on_close->pass();
    database_->on_close(number);
    FakeDatabase::add(database_->open_, -1);
}

FakeConnection FakeManager::connect() const {
    const int attempt = database->begin_attempt();
    try {
        if (database->is_away) throw CannotConnect();
        database->on_connect(attempt);
    } catch (...) {
        database->count_failure();
        throw;
    }
    return {database, FakeDatabase::add(database->opened_)};
}

bool FakeManager::reset(FakeConnection& connection) const {
    if (connection.on_reset) connection.on_reset->pass();
    database->on_reset(connection.number);
    if (connection.is_broken) throw std::runtime_error("cannot rollback");
    return std::exchange(connection.is_dirty, false);
}

bool FakeManager::is_valid(FakeConnection& connection) const {
    FakeDatabase::add(database->checks_);
    if (connection.on_check) connection.on_check->pass();
    if (connection.check_throws) throw 7;
    return !connection.is_stale && database->is_good(connection.number);
}

}  // namespace support
