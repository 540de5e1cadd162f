// The shop on its opening day: each part from the lesson that made it, and the order in which they
// come and go.
#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "04_depends/catalogue.hpp"
#include "04_depends/depends.hpp"
#include "05_forgotten_pragma/engine.hpp"
#include "09_charged_twice/reservations.hpp"
#include "10_exhaustion/metrics.hpp"
#include "10_exhaustion/session.hpp"
#include "11_dirty_or_stale/manager.hpp"
#include "14_starved_workers/hands.hpp"
#include "15_event_loop_closed/pool.hpp"
#include "15_event_loop_closed/tasks.hpp"
#include "export.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/serve.hpp"
