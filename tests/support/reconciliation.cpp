#include "support/reconciliation.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>

#include "support/ledger.hpp"

namespace support {
namespace {

constexpr int waits_for_lock_ms = 5000;

// One incident, which may have befallen many: "c3 has no order /orders/7; and 2 more like this".
class Report {
 public:
    explicit Report(std::string promise) : promise_(std::move(promise)) {}
    void add(std::string found) { found_.push_back(std::move(found)); }
    std::string text() const {
        if (found_.empty()) return "";
        const std::string others =
            found_.size() == 1 ? "" : fmt::format(" (and {} more like this)", found_.size() - 1);
        return incident(promise_, found_.front() + others);
    }

 private:
    std::string promise_;
    std::vector<std::string> found_;
};

std::string together(const std::vector<Report>& reports) {
    std::string text;
    for (const Report& report : reports) {
        if (!report.text().empty()) text += (text.empty() ? "" : "\n") + report.text();
    }
    return text;
}

std::string times(std::int64_t count) {
    return count == 0 ? "never" : count == 1 ? "once" : fmt::format("{} times", count);
}

}  // namespace

std::string incident(const std::string& promise, const std::string& found) {
    return fmt::format("Promised: {}. Found: {}.", promise, found);
}

Reconciliation::Reconciliation(const DatabaseFile& database, const TestBank& bank)
    : database_(database), bank_(bank), stock_before_(stock()) {}

void Reconciliation::note(const std::string& card, shop::Id item, int quantity,
                          const Reply& reply) {
    const std::lock_guard lock(mutex_);
    orders_.insert_or_assign(card, SentOrder{item, quantity, reply});
}

int Reconciliation::accepted() const {
    const auto all = orders_sent();
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [](const auto& each) { return each.second.reply.status == 201; }));
}

int Reconciliation::answered() const {
    const auto all = orders_sent();
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [](const auto& each) { return each.second.reply.status != 0; }));
}

std::string Reconciliation::what_was_accepted_and_is_gone() const {
    Report gone("every order that was accepted is there");
    const auto orders = orders_stored();
    for (const auto& [card, order] : orders_sent()) {
        if (order.reply.status != 201) continue;
        const auto row = orders.find(order.reply.number("/order/id"));
        if (row == orders.end()) {
            gone.add(fmt::format("{} was told 201 and {}, and there is no such order", card,
                                 order.reply.location));
        } else if (row->second.card != card || row->second.item != order.item ||
                   row->second.quantity != order.quantity || row->second.state != "confirmed") {
            gone.add(fmt::format("{} was told 201 and {}, and that is {}'s, of {} of item {}, {}",
                                 card, order.reply.location, row->second.card, row->second.quantity,
                                 row->second.item, row->second.state));
        }
    }
    return gone.text();
}

std::string Reconciliation::what_was_done_and_not_told() const {
    Report untold("every customer who is being served gets her answer");
    const auto orders = orders_stored();
    for (const auto& [card, order] : orders_sent()) {
        const auto has =
            std::find_if(orders.begin(), orders.end(),
                         [&, name = card](const auto& row) { return row.second.card == name; });
        if (order.reply.status == 0 && has != orders.end()) {
            untold.add(
                fmt::format("{}'s order is {}, and she was told nothing", card, has->second.state));
        }
    }
    return untold.text();
}

std::string Reconciliation::incidents() const {
    Report stock_is_real("stock is never below zero");
    Report sums("what is sold and what is left is what there was");
    Report half_done("no order stays half done");
    Report paid_once("every customer with an order has paid for it once, and nobody else has paid");
    Report no_means_no("a customer who was told no has no order");
    Report one_each("a customer who tries the same order again has one order");

    std::map<shop::Id, std::int64_t> sold;
    std::map<std::string, std::int64_t> orders;  // by card
    for (const auto& [id, row] : orders_stored()) {
        if (row.state == "reserved") {
            half_done.add(fmt::format("{}'s order {} is still reserved", row.card, id));
        }
        if (row.state != "declined") sold[row.item] += row.quantity;
        if (row.state == "confirmed") ++orders[row.card];
    }
    for (const auto& [item, left] : stock()) {
        if (left < 0) stock_is_real.add(fmt::format("of item {} there are {}", item, left));
        const std::int64_t before = stock_before_.at(item);
        if (sold[item] + left != before) {
            sums.add(fmt::format("of item {} there were {}, {} are sold, and {} are left", item,
                                 before, sold[item], left));
        }
    }
    std::map<std::string, std::int64_t> charges;
    for (const Charge& charge : bank_.charges()) ++charges[charge.card];
    for (const auto& [card, count] : charges) orders.try_emplace(card, 0);
    for (const auto& [card, count] : orders) {
        if (charges[card] != count) {
            paid_once.add(fmt::format("{} was charged {}, and has {}", card, times(charges[card]),
                                      count == 0   ? "no order"
                                      : count == 1 ? "one order"
                                                   : fmt::format("{} orders", count)));
        }
    }
    for (const auto& [card, order] : orders_sent()) {
        const int status = order.reply.status;
        if (orders.contains(card) && orders.at(card) > 1) {
            one_each.add(fmt::format("{} wanted one order, and has {}", card, orders.at(card)));
        }
        if (status >= 400 && status < 500 && orders.contains(card) && orders.at(card) > 0) {
            no_means_no.add(
                fmt::format("{} was told {}, and has an order", card, order.reply.told()));
        }
    }
    std::string text = what_was_accepted_and_is_gone();
    const std::string others =
        together({stock_is_real, sums, half_done, paid_once, no_means_no, one_each});
    if (!text.empty() && !others.empty()) text += "\n";
    return text + others;
}

std::map<shop::Id, Reconciliation::StoredOrder> Reconciliation::orders_stored() const {
    const Ledger::Unseen unseen;
    SQLite::Database database(database_.path(), SQLite::OPEN_READWRITE, waits_for_lock_ms);
    SQLite::Statement query(database, "SELECT id, card, item_id, quantity, state FROM orders");
    std::map<shop::Id, StoredOrder> rows;
    while (query.executeStep()) {
        rows.emplace(query.getColumn(0).getInt64(),
                     StoredOrder{query.getColumn(1).getString(), query.getColumn(2).getInt64(),
                                 query.getColumn(3).getInt(), query.getColumn(4).getString()});
    }
    return rows;
}

std::map<shop::Id, std::int64_t> Reconciliation::stock() const {
    const Ledger::Unseen unseen;
    SQLite::Database database(database_.path(), SQLite::OPEN_READWRITE, waits_for_lock_ms);
    SQLite::Statement query(database, "SELECT id, stock FROM items");
    std::map<shop::Id, std::int64_t> stock;
    while (query.executeStep()) {
        stock.emplace(query.getColumn(0).getInt64(), query.getColumn(1).getInt64());
    }
    return stock;
}

std::map<std::string, Reconciliation::SentOrder> Reconciliation::orders_sent() const {
    const std::lock_guard lock(mutex_);
    return orders_;
}

}  // namespace support
