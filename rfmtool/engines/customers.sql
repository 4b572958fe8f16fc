-- Books to orders to customers: what aggregate.sql would have said of their lines.
with orders as (
    select
        customer_id,
        order_id,
        min(day) filter (where sales > 0) as day,
        sum(sales) as sales,
        sum(refunds) as refunds,
        sum(rows) as rows{costs}
    from books
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
