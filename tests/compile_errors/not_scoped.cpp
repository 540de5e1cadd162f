// A provider that returns water, where it should lend it.
#include "tea.hpp"

Water pour();

void serve() {
    const Injector app(pour);
}
