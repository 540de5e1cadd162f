// The shop's items as text, a line each: read off one running statement, a page at a time.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "shop/goods.hpp"

namespace shop {

// All items in the order of their numbers, as they stand when the first page is read. Lives no
// longer than its connection; used by one thread at a time.
class ItemList {
 public:
    static constexpr int items_a_page = 100;

    explicit ItemList(SQLite::Database& connection)
        : rows_(connection, "SELECT id, title, stock FROM items ORDER BY id") {}

    // The lines of the next items, of as many as make a page; after the last of them, nothing.
    // Throws SQLite::Exception.
    std::string next_page() {
        std::string page;
        for (int i = 0; i < items_a_page && !rows_.isDone() && rows_.executeStep(); ++i) {
            page +=
                http::to_line(Item{rows_.getColumn(0).getInt64(), rows_.getColumn(1).getString(),
                                   rows_.getColumn(2).getInt()});
        }
        return page;
    }

 private:
    SQLite::Statement rows_;
};

// The dependency: the statement is begun in the request's session and goes before it.
inline Scoped<ItemList> all_items(Session& session) {
    ItemList items(session.connection());
    co_yield items;
}

}  // namespace shop
