// A manager that cannot say whether a connection is still valid.
#include "earlier/12_pass_the_baton/pool.hpp"

struct Kettle {};

struct Careless {
    Kettle connect();
    bool reset(Kettle& kettle);
};

void serve(shop::Pool<Careless>& pool);
