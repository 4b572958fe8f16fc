-- The level to the categories of each customer's first orders: those bought in orders that count,
-- on the earliest day of such an order. The few first orders are found before the level is joined.
with orders as materialized (
    select customer_id, order_id, min(day) filter (where sales > 0) as day
    from level
    group by customer_id, order_id
    having sum(sales) > sum(refunds)
),
begun as (
    select customer_id, min(day) as day from orders group by customer_id
),
first_orders as materialized (
    select customer_id, order_id, owner
    from orders join begun using (customer_id, day) join people using (customer_id)
)
select distinct owner, category
from level join first_orders using (customer_id, order_id)
where category is not null and level.sales > 0
order by owner, category
