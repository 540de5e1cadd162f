// Nothing wrong here: what the other files are compared with.
#include "tea.hpp"

void serve(const httplib::Request& request) {
    const Injector app(get_water, get_tea);
    app.call(request, [](Tea&, const Water&, const httplib::Request&) {});
}
