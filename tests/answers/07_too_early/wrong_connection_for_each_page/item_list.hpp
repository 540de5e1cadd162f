// The shop's items as text, a line each: a page at a time.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "shop/goods.hpp"

namespace shop {

// All items in the order of their numbers.
// Lives no longer than its connection; used by one thread at a time.
class ItemList {
 public:
    static constexpr int items_a_page = 100;

    explicit ItemList(SQLite::Database& connection)
        : rows_(connection, "SELECT id, title, stock FROM items WHERE id > ? ORDER BY id LIMIT ?") {
    }

    // The lines of the items after number `last`, of as many as make a page, and `last` is the last
    // of them; after that, nothing. Throws SQLite::Exception.
    std::string page_after(Id& last) {
        std::string page;
        rows_.bind(1, last);
        rows_.bind(2, items_a_page);
        while (rows_.executeStep()) {
            last = rows_.getColumn(0).getInt64();
            page +=
                http::to_line(Item{rows_.getColumn(0).getInt64(), rows_.getColumn(1).getString(),
                                   rows_.getColumn(2).getInt()});
        }
        rows_.reset();
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
