-- Level to how many orders may be counted twice.
with orders as (
    select sum(sales) as sales, sum(refunds) as refunds{marks}
    from level
    group by customer_id, order_id
)
select 0 as nothing{counts}
from orders
