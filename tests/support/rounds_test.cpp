// Work that is done again and again (time/rounds.hpp): what fails in it ends nobody.
#include "time/rounds.hpp"

#include <chrono>
#include <stdexcept>

#include "support/await.hpp"
#include "support/catch.hpp"

TEST_CASE("An attempt that throws is counted, whatever it throws, and the next one is made") {
    shop::Rounds rounds(std::chrono::seconds(0), std::chrono::hours(1), [](shop::Rounds& round) {
        round.attempt("The test", [] { throw std::runtime_error("on purpose"); });
        round.attempt("The test", [] { throw 1; });
        round.attempt("The test", [] { throw std::runtime_error("on purpose"); });
    });
    CHECK(support::await([&] { return rounds.failures() == 3; }));
}
