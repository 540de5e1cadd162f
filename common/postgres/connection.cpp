#include "postgres/connection.hpp"

#include <libpq-fe.h>

#include <array>
#include <utility>

namespace postgres {
namespace {

// libpq's texts have several lines, the later ones for beginners.
std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

Watcher watcher_of_statements = nullptr;

// A network that says nothing would else hold a thread for as long as the system likes: minutes for
// a connect, a quarter of an hour for an answer. A server that is well would work on a statement, or
// wait for a lock, for ever: `options` is what a connection begins with, and comes back to after
// DISCARD ALL. First these, so that the address may say otherwise.
pg_conn* connect(const std::string& address) {
    const std::array<const char*, 8> names{
        "connect_timeout",  "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
        "keepalives_count", "options",          "dbname",          nullptr};
    const std::array<const char*, 8> values{"2",
                                            "10000",
                                            "5",
                                            "2",
                                            "3",
                                            "-c statement_timeout=30s -c lock_timeout=10s",
                                            address.c_str(),
                                            nullptr};
    return PQconnectdbParams(names.data(), values.data(), 1);
}

}  // namespace

void watch_statements(Watcher watcher) {
    watcher_of_statements = watcher;
}

void Result::Clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

int Result::rows() const {
    return PQntuples(result_.get());
}

int Result::rows_affected() const {
    const std::string count = PQcmdTuples(result_.get());
    return count.empty() ? 0 : std::stoi(count);
}

std::string Result::text(int row, int column) const {
    return PQgetvalue(result_.get(), row, column);
}

std::int64_t Result::number(int row, int column) const {
    return std::stoll(text(row, column));
}

std::string Result::tag() const {
    return PQcmdStatus(result_.get());
}

void Connection::Finish::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

Connection::Connection(const std::string& address) : connection_(connect(address)) {
    if (!is_connected()) {
        throw Error("08001", first_line(PQerrorMessage(connection_.get())));
    }
    // What the server merely remarks on is not for our standard error.
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

Result Connection::exec(const std::string& sql, const std::vector<std::string>& values) {
    if (watcher_of_statements != nullptr) {
        watcher_of_statements(PQuser(connection_.get()), sql);
    }
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                     texts.data(), nullptr, nullptr, 0),
        &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return Result(result.release());
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw Error(sqlstate == nullptr ? "08006" : sqlstate,
                first_line(PQerrorMessage(connection_.get())));
}

bool Connection::is_connected() const {
    return PQstatus(connection_.get()) == CONNECTION_OK;
}

bool Connection::is_in_transaction() const {
    const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
    return status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN;
}

Transaction::Transaction(Connection& connection, const std::string& isolation)
    : connection_(connection) {
    connection_.exec("BEGIN ISOLATION LEVEL " + isolation);
}

Transaction::~Transaction() {
    try {
        if (connection_.is_in_transaction()) connection_.exec("ROLLBACK");
    } catch (const Error&) {  // the connection is gone, and the transaction with it
    }
}

void Transaction::commit() {
    if (connection_.exec("COMMIT").tag() != "COMMIT") {
        throw Error("25P02", "a statement had failed, so the transaction was rolled back");
    }
}

}  // namespace postgres
