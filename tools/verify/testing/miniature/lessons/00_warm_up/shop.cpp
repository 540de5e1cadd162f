// A shop in a few lines. Nobody compiles it.
void show(Id wanted) {
    const Item item = find_item(1);
    reply(item);
}
