-- Lines to customers, each with what its orders moved on each day, and with its latest words, a day
-- before them. In the SQL of clusters; the embedded engine has a level, which more can be asked of.
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
