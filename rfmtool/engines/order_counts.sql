-- The level to the number of orders, and of those that may be counted twice.
with orders as (
    select {order_sums}
    from level
    group by customer_id, order_id
)
select {counts}
from orders
