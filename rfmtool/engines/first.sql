-- The level to the categories of each customer's first orders: those bought in orders that count,
-- on the earliest day of such an order.
with orders as (
    select customer_id, order_id, min(day) filter (where sales > 0) as day
    from level
    group by customer_id, order_id
    having sum(sales) > sum(refunds)
),
begun as (
    select customer_id, min(day) as day from orders group by customer_id
)
select distinct owner, category
from level
join orders on level.customer_id = orders.customer_id and level.order_id = orders.order_id
join begun on begun.customer_id = orders.customer_id and begun.day = orders.day
join people on people.customer_id = level.customer_id
where category is not null and level.sales > 0
order by owner, category
