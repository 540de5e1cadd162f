#include "time/clock.hpp"

namespace shop {
namespace {

Clock steady;
Clock* in_use = &steady;

}  // namespace

Clock& Clock::of_the_process() {
    return *in_use;
}

void Clock::use_for_the_process(Clock* clock) {
    in_use = clock == nullptr ? &steady : clock;
}

}  // namespace shop
