#include "postgres/connection.hpp"

#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <set>
#include <utility>

#include "shop/refusal.hpp"

namespace postgres {
namespace {

// libpq's texts have several lines, the later ones for beginners.
std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

Watcher watcher_of_statements = nullptr;

// What ends them, of the statements that are under way in this process. Thread safe.
class Statements {
 public:
    class UnderWay {
     public:
        UnderWay(Statements& all, std::shared_ptr<PGcancel> one) : all_(all), one_(std::move(one)) {
            const std::lock_guard lock(all_.mutex_);
            all_.under_way_.insert(one_);
        }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;
        ~UnderWay() {
            const std::lock_guard lock(all_.mutex_);
            all_.under_way_.erase(one_);
        }

     private:
        Statements& all_;
        std::shared_ptr<PGcancel> one_;
    };

    // Not under the lock: a server that is asked may be silent.
    void cancel() {
        are_cancelled_ = true;
        std::unique_lock lock(mutex_);
        const auto now = under_way_;
        lock.unlock();
        std::array<char, 256> why{};  // it could not be asked: then the connection is lost as well
        for (const auto& one : now) {
            PQcancel(one.get(), why.data(), static_cast<int>(why.size()));
        }
    }
    bool are_cancelled() const { return are_cancelled_; }

 private:
    std::atomic<bool> are_cancelled_ = false;
    std::mutex mutex_;
    std::set<std::shared_ptr<PGcancel>> under_way_;  // guarded by `mutex_`
};

Statements statements;

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
    cancel_.reset(PQgetCancel(connection_.get()), PQfreeCancel);
}

Result Connection::exec(const std::string& sql, const std::vector<std::string>& values) {
    if (watcher_of_statements != nullptr) {
        watcher_of_statements(PQuser(connection_.get()), sql);
    }
    const Statements::UnderWay under_way(statements, cancel_);
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                     texts.data(), nullptr, nullptr, 0),
        &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return Result(result.release());
    const char* field = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string sqlstate = field == nullptr ? "08006" : field;
    if (sqlstate == "57014" && statements.are_cancelled()) {
        throw shop::Unavailable("the shop is closing");
    }
    throw Error(sqlstate, first_line(PQerrorMessage(connection_.get())));
}

void cancel_statements() {
    statements.cancel();
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
    } catch (const std::exception&) {  // the connection is gone, or cleaned when it comes back
    }
}

void Transaction::commit() {
    if (connection_.exec("COMMIT").tag() != "COMMIT") {
        throw Error("25P02", "a statement had failed, so the transaction was rolled back");
    }
}

}  // namespace postgres
