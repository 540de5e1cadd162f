// Puts the pool of lesson 10 behind the interface that its tests see.
#include "subject.hpp"

#include "pool.hpp"
#include "support/pool_adapter.hpp"

void support::retell() try { throw; } catch (const shop::PoolExhausted& error) {
    throw PoolExhausted(error.what());
}

template class support::PoolUnderTest<pool_tests::FakeManager>;
