-- The shop's tables in PostgreSQL, and what is in them on the first day. The shop is nobody's superuser.
CREATE ROLE shop LOGIN;
CREATE ROLE reports LOGIN;
CREATE TABLE items (
    id BIGINT PRIMARY KEY,
    title TEXT NOT NULL,
    stock INTEGER NOT NULL
);
CREATE TABLE orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id BIGINT NOT NULL REFERENCES items (id),
    quantity INTEGER NOT NULL,
    card TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'confirmed', 'declined')),
    name TEXT NOT NULL UNIQUE,
    customers_key TEXT UNIQUE,
    reserved_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
-- None on the state: a confirmation would then write into every index (it is no "HOT update" any more), and under
-- SERIALIZABLE each such write gets other orders refused.
CREATE INDEX orders_by_card ON orders (card);
INSERT INTO items (id, title, stock) VALUES (1, 'Teapot', 10), (2, 'Kettle', 1), (3, 'Samovar', 0);
GRANT SELECT, INSERT, UPDATE, DELETE ON items, orders TO shop;
