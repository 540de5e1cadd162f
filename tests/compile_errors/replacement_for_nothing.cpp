// Tea in the place of tea that nobody provides.
#include "tea.hpp"

void serve() {
    const Injector app(get_water);
    const auto replaced = app.replace(get_tea);
}
