-- The level to how many orders may be counted twice.
with orders as (
    select {order_sums}
    from level
    group by customer_id, order_id
)
select {counts}
from orders
