// Tea needs water, and this water needs tea.
#include "tea.hpp"

Scoped<Water> get_water_from(Tea& tea);

void serve() {
    const Injector app(get_water_from, get_tea);
}
