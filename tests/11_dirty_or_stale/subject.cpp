// The subject of lesson 11's tests: its pool and its manager, behind the interface that they see.
#include "subject.hpp"

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "manager.hpp"
#include "pool.hpp"
#include "support/fake_pool.hpp"
#include "support/pool_adapter.hpp"

void support::retell() try { throw; } catch (const shop::PoolExhausted& error) {
    throw PoolExhausted(error.what());
}

namespace pool_tests {

// What the pool gets where the tests say OnDatabase; the adapter asks for it.
static shop::ConnectionManager real_manager(OnDatabase manager) {
    return shop::ConnectionManager(shop::Engine(manager.path));
}

}  // namespace pool_tests

template class support::PoolUnderTest<pool_tests::OnDatabase>;
template class support::PoolUnderTest<support::FakeManager>;
