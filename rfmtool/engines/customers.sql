-- Lines to orders to customers. An order counts when it nets above zero; its day is the earliest day
-- of its lines with a positive amount.
with orders as (
    select customer_id, order_id, min(day) filter (where sales > 0) as day, {order_sums}
    from {source}
    group by customer_id, order_id
)
select customer_id, array_agg(day) filter (where {counts}) as order_dates, {sums}
from orders
group by customer_id
