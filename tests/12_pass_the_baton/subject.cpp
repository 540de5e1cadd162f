// The subject of lesson 12's tests: its pool, behind the interface that they see.
#include "pool.hpp"
#include "support/fake_pool.hpp"
#include "support/pool_adapter.hpp"

void support::retell() try { throw; } catch (const shop::PoolExhausted& error) {
    throw PoolExhausted(error.what());
}

template class support::PoolUnderTest<support::FakeManager>;
