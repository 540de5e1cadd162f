// A statement for one query: prepared for it, or kept from an earlier one, on a connection that keeps
// its statements.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <list>
#include <string>

namespace shop {

// Makes a connection keep its statements, so that SQL is prepared once and not for each query. As
// long as it lives, each Statement on that connection comes from here. One to a connection, before
// which it ends, and after the last Statement. Used by one thread at a time, as the connection is.
//
// When the tables have changed SQLite prepares a kept one anew, but SQLiteCpp goes by the columns
// that it once had. So name them: no SELECT *.
class KeptStatements {
 public:
    explicit KeptStatements(SQLite::Database& connection);
    KeptStatements(const KeptStatements&) = delete;
    KeptStatements& operator=(const KeptStatements&) = delete;
    ~KeptStatements();

 private:
    friend class Statement;
    SQLite::Statement take(SQLite::Database& connection, const std::string& sql);
    void give_back(SQLite::Statement statement) noexcept;

    static constexpr std::size_t most = 32;  // of more, those go that were not used for longest
    sqlite3* const connection_;
    std::list<SQLite::Statement> idle_;  // the one used last in front
};

// Used like any SQLite::Statement, and nobody else has the same. Its end, also by an exception, ends
// the query: nothing runs any more, and what was bound is gone. Throws SQLite::Exception.
class Statement : public SQLite::Statement {
 public:
    Statement(SQLite::Database& connection, const std::string& sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

 private:
    Statement(KeptStatements* kept, SQLite::Database& connection, const std::string& sql);

    KeptStatements* kept_;  // nothing: it is finalized
};

}  // namespace shop
