// Two kinds of water: which of them should a handler be given?
#include "tea.hpp"

Scoped<Water> get_rain();

void serve() {
    const Injector app(get_water, get_rain);
}
