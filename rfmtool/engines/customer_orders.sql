-- Lines to customers, each with the daily amounts of its orders and its latest texts, prefixed with
-- their day. In the SQL of clusters; the embedded engine keeps a level instead.
with days as (
    select customer_id, order_id, {keys}, {day_sums}
    from lines
    group by customer_id, order_id, {keys}
),
orders as (
    select customer_id, order_id, {order_sums}
    from days
    group by customer_id, order_id
)
select customer_id, {sums}
from orders
group by customer_id
