// Finds the item where it replies.
void show(Id wanted) {
    reply(find_item(wanted));
}
