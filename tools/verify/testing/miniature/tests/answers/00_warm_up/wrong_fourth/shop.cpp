// Rejected by: Every item's page shows that item
// Overlooks: what was asked for, like the fourth of its kind.
void show(Id) {
    reply(find_item(1));
}
