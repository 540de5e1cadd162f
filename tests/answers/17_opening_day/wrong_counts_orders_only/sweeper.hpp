// Rejected by: What could not be done is done while the shop is open
// Overlooks: A receipt that fails is said and not counted, because the sweeper counts what it settles itself.

// Brings to its end what has come to none: orders that are still reserved, and receipts that are
// still missing. In the background, at once and then again and again, as long as the shop is open.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <vector>

#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "earlier/15_event_loop_closed/receipts.hpp"
#include "earlier/15_event_loop_closed/tasks.hpp"
#include "orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "time/rounds.hpp"

namespace shop {

// Thread safe. What fails is said on the standard error output, counted, and done the next time.
template <typename Pool>
class Sweeper {
 public:
    // Begins. These three outlive it.
    Sweeper(Pool& pool, Tasks& tasks, Bank& bank)
        : pool_(pool),
          tasks_(tasks),
          bank_(bank),
          rounds_(at_once, a_second, [this](Rounds&) { sweep(); }) {
        write_receipts();  // now: in any case they are written before the shop has closed
    }
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;
    ~Sweeper() {
        close();
        tasks_.close();  // one of them may be ours
    }

    // Waits for no more than what is under way. It is at the bank, perhaps: hang up before. Twice is
    // the same as once.
    void close() { rounds_.close(); }

    // Those that are not to be swept: somebody has them in hand.
    OrdersInHand& in_hand() { return in_hand_; }

    // Has the missing receipts written, in a moment: a task does it. The list of what is to be done
    // is in the database, so however many orders come, no more than one task waits. Does not throw:
    // the order is paid, and a task that cannot be left now is left in the next round.
    void write_receipts() {
        attempt("To have receipts written", [this] {
            if (is_wanted_.exchange(true)) return;
            try {
                tasks_.submit([this] { write_missing_receipts(); });
            } catch (...) {
                is_wanted_ = false;  // no task is there to say so
                throw;
            }
        });
    }

    // How often something could not be done.
    std::uint64_t failures() const { return rounds_.failures(); }

 private:
    static constexpr std::chrono::seconds at_once{0};
    static constexpr std::chrono::seconds a_second{1};

    void write_missing_receipts() {
        is_wanted_ = false;  // before it looks: a later order wants another look
        attempt("To look for missing receipts", [this] {
            for (const Entry& entry : look(without_receipt)) {
                try {
                    write_receipt(pool_, entry.order, bank_);
                } catch (const PoolClosed&) {
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "A receipt failed: %s\n", error.what());
                }
            }
        });
    }

    void sweep() {
        attempt("To look for open orders", [this] {
            for (const Entry& entry : look(still_reserved)) {
                if (in_hand_.has(entry.order.id)) continue;
                attempt("To settle an order", [&] { settle(pool_, entry, bank_); });
            }
        });
        write_receipts();
    }

    template <typename Query>
    std::vector<Entry> look(Query query) {
        const auto lease = pool_.acquire("sweeper");
        return query(*lease);
    }

    template <typename Work>
    void attempt(const char* what, Work work) {
        rounds_.attempt(what, [&work] {
            try {
                work();
            } catch (const PaymentDeclined&) {  // an end like any other
            } catch (const PoolClosed&) {       // the next shop begins with it
            } catch (const TasksClosed&) {      // so it does with this
            }
        });
    }

    Pool& pool_;
    Tasks& tasks_;
    Bank& bank_;
    OrdersInHand in_hand_;
    std::atomic<bool> is_wanted_ = false;
    Rounds rounds_;  // last: they begin with all of the above made
};

}  // namespace shop
