-- Books to orders to customers as they stood at the end of a day: what aggregate.sql would have
-- said of an export that ends there.
with orders as (
    select
        customer_id,
        order_id,
        min(day) filter (where sales > 0) as day,
        sum(sales) as sales,
        sum(refunds) as refunds,
        sum(rows) as rows{costs}
    from books
    where day <= {until}
    group by customer_id, order_id
)
select
    customer_id,
    array_agg(day) filter (where sales > refunds) as order_dates,
    sum(sales) as sales,
    sum(refunds) as refunds,
    sum(rows) as rows{costs}
from orders
group by customer_id
order by customer_id
