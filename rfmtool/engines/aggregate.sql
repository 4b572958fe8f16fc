-- Lines to orders to customers, in plain ANSI SQL. An order counts when it nets above zero; its day
-- is the earliest day of its lines with a positive amount. Where the export has a status, an order
-- with a line that is not a sale is left out whole, and the rows of the others are counted: a
-- customer without any others has none.
with orders as (
    select
        customer_id,
        order_id,
        min(day) filter (where sales > 0) as day,
        sum(cast(sales as {money})) as sales,
        sum(cast(refunds as {money})) as refunds{count_rows}{find_sales}{marks}
    from lines
    group by customer_id, order_id
)
select
    customer_id,
    array_agg(day) filter (where sales > refunds{only_sales}) as order_dates,
    sum(sales){of_sales} as sales,
    sum(refunds){of_sales} as refunds{rows_of_sales}{counts}
from orders
group by customer_id
order by customer_id
